"""Text in, text out: order, layout, mixed languages, length."""

import re
import subprocess
import sys

import pytest

from tests.agreement import near_best, nearly_equal
from training.corpus import DIRECTIONS, read_references
from translator import Translator

LONG = "I know that he knows that she knows that we know, " * 20 + "and that is all."


def test_a_batch_agrees_with_its_texts_one_by_one(translator: Translator) -> None:
    references = read_references("test")
    work = [(t, *d) for d in DIRECTIONS for t in list(references[d])[30:31]]
    texts, sources, targets = map(list, zip(*work, strict=True))
    together = translator.batch(texts, sources, targets)
    assert nearly_equal(together, [translator.translate(*item) for item in work])


def test_layout_and_blank_texts(translator: Translator) -> None:
    texts = ["", "  \n", "\n  Hello!\r\n\r\n\tThank you.  "]
    results = translator.batch(texts, ["en"] * 3, ["de"] * 3)
    assert results[:2] == texts[:2]
    assert results[2].startswith("\n  ")
    assert "\r\n\r\n\t" in results[2]
    assert results[2].endswith("  ")


def test_a_long_text_is_not_truncated(translator: Translator) -> None:
    tokens = len(translator.checkpoint.tokenizer().encode(LONG, "en"))
    assert tokens > 2 * translator.checkpoint.segment_limit, "it must have several segments"
    result = translator.translate(LONG, "en", "de")
    assert len(result.split()) > 0.5 * len(LONG.split())


TRICKY = [
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


@pytest.mark.parametrize("text", TRICKY)
def test_lines_margins_numbers_and_sentences_are_preserved(int8: Translator, text: str) -> None:
    result = int8.translate(text, "en", "de")
    lines, translated = text.splitlines(keepends=True), result.splitlines(keepends=True)
    for line, other in zip(lines, translated, strict=True):
        margins = re.compile(r"^[\s\d.*>-]*|\s*$")
        assert margins.findall(line) == margins.findall(other)
        assert sorted(re.findall(r"\d", line)) == sorted(re.findall(r"\d", other))
        assert len(re.findall(r"[.?!](?:\s|$)", line)) <= 1 + len(re.findall("[.?!]", other))


def test_repeated_sentences_have_the_same_translation(int8: Translator) -> None:
    once = int8.translate("Where is Tom?", "en", "de")
    for gap in (" ", "\n", "\r\n\r\n"):
        assert int8.translate(gap.join(["Where is Tom?"] * 3), "en", "de") == gap.join([once] * 3)


def test_texts_can_be_submitted_while_others_are_being_translated(int8: Translator) -> None:
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


def test_batch_is_refused_while_submitted_texts_are_unfinished(int8: Translator) -> None:
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


def test_importing_the_package_loads_no_model_library() -> None:
    script = (
        "import translator, translator.models.checkpoints, sys; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
