"""New text on as many lines as the old one had."""

import unicodedata
from bisect import bisect_left
from collections.abc import Sequence

Glyph = tuple[str, bool]
"""A piece of source, and whether a reader sees it, as one character."""


def wrap(glyphs: Sequence[Glyph], count: int, newline: str) -> str:
    """Break one line into `count` lines of about the same length, at blanks.

    Chinese and Japanese are broken between characters; other text that has too few words
    gets fewer lines.
    """
    seen = [i for i, (_, visible) in enumerate(glyphs) if visible]
    blanks = [place for place in range(1, len(seen) - 1) if glyphs[seen[place]][0].isspace()]
    if len(blanks) < count - 1:
        blanks = [
            place
            for place in range(1, len(seen))
            if place in blanks or _may_break(glyphs[seen[place - 1]][0], glyphs[seen[place]][0])
        ]
    breaks = {seen[place] for place in _evenly(blanks, count, len(seen))}
    return "".join(
        source if i not in breaks else newline + source.lstrip()
        for i, (source, _) in enumerate(glyphs)
    )


def _evenly(places: Sequence[int], count: int, length: int) -> list[int]:
    """Choose count - 1 of the places, or all, such that the parts are about equally long."""
    wanted = min(count - 1, len(places))
    chosen: list[int] = []
    first = 0
    for number in range(1, wanted + 1):
        ideal = number * length / (wanted + 1)
        last = len(places) - 1 - (wanted - number)
        after = bisect_left(places, ideal, first, last + 1)
        window = range(max(first, after - 1), min(last, after) + 1)
        best = min(window, key=lambda i: abs(places[i] - ideal))
        chosen.append(places[best])
        first = best + 1
    return chosen


def _may_break(before: str, after: str) -> bool:
    """Tell whether a line may end between two characters without a blank."""
    wide = all(unicodedata.east_asian_width(char[0]) in "WF" for char in (before, after))
    opens = unicodedata.category(before[0]) in ("Ps", "Pi")
    return wide and not opens and unicodedata.category(after[0])[0] != "P"
