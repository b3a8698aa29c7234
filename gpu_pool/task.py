"""An accepted segment and the future of its caller."""

import time
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass, field

from gpu_pool.errors import PoolError
from gpu_pool.exit_cause import ExitCause
from gpu_pool.messages import Segment, Translation
from gpu_pool.work_item import WorkItem

_MAX_CRASHES = 2
# A text for which the OOM killer kills workers cannot be distinguished from an innocent one.
_SUSPECT_DEATHS = 3
_MAX_DEATHS = 6

Key = tuple[str, str, str, int, tuple[tuple[str, str], ...]]


@dataclass(slots=True)
class Task:
    """`deadline` is on the monotonic clock; `item.id` identifies the task everywhere."""

    item: WorkItem
    segment: Segment
    deadline: float | None
    future: "Future[Translation]" = field(default_factory=Future)
    accepted_at: float = field(default_factory=time.monotonic)
    crashes: int = 0  # workers that crashed or hung while they held it
    deaths: int = 0  # those, and workers that were killed or stopped from outside
    duplicates: "list[Task]" = field(default_factory=list)  # the same text: share its result

    @property
    def key(self) -> Key:
        """Equal for tasks that have the same translation."""
        segment = self.segment
        return (
            segment.text,
            segment.source,
            segment.target,
            segment.alternatives,
            segment.glossary,
        )

    def record_death(self, cause: ExitCause) -> bool:
        """Record the death of the worker that held it; return True if it must be quarantined.

        A suspect task is isolated from then on: if it is the one that kills workers, no other
        text is lost with it again.
        """
        self.crashes += cause is ExitCause.CRASH
        self.deaths += cause is not ExitCause.REQUESTED
        self.item.isolated |= self.crashes > 0 or self.deaths >= _SUSPECT_DEATHS
        return self.crashes >= _MAX_CRASHES or self.deaths >= _MAX_DEATHS

    def with_duplicates(self) -> "list[Task]":
        """Return the task and its duplicates."""
        return [self, *self.duplicates]

    def is_done(self) -> bool:
        """Return True if no caller waits for it any more."""
        return all(task.future.done() for task in self.with_duplicates())

    def start(self) -> bool:
        """Mark it as running, so that it cannot be cancelled; return False if no caller waits."""
        waiting = [task._start() for task in self.with_duplicates()]  # a list: start all of them
        return any(waiting)

    def resolve(self, outcome: Translation | PoolError) -> None:
        """Set the outcome of the task and its duplicates."""
        for task in self.with_duplicates():
            task.resolve_self(outcome)

    def resolve_self(self, outcome: Translation | PoolError) -> None:
        """Set the outcome of this task's future only; does nothing if the future is done."""
        try:
            if isinstance(outcome, PoolError):
                self.future.set_exception(outcome)
            else:
                self.future.set_result(outcome)
        except InvalidStateError:
            return

    def _start(self) -> bool:
        if self.future.done():
            return False
        return self.future.running() or self.future.set_running_or_notify_cancel()
