"""Batches that are decoded in threads, for engines that decode several at a time."""

import time
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

# While a thread is idle, `collect` returns after this time, so that the caller can add work.
IDLE_SECONDS = 0.005
# `collect` blocks on a batch older than this: if it hangs, the caller falls silent too, and whoever
# watches the caller's heartbeats notices.
BLOCKING_AGE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class CompletedBatch(Generic[T]):
    """The result of a batch, and how long it took."""

    result: T
    seconds: float


class RunningBatches(Generic[T]):
    """The batches that `size` threads compute."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._started: dict[Future[T], float] = {}  # with the time of the start

    def __len__(self) -> int:
        """Return the number of unfinished batches, those that wait for a thread included."""
        return len(self._started)

    def add(self, batch: Future[T]) -> None:
        """Track a batch that was just given to a thread."""
        self._started[batch] = time.monotonic()

    def collect(self) -> list[CompletedBatch[T]]:
        """Wait for a batch to finish, but only briefly while a thread is idle.

        Raises whatever a batch raised.
        """
        if not self._started:
            return []
        oldest = min(self._started, key=self._started.__getitem__)
        if time.monotonic() - self._started[oldest] > BLOCKING_AGE_SECONDS:
            wait([oldest])
        idle = len(self._started) < self._size
        finished, _ = wait(self._started, IDLE_SECONDS if idle else None, FIRST_COMPLETED)
        now = time.monotonic()
        return [CompletedBatch(done.result(), now - self._started.pop(done)) for done in finished]
