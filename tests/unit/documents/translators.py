"""Fake translators that record the texts of each round."""

from collections.abc import Callable
from typing import TypeVar

from documents import Rounds, run_rounds

Result = TypeVar("Result")


class FakeTranslator:
    """Translates with a function; checks that no text is blank."""

    def __init__(self, function: Callable[[str], str]) -> None:
        self._function = function
        self.rounds: list[list[str]] = []

    def __call__(self, texts: list[str]) -> list[str]:
        assert texts
        assert all(text.strip() for text in texts)
        self.rounds.append(texts)
        return [self._function(text) for text in texts]

    def translate(self, document: Rounds[Result]) -> Result:
        return run_rounds([document], self)[0]


def identity(text: str) -> str:
    return text


def reverse(text: str) -> str:
    """Upper case, with the words in reverse order."""
    return " ".join(reversed(text.upper().split()))


def by_dictionary(entries: dict[str, str]) -> FakeTranslator:
    """Translates other texts to upper case."""
    return FakeTranslator(lambda text: entries.get(text, text.upper()))


def translate_upper(document: Rounds[Result]) -> Result:
    return FakeTranslator(str.upper).translate(document)


def translate_identity(document: Rounds[Result]) -> Result:
    return FakeTranslator(identity).translate(document)
