"""What a worker's place has done since the server started, through all restarts."""

from dataclasses import dataclass, field

from gpu_pool.histogram import Distribution, Histogram

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)
_SEGMENTS = tuple(float(2**power) for power in range(11))  # 1 … 1024
_NONE = Distribution((), (0,), 0.0)


@dataclass(frozen=True, slots=True)
class WorkerTotals:
    """Nothing in it ever goes down. Times are in seconds."""

    busy_seconds: float = 0.0  # spent computing
    oom_splits: int = 0  # batches halved for want of memory
    queue_wait: Distribution = _NONE  # of each segment, from acceptance until it was handed over
    batch_segments: Distribution = _NONE  # finished together
    batch_seconds: Distribution = _NONE  # spent computing from one such batch to the next


@dataclass(slots=True)
class Tally:
    """Counts all that; the dispatcher's thread alone changes it."""

    busy_seconds: float = 0.0
    oom_splits: int = 0
    _queue_wait: Histogram = field(default_factory=lambda: Histogram(_SECONDS))
    _batch_segments: Histogram = field(default_factory=lambda: Histogram(_SEGMENTS))
    _batch_seconds: Histogram = field(default_factory=lambda: Histogram(_SECONDS))

    def hand_over(self, waited: float) -> None:
        """Count a segment that a worker is given after so many seconds."""
        self._queue_wait.add(waited)

    def finish(self, segments: int, busy_seconds: float) -> None:
        """Count segments that a worker has computed together."""
        self.busy_seconds += busy_seconds
        self._batch_segments.add(segments)
        self._batch_seconds.add(busy_seconds)

    def snapshot(self) -> WorkerTotals:
        """Return the counts so far."""
        return WorkerTotals(
            self.busy_seconds,
            self.oom_splits,
            self._queue_wait.snapshot(),
            self._batch_segments.snapshot(),
            self._batch_seconds.snapshot(),
        )
