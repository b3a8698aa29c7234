"""A job while it is worked on."""

import threading
import time
from collections.abc import Sequence

from server.jobs.records import Item, Job
from server.jobs.store import JobStore

_END = 2**62  # a position after the last


class ActiveJob:
    """What the runner knows of a job beyond what is stored: which pieces are in hand."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.cancelled = threading.Event()
        self.flights = 0  # pieces of work in hand
        self._left: list[tuple[int, int]] = []  # positions not in hand, the first range last
        self._begun: tuple[float, int] | None = None  # when, and how many characters were done

    def take(self, store: JobStore, characters: int) -> list[Item]:
        """Hand out items of about so many characters; none if all are done or in hand."""
        if self._begun is None:
            self._begun = time.monotonic(), self.job.characters_done
        while self._left:
            first, last = self._left.pop()
            items = store.pending(self.job.number, first, last, characters)
            if items:
                self._left.append((items[-1].position + 1, last))
                return items
        if self.flights:
            return []
        # Nothing is in hand: what is unfinished has come since, such as a document's next round.
        items = store.pending(self.job.number, 0, _END, characters)
        if items:
            self._left.append((items[-1].position + 1, _END))
        return items

    def give_back(self, items: Sequence[Item]) -> None:
        """Note that items, or some of them, are not done; they are handed out again."""
        self._left.append((items[0].position, items[-1].position))

    def eta(self, job: Job) -> float | None:
        """Return the seconds until the end at the speed so far; None as long as there is none."""
        if self._begun is None or job.characters_done <= self._begun[1]:
            return None
        speed = (job.characters_done - self._begun[1]) / (time.monotonic() - self._begun[0])
        return (job.characters - job.characters_done) / speed
