"""Decides which item goes to which worker: pure functions, without I/O and without a clock.

Items wait in one queue in the front, and workers receive them only a batch or two ahead. So an
item can be cancelled, expire, or go to another worker until shortly before it is decoded. Each
item goes to the worker with the earliest expected finish: outstanding tokens over measured speed.
"""

from collections.abc import Iterable, Sequence

from gpu_pool.work_item import WorkItem
from gpu_pool.work_queue import WorkQueue
from gpu_pool.worker_load import WorkerLoad

# How many smaller items may overtake one that no worker has memory for, before a worker is
# reserved for it.
MAX_OVERTAKEN = 64
# How many items that lack memory are skipped in search of smaller ones: bounds the cost of a call.
LOOKAHEAD = 64


def assign(
    queue: WorkQueue, loads: Sequence[WorkerLoad], limit: int
) -> list[tuple[WorkItem, WorkerLoad]]:
    """Take from the queue what workers can take now; return the item and worker of each.

    `limit` bounds a worker's outstanding tokens per batch that it decodes concurrently; an idle
    worker takes an item of any length.
    Items keep their order, except that one for which memory is short may be overtaken by up to
    MAX_OVERTAKEN others (an isolated one by none); then a worker is reserved for it.
    Costs O(workers) for each item looked at.
    """
    assigned: list[tuple[WorkItem, WorkerLoad]] = []
    skipped: list[WorkItem] = []
    candidates = list(loads)
    while queue and len(skipped) < LOOKAHEAD:
        candidates = [
            load for load in candidates if not load.exclusive and load.tokens < limit * load.batches
        ]
        if not candidates:
            break
        item = queue.head()
        if not item.isolated and not any(
            load.has_token_capacity(item, limit) for load in candidates
        ):
            break  # every worker has enough work; assigning shorter items first would gain nothing
        queue.popleft()
        load = choose_worker(item, candidates, loads, limit)
        if load is not None:
            load.add(item)
            assigned.append((item, load))
            if skipped:
                skipped[0].overtaken += 1
            continue
        if not skipped and (item.isolated or item.overtaken >= MAX_OVERTAKEN):
            reserved = _worker_to_reserve(item, loads)
            candidates = [load for load in candidates if load is not reserved]
        skipped.append(item)
    queue.put_back(skipped)
    return assigned


def choose_worker(
    item: WorkItem, candidates: Sequence[WorkerLoad], loads: Sequence[WorkerLoad], limit: int
) -> WorkerLoad | None:
    """Return the candidate that would finish the item first, or None if none can take it.

    If no worker in `loads` will have the memory, an idle one takes an item within its budget
    regardless: it can recover from running out of memory, while the item would wait for ever.
    """
    with_capacity = [load for load in candidates if load.has_token_capacity(item, limit)]
    able = [load for load in with_capacity if load.has_memory_now(item)]
    if not able and not any(load.has_memory_when_idle(item) for load in loads):
        able = [load for load in with_capacity if load.tokens == 0 and load.within_budget(item)]
    if not able:
        return None
    mean = _mean_speed(able)
    return min(able, key=lambda load: (load.tokens + item.tokens) / (load.speed or mean))


def held_back_reason(item: WorkItem, load: WorkerLoad, limit: int) -> str | None:
    """Return why a worker cannot take a waiting item, or None if it can."""
    if load.exclusive:
        return "translates one suspect text in isolation"
    if not load.within_budget(item):
        return "the next text exceeds its memory budget"
    if not load.has_token_capacity(item, limit):
        return "has enough outstanding work"
    return None if load.has_memory_now(item) else "too little free memory for the next text"


def _worker_to_reserve(item: WorkItem, loads: Sequence[WorkerLoad]) -> WorkerLoad:
    """Return the worker that can hold the item and has the least outstanding work."""
    able = [load for load in loads if load.has_memory_when_idle(item)]
    able = able or [load for load in loads if load.within_budget(item)] or list(loads)
    return min(able, key=lambda load: load.tokens)


def _mean_speed(loads: Iterable[WorkerLoad]) -> float:
    speeds = [load.speed for load in loads if load.speed]
    return sum(speeds) / len(speeds) if speeds else 1.0
