"""Text in, text out: order, layout, mixing, length."""

import re
import string
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import pytest
import torch

from tests.agreement import near_best, nearly_equal
from training.corpus import DIRECTIONS, read_references
from translator import Translator
from translator.engines import DecodedSegment, EncodedSegment
from translator.translator import Translated
from translator.verify.quality import EMPTY, LOST, REPETITION

LONG = "I know that he knows that she knows that we know, " * 40 + "and that is all."


@pytest.fixture(params=["reference", "int8"])
def translator(request: pytest.FixtureRequest) -> Translator:
    result: Translator = request.getfixturevalue(request.param)
    return result


def test_a_batch_gives_what_its_texts_give_one_by_one(translator: Translator) -> None:
    references = read_references("test")
    work = [(t, *d) for d in DIRECTIONS for t in list(references[d])[:5]]
    together = translator.batch(*map(list, zip(*work, strict=True)))  # type: ignore[arg-type]
    assert nearly_equal(together, [translator.translate(*item) for item in work])


def test_layout_and_blank_texts(translator: Translator) -> None:
    texts = ["", "  \n", "\n  Hello!\r\n\r\n\tThank you.  "]
    results = translator.batch(texts, ["en"] * 3, ["de"] * 3)
    assert results[:2] == texts[:2]
    assert results[2].startswith("\n  ")
    assert "\r\n\r\n\t" in results[2]
    assert results[2].endswith("  ")


def test_nothing_of_a_long_text_is_cut(translator: Translator) -> None:
    tokens = len(translator.checkpoint.tokenizer().encode(LONG, "en"))
    assert tokens > 2 * translator.checkpoint.segment_limit, "else it is a segment or two"
    result = translator.translate(LONG, "en", "de")
    assert len(result.split()) > 0.5 * len(LONG.split())


TRAPS = [
    "It costs 3.50 dollars.",
    "Tom has 1,250.75 euros.",
    "Tom is happy.\nTom is happy.\nTom is happy.",
    "Where is Tom? Where is Tom? Where is Tom?",
    "Hello.\r\nWhere is Tom?\r\n\r\nThank you.\r\n",
    "I am tired.\n\n\nThank you.   ",
    "  - Where is Tom?\n    * I am tired.\n  1. Thank you.\n\t> Hello!",
    "Dr. Smith is here. Mr. Jones is not.",
    "Call me at 10:30, e.g. today.",
    "\u2028Hello.\u2029 Thank you.\x0b",
]


@pytest.mark.parametrize("text", TRAPS)
def test_traps_keep_their_lines_margins_numbers_and_sentences(int8: Translator, text: str) -> None:
    result = int8.translate(text, "en", "de")
    lines, translated = text.splitlines(keepends=True), result.splitlines(keepends=True)
    for line, other in zip(lines, translated, strict=True):
        margins = re.compile(r"^[\s\d.*>-]*|\s*$")
        assert margins.findall(line) == margins.findall(other)
        assert sorted(re.findall(r"\d", line)) == sorted(re.findall(r"\d", other))
        assert len(re.findall(r"[.?!](?:\s|$)", line)) <= 1 + len(re.findall("[.?!]", other))


def test_what_stands_twice_is_translated_twice_and_alike(int8: Translator) -> None:
    once = int8.translate("Where is Tom?", "en", "de")
    for gap in (" ", "\n", "\r\n\r\n"):
        assert int8.translate(gap.join(["Where is Tom?"] * 3), "en", "de") == gap.join([once] * 3)


TOKENS = [
    "https://example.org/a/b?c=1", "anna.b@example.org", "`make test`", "{name}", "{{x}}", "%s",
    "$1", "<b>", "😀", "👩‍👩‍👧", "1987", "12,450", "Владимир", "田中", "ᚠᚢᚦᚨᚱᚲ",
]  # fmt: skip


@pytest.mark.parametrize("token", TOKENS)
def test_tokens_come_back_from_anywhere(int8: Translator, token: str) -> None:
    """In places where the model as it is loses most of them."""
    if token.isalpha() and int8.checkpoint.tokenizer().has_words(token):
        pytest.skip("this vocabulary has letters of it, so that it may be translated")
    words = ["Tom", "wrote", "that", "he", "will", "come", "to", "the", "house", "today"]
    texts = [" ".join([*words[:i], token, *words[i:]]) for i in range(len(words) + 1)]
    found = translated(int8, texts)
    if token == "12,450":  # German writes it in its own way
        assert all(re.search("12[.,]?450", result.text or "") for result in found)
    else:
        assert all(token in (result.text or "") for result in found)
    assert all(LOST not in result.warnings for result in found)


