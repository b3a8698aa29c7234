"""The load of a worker, as the scheduler sees it."""

from dataclasses import dataclass

from gpu_pool.work_item import WorkItem


@dataclass(slots=True)
class WorkerLoad:
    """A ready worker: its outstanding work and its limits. `assign` keeps it up to date."""

    worker: int
    tokens: int = 0  # outstanding; 0: idle
    reserved: int = 0  # bytes that its outstanding segments may need
    speed: float | None = None  # tokens per second; None: not measured yet
    budget: int | None = None  # full budget for segments, in bytes; None: not limited by memory
    share: float = 1.0  # of the budget that may be used now
    batches: int = 1  # decoded concurrently; each may have `limit` tokens outstanding
    available: int | None = None  # bytes free on its device now; None: unknown
    exclusive: bool = False  # holds an isolated item

    def add(self, item: WorkItem) -> None:
        """Count an item as outstanding."""
        self.tokens += item.tokens
        self.reserved += item.memory
        self.exclusive = item.isolated

    def has_capacity(self, limit: int) -> bool:
        """Return True if it may take anything at all."""
        return not self.exclusive and self.tokens < limit * self.batches

    def has_token_capacity(self, item: WorkItem, limit: int) -> bool:
        """Return True if the item fits the limit of outstanding tokens.

        An idle worker takes an item of any length.
        """
        fits = self.tokens + item.tokens <= limit * self.batches
        return self.tokens == 0 or (not item.isolated and fits)

    def within_budget(self, item: WorkItem) -> bool:
        """Return True if the item fits the full memory budget."""
        return fits_budget(item, self.budget)

    def has_memory_now(self, item: WorkItem) -> bool:
        """Return True if there is memory for the item now; an idle worker may use its full budget.

        Segments being decoded count twice, as reserved and as no longer available: a reading
        is up to seconds old, and may or may not include them.
        """
        if self.budget is None and self.available is None:
            return True
        need = self.reserved + item.memory
        share = self.share if self.tokens else 1.0
        return (self.budget is None or need <= self.budget * share) and (
            self.available is None or need <= self.available
        )

    def has_memory_when_idle(self, item: WorkItem) -> bool:
        """Return True if there may be memory for the item once the worker is idle."""
        return self.within_budget(item) and (
            self.available is None or item.memory <= self.available + self.reserved
        )


def fits_budget(item: WorkItem, budget: int | None) -> bool:
    """Return True if the item fits a memory budget, in bytes; None is no limit."""
    return budget is None or item.memory <= budget
