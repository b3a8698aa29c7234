"""Wraps a translation to the number of lines, or to the width, that the source had."""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator, Sequence

_CHUNK = re.compile(r"\s*\S+")
_TAB = 8  # columns
Glyph = tuple[str, bool]
"""A piece of source, and whether a reader sees it as one character."""


def wrap(glyphs: Sequence[Glyph], count: int, newline: str) -> str:
    """Break text at blanks into `count` lines of about equal length.

    Chinese and Japanese are broken between characters; other text with too few words
    gets fewer lines.
    """
    visible = [i for i, (_, is_visible) in enumerate(glyphs) if is_visible]
    candidates = [i for i in range(1, len(visible) - 1) if glyphs[visible[i]][0].isspace()]
    if len(candidates) < count - 1:
        blanks = frozenset(candidates)
        candidates = [
            i
            for i in range(1, len(visible))
            if i in blanks or may_break(glyphs[visible[i - 1]][0], glyphs[visible[i]][0])
        ]
    breaks = {visible[i] for i in _spread_evenly(candidates, count, len(visible))}
    return "".join(
        source if i not in breaks else newline + source.lstrip()
        for i, (source, _) in enumerate(glyphs)
    )


def fill(text: str, first_width: int, width: int) -> Iterator[str]:
    """Break text into lines of at most `width` columns, the first of at most `first_width`.

    A longer word has a line to itself; Chinese and Japanese are broken between characters.
    """
    line, room = "", first_width
    for chunk in _chunks(text):
        if line and visible_width(line) + visible_width(chunk) > room:
            yield line
            line, room = chunk.lstrip(), width
        else:
            line += chunk
    yield line


def visible_width(text: str) -> int:
    """Return the width of a text in columns; wide characters take two, and accents none."""
    if text.isascii():
        return len(text) + (_TAB - 1) * text.count("\t")
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )


def _chunks(text: str) -> Iterator[str]:
    """Yield what a line may be broken before, with the blanks before it."""
    for word in _CHUNK.findall(text):
        start = 0
        for position in range(len(word) - len(word.lstrip()) + 1, len(word)):
            if may_break(word[position - 1], word[position]):
                yield word[start:position]
                start = position
        yield word[start:]


def _spread_evenly(candidates: Sequence[int], count: int, length: int) -> list[int]:
    """Choose at most count - 1 of the positions such that the lines are about equally long."""
    breaks = min(count - 1, len(candidates))
    chosen: list[int] = []
    first = 0
    for number in range(1, breaks + 1):
        ideal = number * length / (breaks + 1)
        last = len(candidates) - 1 - (breaks - number)
        after = bisect_left(candidates, ideal, first, last + 1)
        window = range(max(first, after - 1), min(last, after) + 1)
        best = min(window, key=lambda i: abs(candidates[i] - ideal))
        chosen.append(candidates[best])
        first = best + 1
    return chosen


def may_break(before: str, after: str) -> bool:
    """Return True if a line may be broken between two characters without a blank."""
    wide = all(unicodedata.east_asian_width(char[0]) in "WF" for char in (before, after))
    opens = unicodedata.category(before[0]) in ("Ps", "Pi")
    return wide and not opens and unicodedata.category(after[0])[0] != "P"
