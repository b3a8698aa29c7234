"""Where a text says nearly what another does, with other endings or in another order of words."""

import re
import unicodedata

_WORD = re.compile(r"""[^\s.,;:!?…()\[\]{}"'«»„“”‘’،؟]+""")
_MAX_WORDS = 30  # of what is looked for
_MAX_WORDS_WITHIN = 400
_SLACK = 2  # words more or fewer
_LEAST = 0.6  # of the words of both must have a partner
_SHORTEST_STEM = 3  # letters
_STEM = 0.6  # of a word, which all its forms have in common


def closest(text: str, within: str) -> tuple[int, int] | None:
    """Return from where to where `within` is most like a text; None if nothing is, or two are."""
    wanted = _WORD.findall(text.casefold())
    words = list(_WORD.finditer(within))
    if not 0 < len(wanted) <= _MAX_WORDS or len(words) > _MAX_WORDS_WITHIN:
        return None
    partners = [
        frozenset(i for i, other in enumerate(wanted) if _are_alike(word[0].casefold(), other))
        for word in words
    ]
    scores = {
        (first, last): score
        for first in range(len(words))
        for last in range(first, min(first + len(wanted) + _SLACK, len(words)))
        if (score := _score(partners[first : last + 1], len(wanted))) >= _LEAST
    }
    best = max(scores.values(), default=0.0)
    places = [place for place, score in scores.items() if score == best]
    if len(places) != 1:
        return None
    first, last = places[0]
    return words[first].start(), words[last].end()


def _score(partners: list[frozenset[int]], wanted: int) -> float:
    """Return which share of the words has a partner; 0 if one at the edge has none."""
    if not partners[0] or not partners[-1]:
        return 0.0
    found = len(frozenset().union(*partners))
    return (found + sum(map(bool, partners))) / (wanted + len(partners))


def _are_alike(word: str, other: str) -> bool:
    """Tell whether two words may be forms of one."""
    if word == other:
        return True
    if unicodedata.east_asian_width(word[0]) == "W":  # no word, but all up to the next mark
        return False
    pairs = enumerate(zip(word, other, strict=False))
    stem = next((i for i, (a, b) in pairs if a != b), min(len(word), len(other)))
    return stem >= max(_SHORTEST_STEM, _STEM * max(len(word), len(other)))
