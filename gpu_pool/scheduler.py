"""Which job goes to which worker: pure functions, without I/O and without a clock.

Jobs wait in one queue in the front and are handed to workers a batch or two ahead, so that
until late they can be cancelled, expire, or go elsewhere. A job goes to the worker that would
be done with it first: least outstanding tokens over measured speed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

# How often smaller jobs may overtake one that no worker has memory for, before a worker
# is kept free for it.
MAX_OVERTAKEN = 64
# How many such jobs to look past for smaller ones: bounds the work of one call.
LOOKAHEAD = 64


@dataclass(slots=True)
class WorkItem:
    """What the scheduler knows of a segment. Tokens are source tokens, memory is bytes."""

    id: int
    tokens: int  # at least 1
    memory: int = 0
    client: str = ""  # whose it is: clients take turns
    bulk: bool = False  # may wait while interactive work does not
    alone: bool = False  # a worker died with it in hand: it must not take others with it
    overtaken: int = 0


class Waiting(Protocol):
    """Jobs in an order; `gpu_pool.work_queue.JobQueue` is one."""

    def __len__(self) -> int: ...
    def head(self) -> WorkItem: ...
    def popleft(self) -> WorkItem: ...
    def put_back(self, items: Sequence[WorkItem]) -> None: ...


@dataclass(slots=True)
class WorkerLoad:
    """A ready worker: what it holds and what it can still take. `assign` keeps it current."""

    worker: int
    tokens: int = 0  # outstanding; 0: idle
    reserved: int = 0  # bytes that its outstanding segments may come to hold
    speed: float | None = None  # tokens a second; None: not measured yet
    budget: int | None = None  # bytes for segments in all, at best; None: not limited by memory
    share: float = 1.0  # of the budget that may be used now
    batches: int = 1  # decoded at a time; it may hold `limit` tokens for each of them
    available: int | None = None  # bytes free on its device now; None: unknown
    exclusive: bool = False  # holds a job that travels alone

    def take(self, item: WorkItem) -> None:
        """Count a job in."""
        self.tokens += item.tokens
        self.reserved += item.memory
        self.exclusive = item.alone

    def has_room(self, item: WorkItem, limit: int) -> bool:
        """Tell whether it may hold the job besides its others; an idle worker takes any."""
        fits = self.tokens + item.tokens <= limit * self.batches
        return self.tokens == 0 or (not item.alone and fits)

    def in_budget(self, item: WorkItem) -> bool:
        """Tell whether the worker can ever take the job."""
        return fits_budget(item, self.budget)

    def admits(self, item: WorkItem) -> bool:
        """Tell whether there is memory for the job now; an idle worker may use all its budget.

        Segments being decoded count twice, as reserved and as no longer available: a reading
        is up to seconds old, and which of them it saw is unknown.
        """
        need = self.reserved + item.memory
        share = self.share if self.tokens else 1.0
        return (self.budget is None or need <= self.budget * share) and (
            self.available is None or need <= self.available
        )

    def will_admit(self, item: WorkItem) -> bool:
        """Tell whether there may be memory for the job once the worker is idle."""
        return self.in_budget(item) and (
            self.available is None or item.memory <= self.available + self.reserved
        )


def assign(
    queue: Waiting, loads: Sequence[WorkerLoad], limit: int
) -> list[tuple[WorkItem, WorkerLoad]]:
    """Take from the queue's front what workers can take now, and say who takes what.

    `limit` bounds a worker's outstanding tokens per batch that it decodes at a time, except that
    an idle one takes any job.
    Jobs keep their order, except that one which lacks memory lets up to MAX_OVERTAKEN others
    pass (one that travels alone: none), after which a worker takes nothing else until it fits.
    Costs O(workers) for each job looked at.
    """
    assigned: list[tuple[WorkItem, WorkerLoad]] = []
    skipped: list[WorkItem] = []
    free = list(loads)
    while queue and len(skipped) < LOOKAHEAD:
        free = [load for load in free if not load.exclusive and load.tokens < limit * load.batches]
        if not free:
            break
        item = queue.head()
        if not item.alone and not any(load.has_room(item, limit) for load in free):
            break  # all hold enough; letting shorter jobs pass would gain nothing
        queue.popleft()
        load = choose(item, free, loads, limit)
        if load is not None:
            load.take(item)
            assigned.append((item, load))
            if skipped:
                skipped[0].overtaken += 1
            continue
        if not skipped and (item.alone or item.overtaken >= MAX_OVERTAKEN):
            kept = _reserve(item, loads)
            free = [load for load in free if load is not kept]
        skipped.append(item)
    queue.put_back(skipped)
    return assigned


def choose(
    item: WorkItem, free: Sequence[WorkerLoad], loads: Sequence[WorkerLoad], limit: int
) -> WorkerLoad | None:
    """Return the one of `free` that would finish the job first, or None where none can take it.

    Where no worker at all (`loads`) will have the memory, an idle one takes a job within its
    budget even so: running out of memory is survived, waiting for ever is not.
    """
    room = [load for load in free if load.has_room(item, limit)]
    able = [load for load in room if load.admits(item)]
    if not able and not any(load.will_admit(item) for load in loads):
        able = [load for load in room if load.tokens == 0 and load.in_budget(item)]
    if not able:
        return None
    usual = _usual_speed(able)
    return min(able, key=lambda load: (load.tokens + item.tokens) / (load.speed or usual))


def why_not(item: WorkItem, load: WorkerLoad, limit: int) -> str | None:
    """Return why a worker is not given a job that waits; None where it could take it."""
    if load.exclusive:
        return "translates alone a text that a worker died with"
    if not load.in_budget(item):
        return "never has the memory for the next text"
    if not load.has_room(item, limit):
        return "has enough in hand"
    return None if load.admits(item) else "too little free memory for the next text"


def fits_budget(item: WorkItem, budget: int | None) -> bool:
    """Tell whether a worker with that budget, in bytes, can ever take the job."""
    return budget is None or item.memory <= budget


def _reserve(item: WorkItem, loads: Sequence[WorkerLoad]) -> WorkerLoad:
    """Return the worker to keep free for a job: the one soonest empty that can hold it."""
    able = [load for load in loads if load.will_admit(item)]
    able = able or [load for load in loads if load.in_budget(item)] or list(loads)
    return min(able, key=lambda load: load.tokens)


def _usual_speed(loads: Iterable[WorkerLoad]) -> float:
    speeds = [load.speed for load in loads if load.speed]
    return sum(speeds) / len(speeds) if speeds else 1.0
