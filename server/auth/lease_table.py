"""What a server may still spend of the buckets that it shares with others, by API key.

The table is in memory that forked processes share, like that of `rates`.
"""

import mmap
import threading
from contextlib import AbstractContextManager

_ROWS = 16_384  # many times the keys: half a MiB, used page by page
_WORDS = 4  # of a row: its key's tag, two amounts, one to align it
_WORD_BYTES = 8
_WINDOW = 16  # rows that a key may use
_ROUNDING_SECONDS = 1e-6

Amounts = tuple[float, float]  # seconds of refilling: of the bucket for requests, for characters


class LeaseTable:
    """Any thread of any process forked after it was made may use it."""

    def __init__(self, lock: AbstractContextManager[object] | None = None) -> None:
        """Without a `lock` between processes, it serves the threads of one."""
        memory = memoryview(mmap.mmap(-1, _ROWS * _WORDS * _WORD_BYTES))
        self._tags = memory.cast("Q")
        self._left = memory.cast("d")
        self._lock = lock or threading.Lock()

    def take(self, tag: int, costs: Amounts) -> bool:
        """Spend both costs; return False, and spend nothing, where there is less."""
        with self._lock:
            row = self._row(tag)
            left = self._left[row + 1], self._left[row + 2]
            if any(has < cost - _ROUNDING_SECONDS for has, cost in zip(left, costs, strict=True)):
                return False
            self._left[row + 1] = left[0] - costs[0]
            self._left[row + 2] = left[1] - costs[1]
        return True

    def left(self, tag: int) -> Amounts:
        """Return what there is."""
        with self._lock:
            row = self._row(tag)
            return self._left[row + 1], self._left[row + 2]

    def add(self, tag: int, amounts: Amounts) -> None:
        """Add to what there is."""
        with self._lock:
            row = self._row(tag)
            self._left[row + 1] += amounts[0]
            self._left[row + 2] += amounts[1]

    def _row(self, tag: int) -> int:
        """Return the index of the tag's row; if its window is in use, the key with least loses."""
        start = tag % (_ROWS - _WINDOW)
        window = range(start * _WORDS, (start + _WINDOW) * _WORDS, _WORDS)
        for row in window:
            if self._tags[row] == tag:
                return row
        row = min(window, key=lambda row: self._left[row + 1] + self._left[row + 2])
        self._left[row + 1] = self._left[row + 2] = 0.0  # before the tag: a kill gives nothing away
        self._tags[row] = tag
        return row
