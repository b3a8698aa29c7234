"""Scheduling policies: the pool's central queue, and assignment to a GPU on arrival."""

import itertools
import random
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from benchmarks.simulation.gpu import Gpu
from benchmarks.simulation.plan import Plan
from gpu_pool.scheduler import assign
from gpu_pool.work_item import WorkItem
from gpu_pool.work_queue import WorkQueue
from gpu_pool.worker_load import WorkerLoad

_SPEED_WEIGHT = 0.2  # of the newest batch in the moving average, as in `gpu_pool.worker_record`

ChooseGpu = Callable[[Sequence[Gpu]], Gpu]


class Policy(Protocol):
    """Receives segments and assigns them to GPUs."""

    def submit(self, items: Iterable[WorkItem]) -> None:
        """Accept the segments of a request."""

    def retry(self, items: Sequence[WorkItem]) -> None:
        """Accept the outstanding segments of a failed GPU, oldest first."""

    def batch_finished(self, gpu: Gpu, tokens: int, seconds: float) -> None:
        """Note that a GPU has decoded a batch of `tokens` in `seconds`."""

    def dispatch(self, alive: Sequence[Gpu]) -> set[int]:
        """Assign waiting segments to GPUs; return the indices of these GPUs."""


class CentralQueue:
    """The pool's policy: one queue for all GPUs, and `gpu_pool.scheduler.assign`.

    As in the pool, clients take turns, and the segments of a failed GPU go first, isolated.
    """

    def __init__(self, plan: Plan, *, fair: bool = True) -> None:
        """Unless `fair`, all requests count as those of one client: first come, first served."""
        self._fair = fair
        self._limit = plan.batches_ahead * plan.batch_tokens
        self._queue = WorkQueue[WorkItem]()
        self._speeds: dict[int, float] = {}

    def submit(self, items: Iterable[WorkItem]) -> None:
        """Append them to the queue."""
        for item in items:
            if not self._fair:
                item.client = ""
            self._queue.extend([item])

    def retry(self, items: Sequence[WorkItem]) -> None:
        """Put them back at the head of the queue, isolated."""
        for item in items:
            item.isolated = True
        self._queue.put_back(items)

    def batch_finished(self, gpu: Gpu, tokens: int, seconds: float) -> None:
        """Measure the GPU's speed as `gpu_pool.worker_record.WorkerRecord` does."""
        speed = tokens / seconds
        before = self._speeds.get(gpu.index, speed)
        self._speeds[gpu.index] = before + _SPEED_WEIGHT * (speed - before)

    def dispatch(self, alive: Sequence[Gpu]) -> set[int]:
        """Assign what the scheduler allows."""
        if not len(self._queue):
            return set()
        loads = [
            WorkerLoad(
                worker=i,
                tokens=gpu.tokens,
                speed=self._speeds.get(gpu.index),
                exclusive=gpu.oldest is not None and gpu.oldest.isolated,
            )
            for i, gpu in enumerate(alive)
        ]
        assigned = set()
        for item, load in assign(self._queue, loads, self._limit):
            gpu = alive[load.worker]
            gpu.assign(item)
            assigned.add(gpu.index)
        return assigned


class ImmediateAssignment:
    """Assigns each segment to a GPU on arrival, and again if that GPU fails."""

    def __init__(self, choose: ChooseGpu) -> None:
        self._choose = choose
        self._waiting: list[WorkItem] = []

    def submit(self, items: Iterable[WorkItem]) -> None:
        """Keep them for `dispatch`, which follows at once."""
        self._waiting += items

    def retry(self, items: Sequence[WorkItem]) -> None:
        """Handle them like new ones."""
        self.submit(items)

    def batch_finished(self, gpu: Gpu, tokens: int, seconds: float) -> None:
        """Do nothing."""

    def dispatch(self, alive: Sequence[Gpu]) -> set[int]:
        """Assign all segments, unless no GPU is alive."""
        if not (self._waiting and alive):
            return set()
        items, self._waiting = self._waiting, []
        assigned = set()
        for item in items:
            gpu = self._choose(alive)
            gpu.assign(item)
            assigned.add(gpu.index)
        return assigned


def make_policies(plan: Plan) -> dict[str, Callable[[], Policy]]:
    """Return a factory for each policy, by name."""
    return {
        "ours": lambda: CentralQueue(plan),
        "ours, FIFO": lambda: CentralQueue(plan, fair=False),
        "two choices": lambda: ImmediateAssignment(_two_choices(plan)),
        "round-robin": lambda: ImmediateAssignment(_round_robin()),
        "random": lambda: ImmediateAssignment(random.Random(plan.seed).choice),
        "least utilisation": lambda: ImmediateAssignment(_least_utilisation(plan)),
    }


def _two_choices(plan: Plan) -> ChooseGpu:
    """Choose the one of two random GPUs with fewer outstanding tokens."""
    pick = random.Random(plan.seed).choice

    def choose(alive: Sequence[Gpu]) -> Gpu:
        one, other = pick(alive), pick(alive)
        return one if one.tokens <= other.tokens else other

    return choose


def _round_robin() -> ChooseGpu:
    counter = itertools.count()
    return lambda alive: alive[next(counter) % len(alive)]


def _least_utilisation(plan: Plan) -> ChooseGpu:
    """Choose a random one of the GPUs with the lowest utilisation at the last reading."""
    pick = random.Random(plan.seed).choice

    def choose(alive: Sequence[Gpu]) -> Gpu:
        lowest = min(gpu.utilisation for gpu in alive)
        return pick([gpu for gpu in alive if gpu.utilisation == lowest])

    return choose
