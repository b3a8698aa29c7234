"""Wraps a translation to the number of lines that the source had."""

import unicodedata
from bisect import bisect_left
from collections.abc import Sequence

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
        candidates = [
            i
            for i in range(1, len(visible))
            if i in candidates or _may_break(glyphs[visible[i - 1]][0], glyphs[visible[i]][0])
        ]
    breaks = {visible[i] for i in _spread_evenly(candidates, count, len(visible))}
    return "".join(
        source if i not in breaks else newline + source.lstrip()
        for i, (source, _) in enumerate(glyphs)
    )


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


def _may_break(before: str, after: str) -> bool:
    """Return True if a line may be broken between two characters without a blank."""
    wide = all(unicodedata.east_asian_width(char[0]) in "WF" for char in (before, after))
    opens = unicodedata.category(before[0]) in ("Ps", "Pi")
    return wide and not opens and unicodedata.category(after[0])[0] != "P"
