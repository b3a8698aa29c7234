"""Stand-ins for a model, which keep what they were asked."""

from collections.abc import Callable
from typing import TypeVar

from documents import Rounds, run_rounds

T = TypeVar("T")


class FakeTranslator:
    """Translates with a function; checks that no blank text is asked for."""

    def __init__(self, function: Callable[[str], str]) -> None:
        self._function = function
        self.rounds: list[list[str]] = []

    def __call__(self, texts: list[str]) -> list[str]:
        assert texts
        assert all(text.strip() for text in texts)
        self.rounds.append(texts)
        return [self._function(text) for text in texts]

    def translate(self, conversation: Rounds[T]) -> T:
        return run_rounds([conversation], self)[0]


def same(text: str) -> str:
    return text


def backwards(text: str) -> str:
    """Upper case, in another order of words."""
    return " ".join(reversed(text.upper().split()))


def by_dictionary(entries: dict[str, str]) -> FakeTranslator:
    """What is not in the dictionary comes back in upper case."""
    return FakeTranslator(lambda text: entries.get(text, text.upper()))


def shout(conversation: Rounds[T]) -> T:
    return FakeTranslator(str.upper).translate(conversation)


def repeat(conversation: Rounds[T]) -> T:
    return FakeTranslator(same).translate(conversation)
