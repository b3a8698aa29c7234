"""An accepted segment and the request that it belongs to."""

from dataclasses import dataclass

from gpu_pool.exit_cause import ExitCause
from gpu_pool.messages import Segment
from gpu_pool.request import Request
from gpu_pool.work_item import WorkItem

_MAX_CRASHES = 2
# A text for which the OOM killer kills workers cannot be distinguished from an innocent one.
_SUSPECT_DEATHS = 3
_MAX_DEATHS = 6


@dataclass(slots=True, eq=False, kw_only=True)
class Task(WorkItem):
    """`id` identifies it everywhere in the pool, `key` in its request."""

    key: int
    payload: bytes
    request: Request
    accepted_at: float  # on the monotonic clock
    crashes: int = 0  # workers that crashed or hung while they held it
    deaths: int = 0  # those, and workers that were killed or stopped from outside
    duplicates: "tuple[Task, ...]" = ()  # the same payload: they share its result

    @classmethod
    def of(
        cls, number: int, key: int, segment: Segment, request: Request, accepted_at: float
    ) -> "Task":
        """Return the task of a segment."""
        return cls(
            number,
            segment.tokens,
            segment.memory,
            request.client,
            request.bulk,
            key=key,
            payload=segment.payload,
            request=request,
            accepted_at=accepted_at,
        )

    def record_death(self, cause: ExitCause) -> bool:
        """Record the death of the worker that held it; return True if it must be quarantined.

        A suspect task is isolated from then on: if it is the one that kills workers, no other
        text is lost with it again.
        """
        self.crashes += cause is ExitCause.CRASH
        self.deaths += cause is not ExitCause.REQUESTED
        self.isolated |= self.crashes > 0 or self.deaths >= _SUSPECT_DEATHS
        return self.crashes >= _MAX_CRASHES or self.deaths >= _MAX_DEATHS

    def is_wanted(self) -> bool:
        """Return False if no caller waits for it or a duplicate any more."""
        return self.key in self.request.tokens or any(
            each.key in each.request.tokens for each in self.duplicates
        )
