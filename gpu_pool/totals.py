"""Totals of a worker since the server started, across all restarts of its process."""

from dataclasses import dataclass, field

from gpu_pool.histogram import Distribution, Histogram

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)
_SEGMENTS = tuple(float(2**power) for power in range(11))  # 1 … 1024
_EMPTY = Distribution((), (0,), 0.0)


@dataclass(frozen=True, slots=True)
class WorkerTotals:
    """A snapshot of the totals; none of them ever decreases. Times are in seconds."""

    busy_seconds: float = 0.0  # spent computing
    oom_splits: int = 0  # batches split after running out of memory
    queue_wait: Distribution = _EMPTY  # of each segment, from acceptance to dispatch
    batch_segments: Distribution = _EMPTY  # segments finished together
    batch_seconds: Distribution = _EMPTY  # computing time per such batch


@dataclass(slots=True)
class TotalsCounter:
    """Counts the totals; only the dispatcher's thread changes it."""

    busy_seconds: float = 0.0
    oom_splits: int = 0
    _queue_wait: Histogram = field(default_factory=lambda: Histogram(_SECONDS))
    _batch_segments: Histogram = field(default_factory=lambda: Histogram(_SEGMENTS))
    _batch_seconds: Histogram = field(default_factory=lambda: Histogram(_SECONDS))

    def record_wait(self, seconds: float, segments: int) -> None:
        """Record how long segments waited before they were sent to the worker."""
        self._queue_wait.add(seconds, segments)

    def record_batch(self, segments: int, busy_seconds: float) -> None:
        """Record segments that the worker finished together."""
        self.busy_seconds += busy_seconds
        self._batch_segments.add(segments)
        self._batch_seconds.add(busy_seconds)

    def snapshot(self) -> WorkerTotals:
        """Return the totals so far."""
        return WorkerTotals(
            self.busy_seconds,
            self.oom_splits,
            self._queue_wait.snapshot(),
            self._batch_segments.snapshot(),
            self._batch_seconds.snapshot(),
        )
