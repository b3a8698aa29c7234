"""One simulated GPU: what it has in hand, the batch it decodes, the time that takes."""

from collections import deque
from dataclasses import dataclass, field

from benchmarks.simulation.plan import Plan
from gpu_pool.scheduler import WorkItem


@dataclass(slots=True)
class Gpu:
    """Decodes one batch at a time, first come, first served."""

    number: int
    speed: float
    alive: bool = True
    tokens: int = 0  # in hand, the batch included
    waiting: deque[WorkItem] = field(default_factory=deque)
    batch: list[WorkItem] = field(default_factory=list)
    begun_at: float = 0.0  # of the batch
    batches: int = 0  # begun so far; tells a batch from one that died with the GPU
    busy_seconds: float = 0.0  # spent on batches that have ended, however they did
    utilisation: float = 0.0  # share of the last full second spent on batches
    seen_busy: float = 0.0  # seconds spent on batches up to the last reading

    @property
    def oldest(self) -> WorkItem | None:
        """The job that has been in hand for longest."""
        return self.batch[0] if self.batch else self.waiting[0] if self.waiting else None

    def give(self, item: WorkItem) -> None:
        """Put a job into the GPU's hands."""
        self.waiting.append(item)
        self.tokens += item.tokens

    def begin(self, now: float, plan: Plan) -> float:
        """Begin a batch of what waits; return when it will be done."""
        tokens = 0
        while self.waiting and tokens + self.waiting[0].tokens <= plan.batch_tokens:
            item = self.waiting.popleft()
            self.batch.append(item)
            tokens += item.tokens
        self.begun_at = now
        self.batches += 1
        return now + (plan.batch_seconds + plan.token_seconds * tokens) / self.speed

    def finish(self, now: float) -> list[WorkItem]:
        """End the batch; return its jobs."""
        self.busy_seconds += now - self.begun_at
        items, self.batch = self.batch, []
        self.tokens -= sum(item.tokens for item in items)
        return items

    def die(self, now: float) -> list[WorkItem]:
        """Lose the batch and all else in hand; return it, oldest first."""
        items = [*(self.finish(now) if self.batch else ()), *self.waiting]
        self.waiting.clear()
        self.tokens = 0
        self.alive = False
        return items

    def busy_until(self, now: float) -> float:
        """Return the seconds spent on batches so far."""
        return self.busy_seconds + (now - self.begun_at if self.batch else 0.0)

    def read(self, now: float, since: float) -> None:
        """Take the reading of utilisation that stays until the next one."""
        busy = self.busy_until(now)
        self.utilisation = (busy - self.seen_busy) / (now - since)
        self.seen_busy = busy
