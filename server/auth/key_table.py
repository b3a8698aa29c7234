"""Two numbers for each API key, in memory that forked processes share.

A number is written with one store of eight aligned bytes, so that a process killed at any moment
leaves the old value or the new one. Nothing is given back, whoever dies: a key that needs a row
takes one of its window, at the cost of the key that misses it least.
"""

import mmap
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

_ROWS = 16_384  # many times the keys in use: half a MiB, used page by page
_WORDS = 4  # of a row: its key's tag, two numbers, one to align it
_WORD_BYTES = 8
_WINDOW = 16  # rows that a key may use

ROUNDING_SECONDS = 1e-6  # by which sums of `Amounts` may be wrong
Amounts = tuple[float, float]  # seconds of refilling: of the bucket for requests, for characters


class KeyTable:
    """Any thread of any process forked after it was made may use it, holding `lock`."""

    def __init__(
        self, lock: AbstractContextManager[object] | None, worth: Callable[[Amounts], float]
    ) -> None:
        """Without a `lock` between processes, it serves the threads of one.

        `worth` says how much a key would miss its numbers; 0.0 and 0.0 are those of a new one.
        """
        memory = memoryview(mmap.mmap(-1, _ROWS * _WORDS * _WORD_BYTES))
        self._tags = memory.cast("Q")
        self._numbers = memory.cast("d")
        self._worth = worth
        self.lock = lock or threading.Lock()

    def row(self, tag: int) -> int:
        """Return the row of a key, for `get` and `set`: its own, or one that becomes its own."""
        start = tag % (_ROWS - _WINDOW)
        window = range(start * _WORDS, (start + _WINDOW) * _WORDS, _WORDS)
        for row in window:
            if self._tags[row] == tag:
                return row
        row = min(window, key=lambda row: self._worth(self.get(row)))
        self.set(row, (0.0, 0.0))  # before the tag: a kill must not give one key another's numbers
        self._tags[row] = tag
        return row

    def get(self, row: int) -> Amounts:
        """Return the numbers of a row."""
        return self._numbers[row + 1], self._numbers[row + 2]

    def set(self, row: int, numbers: Amounts) -> None:
        """Write the numbers of a row."""
        self._numbers[row + 1], self._numbers[row + 2] = numbers
