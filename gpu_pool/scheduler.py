"""Which job goes to which worker: pure functions, without I/O and without a clock.

Jobs wait in one queue in the front and are handed to workers a batch or two ahead, so that
until late they can be cancelled, expire, or go elsewhere. A job goes to the worker that would
be done with it first: least outstanding tokens over measured speed.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# How often smaller jobs may overtake one that no worker has memory for, before a worker
# is kept free for it.
MAX_OVERTAKEN = 64
# How far behind such a job to look for smaller ones: bounds the work of one call.
LOOKAHEAD = 64


@dataclass(slots=True)
class Job:
    """What the scheduler knows of a segment. Tokens are source tokens, memory is bytes."""

    id: int
    tokens: int
    memory: int = 0
    alone: bool = False  # a worker died with it in hand: it must not take others with it
    overtaken: int = 0


@dataclass(slots=True)
class Load:
    """A ready worker: what it holds and what it can still take. `assign` keeps it current."""

    worker: int
    tokens: int = 0  # outstanding
    speed: float | None = None  # tokens a second; None: not measured yet
    budget: int | None = None  # bytes for segments in all; None: not limited by memory
    memory: int | None = None  # bytes that may still be given out; None: not limited
    exclusive: bool = False  # holds a job that travels alone

    def take(self, job: Job) -> None:
        """Count a job in."""
        self.tokens += job.tokens
        self.exclusive = job.alone
        if self.memory is not None:
            self.memory -= job.memory


def assign(queue: deque[Job], loads: Sequence[Load], limit: int) -> list[tuple[Job, Load]]:
    """Take from the queue's front what workers can take now, and say who takes what.

    `limit` bounds the outstanding tokens of a worker, except that an idle one takes any job. A
    job that fits nowhere yet lets up to MAX_OVERTAKEN others pass (a job that travels alone:
    none), after which the least loaded worker takes nothing else until it fits.
    Jobs keep their order otherwise. Costs O(workers) for each job looked at.
    """
    assigned: list[tuple[Job, Load]] = []
    skipped: list[Job] = []
    free = list(loads)
    while queue and len(skipped) < LOOKAHEAD:
        free = [load for load in free if not load.exclusive and load.tokens < limit]
        if not free:
            break
        job = queue.popleft()
        load = choose(job, free, limit)
        if load is not None:
            load.take(job)
            assigned.append((job, load))
            if skipped:
                skipped[0].overtaken += 1
            continue
        if not skipped and (job.alone or job.overtaken >= MAX_OVERTAKEN):
            free.remove(_reserve(job, free))
        skipped.append(job)
    queue.extendleft(reversed(skipped))
    return assigned


def choose(job: Job, loads: Sequence[Load], limit: int) -> Load | None:
    """Return the worker that would finish the job first, or None where none can take it now.

    An idle worker takes a job within its budget even where the memory now free seems too small:
    the reading may be old, and running out of memory is survived, waiting for ever is not.
    """
    room = [
        load
        for load in loads
        if load.tokens == 0 or (not job.alone and load.tokens + job.tokens <= limit)
    ]
    admitting = [load for load in room if load.memory is None or job.memory <= load.memory]
    if not admitting:
        admitting = [load for load in room if load.tokens == 0 and fits_budget(job, load.budget)]
    if not admitting:
        return None
    usual = _usual_speed(admitting)
    return min(admitting, key=lambda load: (load.tokens + job.tokens) / (load.speed or usual))


def fits_budget(job: Job, budget: int | None) -> bool:
    """Tell whether a worker with that budget can ever take the job."""
    return budget is None or job.memory <= budget


def free_memory(
    budget: int | None, reserved: int, device_free: int | None, cached: int, margin: int
) -> int | None:
    """Return the bytes that may still be given out on a device; None: not limited.

    `reserved` is what the worker's outstanding segments may come to hold; `device_free` is what
    NVML saw free on the device, all tenants counted, or None where it is unknown; `cached` is
    free in the worker's own allocator. Segments being decoded count twice, as reserved and as
    no longer free: the reading is up to seconds old, and which it saw is unknown.
    """
    limits = []
    if budget is not None:
        limits.append(budget - reserved)
    if device_free is not None:
        limits.append(device_free + cached - margin - reserved)
    return min(limits, default=None)


def _reserve(job: Job, loads: Sequence[Load]) -> Load:
    """Return the worker to keep free for a job: the one soonest empty that can hold it."""
    able = [load for load in loads if fits_budget(job, load.budget)] or list(loads)
    return min(able, key=lambda load: load.tokens)


def _usual_speed(loads: Iterable[Load]) -> float:
    speeds = [load.speed for load in loads if load.speed]
    return sum(speeds) / len(speeds) if speeds else 1.0
