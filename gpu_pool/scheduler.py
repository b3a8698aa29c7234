"""Decides which item goes to which worker: pure functions, without I/O and without a clock.

Items wait in one queue in the pool, and workers receive them only a batch or two ahead. So an
item can be cancelled, expire, or go to another worker until shortly before it is decoded. Each
item goes to the worker with the earliest expected finish: outstanding tokens over measured speed.
"""

import math
from collections.abc import Iterable, Sequence

from gpu_pool.work_item import Item, WorkItem
from gpu_pool.work_queue import WorkQueue
from gpu_pool.worker_load import WorkerLoad

# How many smaller items may overtake one that no worker has memory for, before a worker is
# reserved for it.
MAX_OVERTAKEN = 64
# How many items that lack memory are skipped in search of smaller ones: bounds the cost of a call.
LOOKAHEAD = 64


def assign(
    queue: WorkQueue[Item], loads: Sequence[WorkerLoad], limit: int
) -> list[tuple[Item, WorkerLoad]]:
    """Take from the queue what workers can take now; return the item and worker of each.

    `limit` bounds a worker's outstanding tokens per batch that it decodes concurrently; an idle
    worker takes an item of any length.
    Items keep their order, except that one for which memory is short may be overtaken by up to
    MAX_OVERTAKEN others (an isolated one by none); then a worker is reserved for it.
    Costs O(workers) for each item looked at.
    """
    assigned: list[tuple[Item, WorkerLoad]] = []
    skipped: list[Item] = []
    candidates = [load for load in loads if load.has_capacity(limit)]
    mean = _mean_speed(loads)
    for _ in range(len(queue)):
        if not candidates or len(skipped) == LOOKAHEAD:
            break
        item = queue.popleft()
        load = choose_worker(item, candidates, loads, limit, mean)
        if load is not None:
            load.add(item)
            assigned.append((item, load))
            if not load.has_capacity(limit):
                candidates = [each for each in candidates if each is not load]
            if skipped:
                skipped[0].overtaken += 1
            continue
        skipped.append(item)
        if not item.isolated and not any(
            load.has_token_capacity(item, limit) for load in candidates
        ):
            break  # every worker has enough work; assigning shorter items first would gain nothing
        if skipped[0] is item and (item.isolated or item.overtaken >= MAX_OVERTAKEN):
            reserved = _worker_to_reserve(item, loads)
            candidates = [each for each in candidates if each is not reserved]
    queue.put_back(skipped)
    return assigned


def choose_worker(
    item: WorkItem,
    candidates: Sequence[WorkerLoad],
    loads: Sequence[WorkerLoad],
    limit: int,
    mean: float = 1.0,
) -> WorkerLoad | None:
    """Return the candidate that would finish the item first, or None if none can take it.

    `mean` is the speed of those that have none yet. If no worker in `loads` will have the memory,
    an idle one takes an item within its budget regardless: it can recover from running out of
    memory, while the item would wait for ever.
    """
    best, earliest = None, math.inf
    tokens = item.tokens
    for load in candidates:  # the innermost loop of the pool
        total = load.tokens + tokens
        finish = total / (load.speed or mean)
        if (
            finish < earliest
            and (load.tokens == 0 or (total <= limit * load.batches and not item.isolated))
            and load.has_memory_now(item)
        ):
            best, earliest = load, finish
    if best is None and not any(load.has_memory_when_idle(item) for load in loads):
        idle = (load for load in candidates if load.tokens == 0 and load.within_budget(item))
        return next(idle, None)
    return best


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
