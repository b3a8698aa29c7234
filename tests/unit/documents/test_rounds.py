"""Conversations go side by side, and importing the package loads no heavy library."""

import subprocess
import sys

import pytest

from documents import FORMATS, Rounds, run_rounds
from tests.unit.documents.translators import FakeTranslator


def talk(*rounds: list[str]) -> Rounds[list[str]]:
    heard = []
    for texts in rounds:
        heard += yield texts
    return heard


def test_rounds_are_shared_and_answers_find_their_conversation() -> None:
    translator = FakeTranslator(str.upper)
    outcomes = run_rounds([talk(["a"], ["b", "c"]), talk(), talk(["d", "a"])], translator)
    assert outcomes == [["A", "B", "C"], [], ["D", "A"]]
    assert translator.rounds == [["a", "d", "a"], ["b", "c"]]


def test_without_texts_nobody_is_asked() -> None:
    assert run_rounds([talk(), talk()], lambda texts: pytest.fail("asked")) == [[], []]


@pytest.mark.parametrize("answers", [[], ["x", "y"]])
def test_there_must_be_one_translation_for_each_text(answers: list[str]) -> None:
    with pytest.raises(ValueError, match="one translation for each"):
        run_rounds([talk(["a"])], lambda texts: answers)


def test_what_a_conversation_raises_comes_through() -> None:
    with pytest.raises(ValueError, match="not UTF-8 at byte 1"):
        run_rounds([FORMATS[".txt"](b"a\xff")], lambda texts: texts)


def test_the_package_is_light() -> None:
    code = "import sys, documents; print(*sys.modules)"
    modules = subprocess.check_output([sys.executable, "-c", code], text=True).split()
    assert not {"torch", "transformers", "lxml", "lxml.etree", "flask"} & set(modules)
