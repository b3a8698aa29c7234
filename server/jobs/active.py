"""A job that is being processed."""

import threading
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
        self.begun = False  # by this run of the server
        self._left: list[tuple[int, int]] = []  # positions not in progress, the first range last

    def take(self, store: JobStore, characters: int) -> list[Item]:
        """Return items of about so many characters; none if all are done or in progress."""
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
