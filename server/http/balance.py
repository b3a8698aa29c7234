"""Spreads connections over the fronts of a server.

Clients keep their connections, and at the moment when they open them, a front that is busy gets
few of them. A front that has replaced another has none. So once a second the fronts compare how
many connections are in use. One with too many answers some requests with `Connection: close`; their
clients connect again, and reach whichever front is free.
"""

import mmap

_SIZE = 8  # bytes of a number
_TOLERANCE = 1.1  # of the mean
_LEAST = 0.5  # connections more than that


class Balance:
    """Made before the forks: the fronts share its memory."""

    def __init__(self, fronts: int) -> None:
        self._used = memoryview(mmap.mmap(-1, fronts * _SIZE)).cast("q")
        self._own = 0

    def enter(self, front: int) -> None:
        """Count for this front from now on, which has no connections yet."""
        self._own = front
        self._used[front] = 0

    def surplus(self, used: int) -> int:
        """Set how many connections are in use here; return how many other fronts should have."""
        self._used[self._own] = used
        mean = sum(self._used) / len(self._used)
        return int(used - mean + 0.5) if used > _TOLERANCE * mean + _LEAST else 0
