"""class WordPieces: the vocabulary pieces of words that were in recent texts."""

import re
from collections.abc import Callable, Container
from itertools import chain

_MOST_WORDS = 1 << 15  # a few megabytes
_LONGEST = 40  # letters; longer ones are rare, and must not fill the memory
# Latin, Greek and Cyrillic letters beyond ASCII, for a class of a pattern.
ALPHABETS = r"\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0386-\u03ff\u0400-\u0481\u048a-\u052f"
# Letters of alphabets, ASCII and punctuation, which normalisation changes in place if at all. No
# digits: numbers hardly occur again.
_WORDS = re.compile(rf"[ -/:-~{ALPHABETS}\u00a1\u00ab\u00bb\u00bf\u2013\u2014\u2018-\u201e\u2026]+")


class WordPieces:
    """Composes the ids of a text from those of its words; threads may share it.

    For models whose pieces begin at a blank or go on within a word: then the pieces of a word are
    the same in any text.
    """

    def __init__(self, encode: Callable[[str], list[int]], beginnings: Container[int]) -> None:
        """`beginnings`: ids of the pieces that begin with a blank."""
        self._encode = encode
        self._beginnings = beginnings
        self._known: dict[str, tuple[int, ...]] = {}

    def encode(self, text: str) -> list[int]:
        """Return what `encode` does, which is called at most once, and only for new words."""
        if not _WORDS.fullmatch(text):
            return self._encode(text)
        words, known = text.split(" "), self._known
        found = list(map(known.get, words))
        if None in found:
            return self._encode(text) if "" in words else self._with_new(words, found)
        return list(chain.from_iterable(found))  # type: ignore[arg-type]

    def _with_new(self, words: list[str], found: list[tuple[int, ...] | None]) -> list[int]:
        """Return the ids of words; `found`: those that are known, None for the others."""
        new = [word for word, ids in zip(words, found, strict=True) if ids is None]
        encoded = self._encode(" ".join(new))
        begins = [i for i, each in enumerate(encoded) if each in self._beginnings]
        if begins[:1] != [0] or len(begins) != len(new):
            return encoded if len(new) == len(words) else self._encode(" ".join(words))
        ends = [*begins[1:], len(encoded)]
        pieces = [tuple(encoded[begin:end]) for begin, end in zip(begins, ends, strict=True)]
        if len(max(new, key=len)) <= _LONGEST:
            if len(self._known) + len(new) > _MOST_WORDS:
                self._known = {}  # not cleared: other threads may be reading it
            self._known.update(zip(new, pieces, strict=True))
        if len(new) == len(words):
            return encoded
        following = iter(pieces)
        return [i for ids in found for i in ids or next(following)]
