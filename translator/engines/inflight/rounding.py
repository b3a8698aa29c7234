"""Shapes are rounded up to a few sizes, so that a few dozen graphs cover all of them."""

from collections.abc import Sequence

SLOT_BUCKETS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024)
LENGTH_BUCKETS = (16, 32, 64, 128, 256, 512, 1_024)


def bucket(size: int, buckets: Sequence[int], limit: int) -> int:
    """Return the smallest bucket that holds `size`, or `limit` if that is smaller."""
    return min(limit, next((b for b in buckets if b >= size), limit))


class Rounding:
    """Lookup tables of rounded sizes."""

    def __init__(self, slots: int, source: int, length: int, *, exact: bool) -> None:
        """Take the largest sizes; with `exact`, nothing is rounded."""
        self._slots, self._source, self._length = (
            [size if exact else bucket(size, buckets, limit) for size in range(limit + 1)]
            for buckets, limit in (
                (SLOT_BUCKETS, slots),
                (LENGTH_BUCKETS, source),
                (LENGTH_BUCKETS, length),
            )
        )

    def slots(self, size: int) -> int:
        """Round a number of sentences."""
        return self._slots[size]

    def source(self, size: int) -> int:
        """Round a number of source tokens; at most the longest source."""
        return self._source[min(size, len(self._source) - 1)]

    def length(self, size: int) -> int:
        """Round the length of a sequence; at most the longest sequence."""
        return self._length[min(size, len(self._length) - 1)]
