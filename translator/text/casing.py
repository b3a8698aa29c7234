"""Letter case that models have rarely seen: ALL CAPS, and a single capitalised word."""

import re
from collections.abc import Callable

_MIN_WORDS = 2  # a single word in upper case may be an acronym
_LETTER = re.compile(r"[^\W\d_]")


def is_all_caps(text: str) -> bool:
    """Return True if all cased letters are upper case, in at least two words."""
    if not text.isupper():
        return False
    return sum(any(map(str.isupper, word)) for word in text.split()) >= _MIN_WORDS


class Casing:
    """Normalises the case of text for the model, and restores it in the translation."""

    def __init__(self, pieces: Callable[[str], int]) -> None:
        """`pieces` counts the vocabulary pieces of a text."""
        self._pieces = pieces

    def normalised(self, text: str) -> str:
        """Return ALL CAPS as a sentence in ordinary case, and a capitalised word in lower case."""
        if is_all_caps(text):
            return text.capitalize()
        return text.lower() if self._is_capitalised_word(text) else text

    def restored(self, source: str, translation: str) -> str:
        """Return the translation in upper case, or capitalised, if its source was."""
        if is_all_caps(source):
            return translation.upper()
        if self._is_capitalised_word(source):
            return _LETTER.sub(lambda first: first[0].upper(), translation, count=1)
        return translation

    def _is_capitalised_word(self, text: str) -> bool:
        """Return True for a single capitalised word that has fewer pieces in lower case.

        "Kitchen" is two pieces in a vocabulary with "kitchen"; "Paris" is one, "paris" two.
        """
        return (
            text[:1].isupper()
            and len(text.split(maxsplit=1)) == 1
            and text[1:].islower()
            and self._pieces(text.lower()) < self._pieces(text)
        )
