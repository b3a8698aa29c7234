"""A simulated GPU: its queue, the batch that it decodes, and its utilisation."""

from collections import deque
from dataclasses import dataclass, field

from benchmarks.simulation.plan import Plan
from gpu_pool.work_item import WorkItem


@dataclass(slots=True)
class Gpu:
    """Decodes one batch at a time, first come, first served."""

    index: int
    speed: float
    alive: bool = True
    tokens: int = 0  # outstanding, including the batch
    waiting: deque[WorkItem] = field(default_factory=deque)
    batch: list[WorkItem] = field(default_factory=list)
    started_at: float = 0.0  # of the batch
    batches: int = 0  # started so far; identifies the current batch
    busy_seconds: float = 0.0  # spent on finished and lost batches
    utilisation: float = 0.0  # share of the last full second spent on batches
    seen_busy: float = 0.0  # seconds spent on batches up to the last reading

    @property
    def oldest(self) -> WorkItem | None:
        """The item that has been outstanding for longest."""
        return self.batch[0] if self.batch else self.waiting[0] if self.waiting else None

    def assign(self, item: WorkItem) -> None:
        """Add an item to the queue."""
        self.waiting.append(item)
        self.tokens += item.tokens

    def start_batch(self, now: float, plan: Plan) -> float:
        """Start a batch of waiting items; return when it will be finished."""
        tokens = 0
        while self.waiting and tokens + self.waiting[0].tokens <= plan.batch_tokens:
            item = self.waiting.popleft()
            self.batch.append(item)
            tokens += item.tokens
        self.started_at = now
        self.batches += 1
        return now + (plan.batch_seconds + plan.token_seconds * tokens) / self.speed

    def finish_batch(self, now: float) -> list[WorkItem]:
        """End the batch; return its items."""
        self.busy_seconds += now - self.started_at
        items, self.batch = self.batch, []
        self.tokens -= sum(item.tokens for item in items)
        return items

    def fail(self, now: float) -> list[WorkItem]:
        """Lose all outstanding items; return them, oldest first."""
        items = [*(self.finish_batch(now) if self.batch else ()), *self.waiting]
        self.waiting.clear()
        self.tokens = 0
        self.alive = False
        return items

    def busy_until(self, now: float) -> float:
        """Return the seconds spent on batches so far."""
        return self.busy_seconds + (now - self.started_at if self.batch else 0.0)

    def update_utilisation(self, now: float, since: float) -> None:
        """Set the utilisation to the mean since the previous reading."""
        busy = self.busy_until(now)
        self.utilisation = (busy - self.seen_busy) / (now - since)
        self.seen_busy = busy
