"""A segment that was accepted, and the future that its caller waits on."""

from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass, field

from gpu_pool.errors import PoolError
from gpu_pool.messages import Segment
from gpu_pool.scheduler import Job


@dataclass(slots=True)
class Task:
    """`deadline` is on the monotonic clock; `job.id` is the task's id everywhere."""

    job: Job
    segment: Segment
    deadline: float | None
    future: "Future[str]" = field(default_factory=Future)
    deaths: int = 0  # workers that died with it in hand

    def begin(self) -> bool:
        """Tell whether the task is still wanted; from now on it cannot be cancelled."""
        if self.future.done():
            return False
        return self.future.running() or self.future.set_running_or_notify_cancel()

    def resolve(self, outcome: str | PoolError) -> None:
        """Give the caller a text or an error; too late for one who has cancelled or given up."""
        try:
            if isinstance(outcome, PoolError):
                self.future.set_exception(outcome)
            else:
                self.future.set_result(outcome)
        except InvalidStateError:
            return
