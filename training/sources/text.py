"""Cleaning and checking of texts, shared by all kinds of sources."""

import re
import unicodedata
from collections import Counter

MAX_CHARACTERS = 1500  # of a paragraph; the longest catalogue strings are whole manuals
SHORT = 20  # characters: for shorter texts, lengths cannot be compared
SHORTEST_RATIO, LONGEST_RATIO = 0.4, 2.5  # characters of the other language per English character
SAME_WORDS = 0.7  # share of the words of a longer text; beyond it, the text is untranslated
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"))


def tidy(text: str) -> str:
    """Return the text on one line, in composed form, without invisible characters."""
    return " ".join(unicodedata.normalize("NFC", text).translate(_INVISIBLE).split())


def is_pair(english: str, other: str) -> bool:
    """Return True if the two can be translations of each other, rather than an accident.

    Untranslated texts are rejected: help pages fill their gaps with English.
    """
    if not (english and other) or english == other or not re.search("[A-Za-z]{2}", english):
        return False
    if max(len(english), len(other)) > MAX_CHARACTERS:
        return False
    if len(english) > SHORT and not SHORTEST_RATIO <= len(other) / len(english) <= LONGEST_RATIO:
        return False
    return not _untranslated(english, other)


def _untranslated(english: str, other: str) -> bool:
    words = Counter(english.lower().split())
    same = (words & Counter(other.lower().split())).total()
    return words.total() >= 4 and same >= SAME_WORDS * words.total()
