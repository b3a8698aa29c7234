"""Counts of how large values were, as monitoring wants them."""

from bisect import bisect_left
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Distribution:
    """How many values there were up to each bound, beyond the one before it; the last: beyond all.

    Counts never go down.
    """

    bounds: tuple[float, ...]
    counts: tuple[int, ...]  # one more than bounds
    total: float  # sum of the values


@dataclass(slots=True)
class Histogram:
    """One thread adds values; any may take a snapshot."""

    bounds: tuple[float, ...]
    counts: list[int] = field(init=False)
    total: float = 0.0

    def __post_init__(self) -> None:
        self.counts = [0] * (len(self.bounds) + 1)

    def add(self, value: float) -> None:
        """Count a value in."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    def snapshot(self) -> Distribution:
        """Return the counts so far."""
        return Distribution(self.bounds, tuple(self.counts), self.total)
