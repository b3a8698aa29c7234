"""Letter case that models have hardly seen: ALL CAPS, and a lone word with a capital."""

import re
from collections.abc import Callable

_MIN_WORDS = 2  # a single word in capitals may be an acronym
_LETTER = re.compile(r"[^\W\d_]")


def is_shouted(text: str) -> bool:
    """Return whether all letters that have a case are capitals, in at least two words."""
    if not text.isupper():
        return False
    return sum(any(map(str.isupper, word)) for word in text.split()) >= _MIN_WORDS


class Casing:
    """Gives the model the case that it knows, and its translation the case of the source."""

    def __init__(self, pieces: Callable[[str], int]) -> None:
        """`pieces` counts the pieces that the vocabulary spells a text with."""
        self._pieces = pieces

    def calmed(self, text: str) -> str:
        """Return shouted text as an ordinary sentence, a lone word as inside one, else the text."""
        if is_shouted(text):
            return text.capitalize()
        return text.lower() if self._is_alone(text) else text

    def like(self, source: str, translation: str) -> str:
        """Return the translation in capitals or with a capital where its source was so."""
        if is_shouted(source):
            return translation.upper()
        if self._is_alone(source):
            return _LETTER.sub(lambda first: first[0].upper(), translation, count=1)
        return translation

    def _is_alone(self, text: str) -> bool:
        """Return whether it is one word with a capital that the vocabulary has without.

        "Kitchen" is two pieces in a vocabulary that has "kitchen"; "Paris" is one, "paris" two.
        """
        if len(text.split()) != 1:
            return False
        first, rest = text[:1], text[1:]
        return (
            first.isupper() and rest.islower() and self._pieces(text.lower()) < self._pieces(text)
        )
