"""The levels of the API keys' token buckets, in memory that forked processes share.

A bucket is one number: when it will be full again, on the monotonic clock, which is the same in all
processes. A cost moves that moment into the future. So a bucket that is full and one that was never
used are the same, and a row of the table is free as soon as its buckets are full: nothing has to
be given back, whoever dies. A number is written with one store of eight aligned bytes, so that a
process killed at any moment leaves the old value or the new one.
"""

import hashlib
import mmap
import threading
from contextlib import AbstractContextManager

PERIOD_SECONDS = 60.0  # of a rate; the longest burst is what a bucket gains in it
_ROWS = 16_384  # many times the keys whose buckets are not full: half a MiB, used page by page
_WORDS = 4  # of a row: its key's tag, two buckets, one to align it
_WORD_BYTES = 8
_WINDOW = 16  # rows that a key may use
_ROUNDING_SECONDS = 1e-6


class RateTable:
    """Two buckets for each key. Any thread of any process forked after it was made may use it."""

    def __init__(self, lock: AbstractContextManager[object] | None = None) -> None:
        """Without a `lock` between processes, it serves the threads of one."""
        memory = memoryview(mmap.mmap(-1, _ROWS * _WORDS * _WORD_BYTES))
        self._tags = memory.cast("Q")
        self._full_at = memory.cast("d")
        self._lock = lock or threading.Lock()

    def charge(
        self, tag: int, costs: tuple[float, float], now: float
    ) -> tuple[float, float] | None:
        """Take both costs, in seconds of refilling; return None.

        Where a bucket does not hold enough, nothing is taken: returns the seconds until each does.
        A cost larger than a bucket is accepted once the bucket is full, which then owes the rest.
        """
        full_at = self._full_at
        first, second = costs
        with self._lock:
            row = self._row(tag, now)
            first_full, second_full = max(now, full_at[row + 1]), max(now, full_at[row + 2])
            first_wait = first_full - now + min(first, PERIOD_SECONDS) - PERIOD_SECONDS
            second_wait = second_full - now + min(second, PERIOD_SECONDS) - PERIOD_SECONDS
            if max(first_wait, second_wait) > _ROUNDING_SECONDS:
                return first_wait, second_wait
            full_at[row + 1] = first_full + first
            full_at[row + 2] = second_full + second
        return None

    def _row(self, tag: int, now: float) -> int:
        """Return the index of the tag's row: its own, or a free one that becomes its own.

        If its whole window is in use, the key that owes least loses its row.
        """
        tags, full_at = self._tags, self._full_at
        start = tag % (_ROWS - _WINDOW)
        window = range(start * _WORDS, (start + _WINDOW) * _WORDS, _WORDS)
        for row in window:
            if tags[row] == tag:
                return row
        row = min(window, key=lambda row: max(now, full_at[row + 1], full_at[row + 2]))
        full_at[row + 1] = full_at[row + 2] = 0.0  # before the tag: a kill forgives, never charges
        tags[row] = tag
        return row


def tag_of(*parts: object) -> int:
    """Return the tag of a key and its rates: the same in all processes, other for other rates."""
    digest = hashlib.sha256(repr(parts).encode()).digest()
    return int.from_bytes(digest[:_WORD_BYTES], "big") or 1  # 0: a row that nobody has used