def translated(translator: Translator, texts: Sequence[str], **wishes: Any) -> list[Translated]:
    for key, text in enumerate(texts):
        translator.submit(key, text, "en", "de", **wishes)
    results: dict[int, Translated] = {}
    while len(results) < len(texts):
        results |= {done.key: done for done in translator.step()}
    return [results[key] for key in range(len(texts))]


GLOSSARY = (("GPU pool", "GPU-Pool"), ("station", "Haltestelle"), ("Tom", "Thomas"))


def test_terms_become_what_the_glossary_says(translator: Translator) -> None:
    texts = [
        "Where is the station?", "The GPU pool is full.", "the gpu pool and the Station", "Tom",
        "THE STATION IS VERY BIG.", "Tom and Tom went to the station. The GPU pool is not there.",
    ]  # fmt: skip
    for text, result in zip(texts, translated(translator, texts, glossary=GLOSSARY), strict=True):
        for term, expected in GLOSSARY:
            count = len(re.findall(rf"\b{term}\b", text, re.IGNORECASE))
            assert (result.text or "").count(expected) == count, result
        assert LOST not in result.warnings
    assert translated(translator, ["Where are the stations?"], glossary=GLOSSARY)[0].text == (
        translator.translate("Where are the stations?", "en", "de")
    )


@pytest.mark.parametrize("wanted", [1, 3, 10])
def test_alternatives_differ_and_keep_what_must_be_kept(
    translator: Translator, wanted: int
) -> None:
    text = "Where is Tom? Write to {name} today!"
    (result,) = translated(translator, [text], alternatives=wanted)
    assert 1 <= len(result.alternatives) <= wanted
    every = [result.text or "", *result.alternatives]
    assert len(set(every)) == len(every)
    assert all("{name}" in one for one in every)
    assert "?" in every[0]


def test_the_best_is_the_same_with_alternatives_and_without(reference: Translator) -> None:
    texts = ["Where is the station?", "Tom is happy.", "I do not know."]
    found = translated(reference, texts, alternatives=2)
    assert [result.text for result in found] == reference.batch(texts, ["en"] * 3, ["de"] * 3)
    assert all(1 <= len(result.alternatives) <= 2 for result in found)


@pytest.mark.parametrize("wanted", [-1, 11])
def test_too_many_alternatives_are_refused(int8: Translator, wanted: int) -> None:
    with pytest.raises(ValueError, match="alternatives must be 0 to 10"):
        int8.submit(1, "Hello!", "en", "de", alternatives=wanted)
    assert int8.translate("Hello!", "en", "de")


class Scripted:
    """An engine that says what it is told to, whatever it is asked; keeps the questions."""

    batches, splits = 1, 0

    def __init__(self, translator: Translator, *answers: str) -> None:
        self._encode = translator.checkpoint.tokenizer().encode_pieces
        self._answers = list(answers)
        self._waiting: list[EncodedSegment] = []
        self.asked: list[EncodedSegment] = []

    def submit(self, segments: list[EncodedSegment]) -> None:
        self._waiting += segments

    def step(self) -> list[DecodedSegment]:
        asked, self._waiting = self._waiting, []
        self.asked += asked
        return [DecodedSegment(s.key, self._encode(self._answers.pop(0))) for s in asked]


@pytest.mark.parametrize(
    ("text", "answers", "expected", "warnings"),
    [
        ("I am tired.", ["Ich bin müde."], "Ich bin müde.", ()),
        ("I am tired.", ["", ""], "I am tired.", (EMPTY,)),
        ("I am tired.", ["so " * 9, "Ich bin müde."], "Ich bin müde.", ()),
        ("I am tired.", ["so " * 7, "so " * 8], "so so so so so so so", (REPETITION,)),
        ("See {x} and 1987 now.", ["Da.", "Da: <1>, <2>."], "Da: {x}, 1987.", ()),
        ("See {x} and 19 now.", ["Da.", "Da.", "Da", "und", "jetzt."], "Da {x} und 19 jetzt.", ()),
        ("See {x} and 198 now.", ["Da 198.", "Da 198.", "Da", "19"], "Da {x} 19", (LOST,)),
    ],
)  # fmt: skip
def test_what_is_wrong_is_tried_again_then_said(
    int8: Translator,
    monkeypatch: pytest.MonkeyPatch,
    text: str,
    answers: list[str],
    expected: str,
    warnings: tuple[str, ...],
) -> None:
    engine = Scripted(int8, *answers)
    monkeypatch.setattr(int8, "_engine", engine)
    (result,) = translated(int8, [text])
    assert (result.text, result.warnings) == (expected, warnings)
    assert len(engine.asked) == len(answers)


