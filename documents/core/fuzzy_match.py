"""Finds the words of a text that match another text best, despite inflection and word order."""

import re
import unicodedata

_WORD = re.compile(r"""[^\s.,;:!?…()\[\]{}"'«»„“”‘’،؟]+""")
_MAX_QUERY_WORDS = 30
_MAX_TEXT_WORDS = 400
_MAX_EXTRA_WORDS = 2  # that a match may have beyond the number in the query
_MIN_SIMILARITY = 0.6
_MIN_STEM_LETTERS = 3
_MIN_STEM_SHARE = 0.6  # of the longer word, which must be common to both forms


def best_match(query: str, text: str) -> tuple[int, int] | None:
    """Return the start and end of the words in `text` most similar to `query`.

    None if nothing is similar enough, if two matches are equally good, or if either is too long.
    """
    query_words = _WORD.findall(query.casefold())
    words = list(_WORD.finditer(text))
    if not 0 < len(query_words) <= _MAX_QUERY_WORDS or len(words) > _MAX_TEXT_WORDS:
        return None
    matches = [
        frozenset(i for i, other in enumerate(query_words) if _same_stem(word[0].casefold(), other))
        for word in words
    ]
    similarities = {
        (first, last): similarity
        for first in range(len(words))
        for last in range(first, min(first + len(query_words) + _MAX_EXTRA_WORDS, len(words)))
        if (similarity := _similarity(matches[first : last + 1], len(query_words)))
        >= _MIN_SIMILARITY
    }
    best = max(similarities.values(), default=0.0)
    candidates = [match for match, similarity in similarities.items() if similarity == best]
    if len(candidates) != 1:
        return None
    first, last = candidates[0]
    return words[first].start(), words[last].end()


def _similarity(matches: list[frozenset[int]], query_words: int) -> float:
    """Return the share of words with a match in the other text; 0 if an outer word has none.

    `matches` holds the indices of the query words that each word matches.
    """
    if not matches[0] or not matches[-1]:
        return 0.0
    found = len(frozenset().union(*matches))
    return (found + sum(map(bool, matches))) / (query_words + len(matches))


def _same_stem(word: str, other: str) -> bool:
    """Return True if two words may be forms of the same one."""
    if word == other:
        return True
    if unicodedata.east_asian_width(word[0]) == "W":  # a whole clause: there are no blanks
        return False
    pairs = enumerate(zip(word, other, strict=False))
    stem = next((i for i, (a, b) in pairs if a != b), min(len(word), len(other)))
    return stem >= max(_MIN_STEM_LETTERS, _MIN_STEM_SHARE * max(len(word), len(other)))
