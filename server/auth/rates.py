"""The levels of the API keys' token buckets, in memory that forked processes share.

A bucket is one number: when it will be full again, on the monotonic clock, which is the same in all
processes. A cost moves that moment into the future. So a bucket that is full and one that was never
used are the same, and a row of the table is free as soon as its buckets are full.
"""

import hashlib
from contextlib import AbstractContextManager

from server.auth.key_table import ROUNDING_SECONDS, Amounts, KeyTable

PERIOD_SECONDS = 60.0  # of a rate; the longest burst is what a bucket gains in it
_TAG_BYTES = 8


class RateTable:
    """Two buckets for each key. Any thread of any process forked after it was made may use it."""

    def __init__(self, lock: AbstractContextManager[object] | None = None) -> None:
        """Without a `lock` between processes, it serves the threads of one."""
        self._table = KeyTable(lock, max)  # the key that owes least loses its row

    def charge(self, tag: int, costs: Amounts, now: float) -> Amounts | None:
        """Take both costs, in seconds of refilling; return None.

        Where a bucket does not hold enough, nothing is taken: returns the seconds until each does.
        A cost larger than a bucket is accepted once the bucket is full, which then owes the rest.
        """
        first, second = costs
        with self._table.lock:
            row = self._table.row(tag)
            first_full, second_full = (max(now, full_at) for full_at in self._table.get(row))
            first_wait = first_full - now + min(first, PERIOD_SECONDS) - PERIOD_SECONDS
            second_wait = second_full - now + min(second, PERIOD_SECONDS) - PERIOD_SECONDS
            if max(first_wait, second_wait) > ROUNDING_SECONDS:
                return first_wait, second_wait
            self._table.set(row, (first_full + first, second_full + second))
        return None


def tag_of(*parts: object) -> int:
    """Return the tag of a key and its rates: the same in all processes, other for other rates."""
    digest = hashlib.sha256(repr(parts).encode()).digest()
    return int.from_bytes(digest[:_TAG_BYTES], "big") or 1  # 0: a row that nobody has used