def test_warnings_of_any_sentence_reach_the_text(
    int8: Translator, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = "so " * 9
    monkeypatch.setattr(int8, "_engine", Scripted(int8, "Ja.", loop, loop))
    (result,) = translated(int8, ["Yes. I am tired."])
    assert result.warnings == (REPETITION,)
    assert (result.text or "").startswith("Ja. so so")


def test_submit_and_step_take_texts_while_others_are_under_way(int8: Translator) -> None:
    int8.submit(1, "Hello! How are you?", "en", "de")
    int8.submit(2, "", "en", "fr")
    results = {done.key: done.text for done in int8.step()}
    int8.submit(3, "Tom is happy.", "en", "nl")
    while len(results) < 3:
        results |= {done.key: done.text for done in int8.step()}
    assert results[1] in near_best(int8, "Hello! How are you?", "en", "de")
    assert results[2] == ""
    assert results[3] in near_best(int8, "Tom is happy.", "en", "nl")
    assert int8.step() == []


def test_batch_refuses_to_run_among_submitted_texts(int8: Translator) -> None:
    int8.submit(1, "Hello!", "en", "de")
    with pytest.raises(RuntimeError, match="unfinished"):
        int8.batch(["a"], ["en"], ["de"])
    with pytest.raises(ValueError, match="key 1"):
        int8.submit(1, "Hello!", "en", "de")
    while not int8.step():
        pass


def test_languages_the_model_lacks_are_refused(int8: Translator) -> None:
    with pytest.raises(ValueError, match="'ja'"):
        int8.batch(["a"], ["en"], ["ja"])
    assert int8.translate("Hello!", "EN", "de-AT") == int8.translate("Hello!", "en", "de")


class Incomplete:
    """An engine that echoes segments, but ends none of more than `limit` tokens."""

    def __init__(self, limit: int | None) -> None:
        self.limit = limit
        self.batches = 1
        self.splits = 0
        self.lengths: list[int] = []
        self._waiting: list[EncodedSegment] = []

    def submit(self, segments: list[EncodedSegment]) -> None:
        self._waiting += segments

    def step(self) -> list[DecodedSegment]:
        done, self._waiting = self._waiting, []
        return [self._decode(segment) for segment in done]

    def _decode(self, segment: EncodedSegment) -> DecodedSegment:
        self.lengths.append(len(segment.source_ids))
        if self.limit is None:
            return DecodedSegment(segment.key, None)
        complete = len(segment.source_ids) <= self.limit
        return DecodedSegment(segment.key, segment.source_ids[1:-1], complete)


def test_a_translation_that_does_not_end_is_done_again_in_halves(
    int8: Translator, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Incomplete(30)
    monkeypatch.setattr(int8, "_engine", engine)
    text = "one two three four five, six seven eight nine ten, " * 4 + "and that is all there is"
    assert int8.translate(text, "en", "de") == text
    assert engine.lengths[0] > 30 >= engine.lengths[-1]


def test_too_little_memory_for_one_segment_is_an_error_of_that_text(
    int8: Translator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(int8, "_engine", Incomplete(None))
    int8.submit(7, "Hello! How are you?", "en", "de")
    (result,) = int8.step()
    assert (result.key, result.text) == (7, None)
    assert "memory" in (result.error or "")
    with pytest.raises(MemoryError):
        int8.translate("Hello!", "en", "de")
    assert int8.step() == []


def test_importing_the_package_loads_no_model_library() -> None:
    script = (
        "import translator, translator.models.checkpoints, sys; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_a_trial_tells_how_many_bytes_the_formula_misses(
    int8: Translator, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = len(int8.checkpoint.tokenizer().encode(" ".join(string.ascii_lowercase), "en"))
    counted = 16 * int8.checkpoint.bytes_per_segment(tokens, None, "auto")
    for used, scale in ((3 * counted, 3.0), (counted // 9, 1.0)):
        monkeypatch.setattr(torch.cuda, "memory_allocated", lambda _: 1_000)
        monkeypatch.setattr(torch.cuda, "reset_peak_memory_stats", lambda _: None)
        monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda _, used=used: 1_000 + used)
        assert int8._try_memory("en", "de") == pytest.approx(scale, rel=0.1)
