"""Spans are found by position, and blanked."""

import pytest

from translator.text.spans import Span, blanked, overlapping

SPANS = [(1, 3), (3, 4), (7, 9)]


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (0, 1, None),
        (0, 2, (1, 3)),
        (2, 8, (1, 3)),
        (3, 3, None),
        (2, 2, (1, 3)),
        (3, 5, (3, 4)),
        (4, 7, None),
        (8, 8, (7, 9)),
        (9, 12, None),
    ],
)
def test_overlapping(start: int, end: int, expected: Span | None) -> None:
    assert overlapping(start, end, SPANS) == expected


def test_blanked() -> None:
    assert blanked("ab {x} c {y}", [(3, 6), (9, 12)]) == "ab   c  "
