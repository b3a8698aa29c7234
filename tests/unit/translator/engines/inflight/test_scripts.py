"""Which tokens a translation may need: by the scripts of its language and of its source."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from tests.unit.translator.families import (
    MANY_ENTRIES,
    MANY_SCRIPTS,
    make_m2m100_tokenizer,
    make_nllb_tokenizer,
)
from translator.engines import Decoding, EncodedSegment
from translator.engines.inflight.scripts import TokenScripts
from translator.models.checkpoints import BUNDLED_FOLDER
from translator.models.family import SMALL100
from translator.models.flores import FLORES
from translator.models.languages import M2M100_CODES
from translator.models.scripts import script_of, scripts_of
from translator.models.tokenizer import Tokenizer

NAMES = {  # of the languages, by the family
    "m2m100": {code: code for code in ("en", "de", "ru", "el", "th", "zh", "ja", "ko")},
    "nllb": {
        "en": "eng_Latn", "de": "deu_Latn", "ru": "rus_Cyrl", "el": "ell_Grek", "th": "tha_Thai",
        "zh": "zho_Hant", "ja": "jpn_Jpan", "ko": "kor_Hang",
    },
}  # fmt: skip
PLAIN = "The city"


class Subject:
    """A tokenizer of several scripts, and the parts of its vocabulary."""

    def __init__(self, tokenizer: Tokenizer, names: dict[str, str]) -> None:
        self.tokenizer = tokenizer
        self.names = names
        self.scripts = TokenScripts(tokenizer, fewest=4)
        self.parts = self.scripts.parts(tokenizer.size)

    def segment(self, text: str, source: str, target: str) -> EncodedSegment:
        ids = self.tokenizer.encode(text, self.names[source])
        forced = self.tokenizer.forced_id(self.names[target])
        return EncodedSegment(0, ids, forced, Decoding(1, 20))

    def allowed(self, text: str, source: str, target: str) -> set[int]:
        """Return the tokens that may be chosen."""
        bits = self.scripts.of(self.segment(text, source, target))
        parts = [self.parts[0], *(p for i, p in enumerate(self.parts[1:]) if bits >> i & 1)]
        return set(torch.cat(parts).tolist())

    def allows(self, word: str, text: str, source: str, target: str) -> bool:
        return self.allowed(text, source, target).issuperset(self.tokenizer.encode_pieces(word))


def make_m2m100(folder: Path) -> Tokenizer:
    return make_m2m100_tokenizer(folder, MANY_SCRIPTS, MANY_ENTRIES)


def make_nllb(folder: Path) -> Tokenizer:
    make_nllb_tokenizer(folder, MANY_SCRIPTS, MANY_ENTRIES)
    return Tokenizer(folder)


MAKERS: dict[str, Callable[[Path], Tokenizer]] = {"m2m100": make_m2m100, "nllb": make_nllb}


@pytest.fixture(scope="module", params=MAKERS)
def subject(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Subject:
    folder = tmp_path_factory.mktemp("scripts")
    return Subject(MAKERS[request.param](folder), NAMES[request.param])


def test_parts_have_every_token_once(subject: Subject) -> None:
    size = subject.tokenizer.size
    assert len(subject.parts) > 5
    assert torch.cat(subject.parts).sort().values.tolist() == list(range(size))
    padded = subject.scripts.parts(size + 3)
    assert padded[0][-3:].tolist() == [size, size + 1, size + 2]


@pytest.mark.parametrize(
    ("target", "word", "allowed"),
    [
        ("de", "Zug", True), ("de", "Поезд", False), ("de", "รถไฟ", False), ("de", "火車", False),
        ("ru", "Поезд", True), ("ru", "Zug", True), ("ru", "รถไฟ", False),
        ("th", "รถไฟ", True), ("th", "ticket", True), ("th", "Поезд", False),
        ("zh", "火車", True), ("zh", "きっぷ", False), ("zh", "기차", False),
        ("ja", "きっぷ", True), ("ja", "火車", True), ("ja", "電車は", True),
        ("ko", "기차", True), ("ko", "美", True), ("ko", "きっぷ", False),
        ("el", "τρένο", True), ("el", "Поезд", False),
    ],
)  # fmt: skip
def test_a_translation_may_have_the_scripts_of_its_language_and_latin_letters(
    subject: Subject, target: str, word: str, *, allowed: bool
) -> None:
    assert subject.tokenizer.knows(word)
    assert subject.allows(word, PLAIN, "en", target) == allowed


@pytest.mark.parametrize("target", ["de", "ru", "th", "ja"])
def test_digits_signs_greek_letters_and_special_tokens_are_always_allowed(
    subject: Subject, target: str
) -> None:
    allowed = subject.allowed(PLAIN, "en", target)
    tokenizer = subject.tokenizer
    for text in ("12 + 3", "€ × “…” → !?", "。", "β", "γ:"):
        assert allowed.issuperset(tokenizer.encode_pieces(text)), text
    assert allowed >= {tokenizer.bos, tokenizer.eos, tokenizer.unk, tokenizer.pad}
    assert allowed.issuperset(tokenizer.language_ids.values())


@pytest.mark.parametrize("name", ["รถไฟ", "Поезд", "電車", "기차", "τρένο"])
@pytest.mark.parametrize("target", ["de", "ru", "zh"])
def test_a_name_of_the_source_may_be_copied(subject: Subject, name: str, target: str) -> None:
    text = f"The {name} train"
    assert subject.allows(text, text, "en", target)


def test_an_unknown_language_allows_all_tokens(subject: Subject) -> None:
    ids = subject.tokenizer.encode(PLAIN, subject.names["en"])
    every = subject.scripts.of(EncodedSegment(0, ids, subject.tokenizer.eos, Decoding(1, 20)))
    assert every == 2 ** (len(subject.parts) - 1) - 1


def test_small100_names_the_target_in_the_source(tmp_path: Path) -> None:
    tokenizer = make_m2m100(tmp_path)
    tokenizer._family = SMALL100
    scripts, size = TokenScripts(tokenizer, fewest=4), tokenizer.size
    bits = [
        scripts.of(EncodedSegment(0, tokenizer.encode(PLAIN, "en", code), None, Decoding(1, 20)))
        for code in ("de", "ru")
    ]
    assert bits[0] == 0
    (part,) = [p for i, p in enumerate(scripts.parts(size)[1:]) if bits[1] == 1 << i]
    assert {script_of(tokenizer.tokens()[i]) for i in part.tolist()} == {"CYRILLIC"}


def test_few_tokens_are_no_part(subject: Subject) -> None:
    scripts = TokenScripts(subject.tokenizer)
    assert [len(part) for part in scripts.parts(subject.tokenizer.size)] == [subject.tokenizer.size]
    assert scripts.of(subject.segment("รถไฟ", "th", "ru")) == 0


def test_the_bundled_model_is_all_latin() -> None:
    tokenizer = Tokenizer(BUNDLED_FOLDER)
    assert len(TokenScripts(tokenizer, fewest=1).parts(tokenizer.size)) == 1


def test_the_scripts_of_every_language_are_known() -> None:
    assert not [code for code in (*M2M100_CODES, *FLORES) if "LATIN" not in scripts_of(code)]


def test_a_language_of_an_unknown_script_has_none() -> None:
    assert scripts_of("abc_Qaaa") == frozenset()
