"""A segment that was accepted, and the future that its caller waits on."""

import time
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass, field

from gpu_pool.errors import PoolError
from gpu_pool.exit_cause import ExitCause
from gpu_pool.messages import Segment, Translation
from gpu_pool.scheduler import WorkItem

_MAX_CRASHES = 2
# A text that gets workers killed for their memory looks like one that has bad luck.
_SUSPECT_LOSSES = 3
_MAX_LOSSES = 6

Key = tuple[str, str, str, int, tuple[tuple[str, str], ...]]


@dataclass(slots=True)
class Task:
    """`deadline` is on the monotonic clock; `job.id` is the task's id everywhere."""

    item: WorkItem
    segment: Segment
    deadline: float | None
    future: "Future[Translation]" = field(default_factory=Future)
    accepted_at: float = field(default_factory=time.monotonic)
    crashes: int = 0  # workers that crashed or hung with it in hand
    losses: int = 0  # those, and the ones that somebody else ended
    duplicates: "list[Task]" = field(default_factory=list)  # the same text, to be answered with it

    @property
    def key(self) -> Key:
        """What tells two tasks with the same translation."""
        segment = self.segment
        return (
            segment.text,
            segment.source,
            segment.target,
            segment.alternatives,
            segment.glossary,
        )

    def lose(self, cause: ExitCause) -> bool:
        """Note that the worker that had it in hand died; tell whether to give it up.

        Once suspect it travels alone, so that if it is the one that kills workers, no other
        text dies with it again.
        """
        self.crashes += cause is ExitCause.CRASH
        self.losses += cause is not ExitCause.ASKED
        self.item.alone |= self.crashes > 0 or self.losses >= _SUSPECT_LOSSES
        return self.crashes >= _MAX_CRASHES or self.losses >= _MAX_LOSSES

    def with_duplicates(self) -> "list[Task]":
        """Return the task and its twins."""
        return [self, *self.duplicates]

    def finished(self) -> bool:
        """Tell whether nobody waits for it any more."""
        return all(task.future.done() for task in self.with_duplicates())

    def begin(self) -> bool:
        """Tell whether the task is still wanted; from now on it cannot be cancelled."""
        wanted = [
            task._begin() for task in self.with_duplicates()
        ]  # all of them, not up to the first
        return any(wanted)

    def resolve(self, outcome: Translation | PoolError) -> None:
        """Give every caller a translation or an error."""
        for task in self.with_duplicates():
            task.answer(outcome)

    def answer(self, outcome: Translation | PoolError) -> None:
        """Give the task's own caller its outcome; too late for one who has given up."""
        try:
            if isinstance(outcome, PoolError):
                self.future.set_exception(outcome)
            else:
                self.future.set_result(outcome)
        except InvalidStateError:
            return

    def _begin(self) -> bool:
        if self.future.done():
            return False
        return self.future.running() or self.future.set_running_or_notify_cancel()
