"""Histograms with fixed buckets, as Prometheus defines them."""

from bisect import bisect_left
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Distribution:
    """A snapshot of a histogram; counts never decrease from one snapshot to the next.

    `counts[i]` is the number of values in (bounds[i - 1], bounds[i]]; the last one counts the
    values above all bounds.
    """

    bounds: tuple[float, ...]
    counts: tuple[int, ...]  # one more than bounds
    total: float  # sum of the values


@dataclass(slots=True)
class Histogram:
    """Only one thread may add values; any thread may take a snapshot."""

    bounds: tuple[float, ...]
    counts: list[int] = field(init=False)
    total: float = 0.0

    def __post_init__(self) -> None:
        self.counts = [0] * (len(self.bounds) + 1)

    def add(self, value: float, times: int = 1) -> None:
        """Count a value, which occurred once or several times."""
        self.counts[bisect_left(self.bounds, value)] += times
        self.total += value * times

    def snapshot(self) -> Distribution:
        """Return the counts so far."""
        return Distribution(self.bounds, tuple(self.counts), self.total)
