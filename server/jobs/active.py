"""A job that is being processed."""

import threading
import time
from collections.abc import Sequence

from server.jobs.records import Item, Job
from server.jobs.store import JobStore

_END = 2**62  # a position after the last


class ActiveJob:
    """What the runner knows about a job beyond the store: which items are in progress."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.cancelled = threading.Event()
        self.batches = 0  # in progress
        self._left: list[tuple[int, int]] = []  # positions not in progress, the first range last
        self._begun: tuple[float, int] | None = None  # start time, and characters done by then

    def take(self, store: JobStore, characters: int) -> list[Item]:
        """Return items of about so many characters; none if all are done or in progress."""
        if self._begun is None:
            self._begun = time.monotonic(), self.job.characters_done
        while self._left:
            first, last = self._left.pop()
            items = store.pending(self.job.number, first, last, characters)
            if items:
                self._left.append((items[-1].position + 1, last))
                return items
        if self.batches:
            return []
        # Nothing is in progress: new items have been added, such as a document's next round.
        items = store.pending(self.job.number, 0, _END, characters)
        if items:
            self._left.append((items[-1].position + 1, _END))
        return items

    def give_back(self, items: Sequence[Item]) -> None:
        """Return unfinished items; they will be taken again."""
        self._left.append((items[0].position, items[-1].position))

    def eta(self, job: Job) -> float | None:
        """Return the remaining seconds at the speed so far; None before anything is done."""
        if self._begun is None or job.characters_done <= self._begun[1]:
            return None
        speed = (job.characters_done - self._begun[1]) / (time.monotonic() - self._begun[0])
        return (job.characters - job.characters_done) / speed
