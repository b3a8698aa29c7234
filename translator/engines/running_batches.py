"""Work in threads, for engines that decode several batches at a time."""

import time
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

# While a thread is idle, its work is waited for no longer, so that the caller can bring more.
IDLE_SECONDS = 0.005
# Work older than this is waited for, whatever else is done: where it hangs, the caller's silence
# must tell.
PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class CompletedBatch(Generic[T]):
    """What work came to, and how long it took."""

    result: T
    seconds: float


class RunningBatches(Generic[T]):
    """What is computed in threads, `size` of them."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._running: dict[Future[T], float] = {}  # with the time of its start

    def __len__(self) -> int:
        """Work in hand, that which waits for a thread included."""
        return len(self._running)

    def add(self, work: Future[T]) -> None:
        """Watch work that was given to a thread just now."""
        self._running[work] = time.monotonic()

    def collect(self) -> list[CompletedBatch[T]]:
        """Wait for work to be done, a moment only while a thread is idle; raises what it raised."""
        if not self._running:
            return []
        oldest = min(self._running, key=self._running.__getitem__)
        if time.monotonic() - self._running[oldest] > PATIENCE:
            wait([oldest])
        idle = len(self._running) < self._size
        finished, _ = wait(self._running, IDLE_SECONDS if idle else None, FIRST_COMPLETED)
        now = time.monotonic()
        return [CompletedBatch(done.result(), now - self._running.pop(done)) for done in finished]
