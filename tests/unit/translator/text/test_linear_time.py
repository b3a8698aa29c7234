"""Time grows with the length of a text, not with its square, whatever the text is made of.

`re` does not count its steps, so the processor time of this thread is compared at two sizes: eight
times the text may take three times as long as that, for noise; a square would take 64 times.
"""

import gc
import string
import time
from collections.abc import Callable

import pytest

from translator.engines import Decoding
from translator.text.casing import Casing
from translator.text.numbers import numbers_differ, whole_numbers
from translator.text.placeholders import Masker
from translator.text.protected_tokens import ProtectedTokens, symbols_differ, table_tokens
from translator.text.segmentation import Segmenter
from translator.verify.recovery import Recovery
from translator.verify.rules import Rules
from translator.verify.steps import TextOptions

pytestmark = pytest.mark.slow  # seconds

SHORT, FACTOR, NOISE = 400, 8, 3
PAIRS = (
    "<a", "<!", "</", "&a", "`a", "](", "*_", "$x", "$ ", "{{", "{%", "{a", "<%", "a.", "a/", "a@",
    "a-", "1-", "1:", "1.", "1 ", "a_", "://", ":a", "\\a", "a1", "%1", "%(", "[1", "[[", "(1",
    "+1", "--", "@a", "#a", "a:", "::", "a[1]", "é", "½", "٣", "🙂", "\u200f", "日", "é1", "I.",
    "a) ", "{n, plural, ",
)  # fmt: skip
RULES = Rules(
    ProtectedTokens(), Masker(lambda _: True), Casing(len), lambda _: True, Decoding(1, 200)
)


def split(text: str) -> object:
    return Segmenter(lambda text: range(len(text) - 2), 200, lambda _: True).split(text, "en")


def decode(text: str) -> object:
    return Recovery(RULES, text, TextOptions("en", "de"), final=False).first_step()


def compare(text: str) -> object:
    return numbers_differ(text, text), symbols_differ(text, text), whole_numbers(text)


def seconds(work: Callable[[str], object], text: str) -> float:
    gc.collect()
    best = float("inf")
    for _ in range(2):
        begun = time.thread_time()
        work(text)
        best = min(best, time.thread_time() - begun)
    return best


@pytest.mark.parametrize("unit", [*string.punctuation, *PAIRS])
def test_finding_tokens_takes_linear_time(unit: str) -> None:
    check(table_tokens, unit)


@pytest.mark.parametrize("work", [split, decode, compare])
def test_other_steps_take_linear_time(work: Callable[[str], object]) -> None:
    for unit in ("a ", "`", "'\"", "<", "|", "-", "@a", "1,", "(1", "½", "a) ", "{n, plural, "):
        check(work, unit)


def check(work: Callable[[str], object], unit: str) -> None:
    def text(size: int) -> str:
        return (unit * (size // len(unit) + 1))[:size]

    least = 0.001  # below, the clock and the interpreter decide
    short = max(least, seconds(work, text(SHORT)))
    assert seconds(work, text(SHORT * FACTOR)) < short * FACTOR * NOISE
