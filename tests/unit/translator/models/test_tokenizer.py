"""Our tokenizer agrees with M2M100Tokenizer, and is safe with special tokens and threads."""

import itertools
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import M2M100Tokenizer

from tests.unit.translator.models.compare_tokenizers import COMPARISONS
from tests.unit.translator.models.lines import mixed_lines
from training.corpus import LANGUAGES, sentences
from translator.models.checkpoints import BUNDLED_FOLDER
from translator.models.tokenizer import Tokenizer

STRANGE = [
    "", " ", "  two  spaces ", "\u00a0", "日本語", "😀👩‍👩‍👧",
    "עברית", "½ ﬁ Ⅷ", "e\u0301", "a\u200bb",
    "\ufeffBOM", "a\tb", "…—–“”", "x" * 500, "1234567890", "\U0010ffff", "\u0007",
]  # fmt: skip
OURS = Tokenizer(BUNDLED_FOLDER)


@pytest.fixture(scope="module")
def ours() -> Tokenizer:
    return OURS


@pytest.fixture(scope="module")
def theirs() -> M2M100Tokenizer:
    return M2M100Tokenizer.from_pretrained(BUNDLED_FOLDER)


@pytest.mark.parametrize(("split", "step"), [("test", 1), ("dev", 1), ("train", 70)])
def test_equal_on_the_corpus(
    ours: Tokenizer, theirs: M2M100Tokenizer, split: str, step: int
) -> None:
    """All test and dev sentences, and 10,000 training sentences."""
    theirs.src_lang = "en"
    texts = sentences(split)[::step]
    assert [ours.encode(text, "en") for text in texts] == theirs(texts).input_ids


@pytest.mark.parametrize("name", COMPARISONS)
def test_equal_on_lines_of_mixed_scripts_and_spaces(name: str) -> None:
    """Of both families; `compare_tokenizers` compares 50,000, which takes a quarter of a minute."""
    assert COMPARISONS[name](mixed_lines(15_000)) == []


def test_equal_decoding(ours: Tokenizer, theirs: M2M100Tokenizer) -> None:
    for text in [*sentences("test"), *STRANGE]:
        ids = ours.encode(text, "en")
        # M2M100Tokenizer leaves the language token in the text: it is no longer a special token.
        assert ours.decode(ids) == theirs.decode(ids[1:], skip_special_tokens=True)


@given(st.lists(st.integers(0, OURS.size - 1), max_size=12))
def test_joining_pieces_gives_what_sentencepiece_does(ids: list[int]) -> None:
    """Of any pieces in any order: bytes, blanks, unknown and special ones."""
    pieces = [OURS._pieces[i] for i in ids if i in OURS._text_ids]
    assert OURS.decode(ids) == OURS._text.join(pieces).strip()


@pytest.mark.parametrize("text", STRANGE)
def test_equal_on_strange_text(ours: Tokenizer, theirs: M2M100Tokenizer, text: str) -> None:
    for language in LANGUAGES:
        theirs.src_lang = language
        assert ours.encode(text, language) == theirs(text).input_ids


def test_equal_language_tokens(ours: Tokenizer, theirs: M2M100Tokenizer) -> None:
    assert ours.language_ids == theirs.lang_code_to_id
    assert ours.size == len(ours.tokens()) == theirs.vocab_size + 100 + theirs.num_madeup_words
    assert (ours.bos, ours.pad, ours.eos, ours.unk) == (
        theirs.bos_token_id,
        theirs.pad_token_id,
        theirs.eos_token_id,
        theirs.unk_token_id,
    )


@pytest.mark.parametrize("special", ["</s>", "<pad>", "<unk>", "<s>", "__de__"])
def test_special_tokens_in_user_text_are_text(ours: Tokenizer, special: str) -> None:
    ids = ours.encode(f"a {special} b", "en")
    assert ours.decode(ids) == f"a {special} b"
    assert ids.count(ours.eos) == 1
    assert set(ids[1:-1]).isdisjoint({ours.eos, ours.pad, ours.unk, ours.language_ids["de"]})


@pytest.mark.parametrize("text", ["日本語 😀", "Ünïcödé", "Привет", "12,345.67"])
def test_text_outside_the_vocabulary_survives_as_bytes(ours: Tokenizer, text: str) -> None:
    assert ours.decode(ours.encode(text, "en")) == text


def test_threads_share_it(ours: Tokenizer) -> None:
    texts = sentences("dev")[:200]
    work = list(itertools.product(texts, LANGUAGES))
    expected = [ours.encode(text, language) for text, language in work]
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lambda item: ours.encode(*item), work)) == expected


@pytest.mark.parametrize("text", ["a", "Hello 世界", "3 Äpfel", "😀 ok"])
def test_text_with_words(ours: Tokenizer, text: str) -> None:
    assert ours.has_words(text)


# Ancient scripts: vocabularies of living languages spell them only as bytes.
@pytest.mark.parametrize("text", ["", "12:30", "…!?", "ᚠᚢᚦᚨᚱᚲ, ᚷᚹ!", "𐎀𐎁𐎂", "😀👩‍👩‍👧", "𓀀𓂀"])
def test_text_without_words_that_the_model_knows(ours: Tokenizer, text: str) -> None:
    assert not ours.has_words(text)
