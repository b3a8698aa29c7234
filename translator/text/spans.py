"""Ranges of a text: from a position to the one after the last."""

from bisect import bisect_right
from collections.abc import Sequence

Span = tuple[int, int]


def overlapping(start: int, end: int, spans: Sequence[Span]) -> Span | None:
    """Return the first of the spans (in order, not overlapping) that shares a part of a range.

    With `start == end`, return the one that has this position inside.
    """
    first = bisect_right(spans, start, key=lambda span: span[1])
    return spans[first] if first < len(spans) and spans[first][0] < end else None


def blanked(text: str, spans: Sequence[Span]) -> str:
    """Return a text with a blank in place of each span (in order, not overlapping)."""
    if not spans:
        return text  # mostly
    parts: list[str] = []
    position = 0
    for start, end in spans:
        parts += (text[position:start], " ")
        position = end
    return "".join([*parts, text[position:]])
