"""Who decodes what: our central queue, and peers that bind a segment to a GPU when it comes."""

import itertools
import random
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from benchmarks.simulation.gpu import Gpu
from benchmarks.simulation.plan import Plan
from gpu_pool.scheduler import WorkerLoad, WorkItem, assign
from gpu_pool.work_queue import WorkQueue

_SPEED_WEIGHT = 0.2  # of the newest batch in the moving average, as in `gpu_pool.worker_record`

Choice = Callable[[Sequence[Gpu]], Gpu]


class Policy(Protocol):
    """Told what happens; says who takes what."""

    def submit(self, items: Iterable[WorkItem]) -> None:
        """Take the segments of a request."""

    def retry(self, items: Sequence[WorkItem]) -> None:
        """Take what was in the hands of a GPU that died, oldest first."""

    def done(self, gpu: Gpu, tokens: int, seconds: float) -> None:
        """Learn that a GPU has decoded a batch."""

    def place(self, living: Sequence[Gpu]) -> set[int]:
        """Give waiting segments to GPUs; return the numbers of those that got some."""


class Central:
    """Our policy: one queue in front, `gpu_pool.scheduler.assign` on its jobs and loads.

    As in the pool, clients take turns, and a segment that saw a GPU die goes first and travels
    alone.
    """

    def __init__(self, plan: Plan, *, turns: bool = True) -> None:
        """Without `turns` all requests count as one client's: first come, first served."""
        self._turns = turns
        self._limit = plan.batches_ahead * plan.batch_tokens
        self._queue = WorkQueue()
        self._speeds: dict[int, float] = {}

    def submit(self, items: Iterable[WorkItem]) -> None:
        """Let them wait their turn."""
        for item in items:
            if not self._turns:
                item.client = ""
            self._queue.append(item)

    def retry(self, items: Sequence[WorkItem]) -> None:
        """Put them before all others."""
        for item in items:
            item.alone = True
        self._queue.put_back(items)

    def done(self, gpu: Gpu, tokens: int, seconds: float) -> None:
        """Measure the GPU's speed as `gpu_pool.worker_record.Slot` does."""
        speed = tokens / seconds
        before = self._speeds.get(gpu.number, speed)
        self._speeds[gpu.number] = before + _SPEED_WEIGHT * (speed - before)

    def place(self, living: Sequence[Gpu]) -> set[int]:
        """Ask the scheduler."""
        if not len(self._queue):
            return set()
        loads = [
            WorkerLoad(
                worker=i,
                tokens=gpu.tokens,
                speed=self._speeds.get(gpu.number),
                exclusive=gpu.oldest is not None and gpu.oldest.alone,
            )
            for i, gpu in enumerate(living)
        ]
        touched = set()
        for item, load in assign(self._queue, loads, self._limit):
            gpu = living[load.worker]
            gpu.give(item)
            touched.add(gpu.number)
        return touched


class Bound:
    """Binds each segment to a GPU at once; what a GPU loses is bound anew to those that live."""

    def __init__(self, choose: Choice) -> None:
        self._choose = choose
        self._waiting: list[WorkItem] = []

    def submit(self, items: Iterable[WorkItem]) -> None:
        """Keep them for `place`, which follows at once."""
        self._waiting += items

    def retry(self, items: Sequence[WorkItem]) -> None:
        """Treat them like new ones."""
        self.submit(items)

    def done(self, gpu: Gpu, tokens: int, seconds: float) -> None:
        """Learn nothing."""

    def place(self, living: Sequence[Gpu]) -> set[int]:
        """Give everything away, unless no GPU lives."""
        if not (self._waiting and living):
            return set()
        items, self._waiting = self._waiting, []
        touched = set()
        for item in items:
            gpu = self._choose(living)
            gpu.give(item)
            touched.add(gpu.number)
        return touched


def make_policies(plan: Plan) -> dict[str, Callable[[], Policy]]:
    """Return what makes each policy afresh, by name; ours is the first."""
    return {
        "ours": lambda: Central(plan),
        "ours, without turns": lambda: Central(plan, turns=False),
        "two choices": lambda: Bound(_two_choices(plan)),
        "round-robin": lambda: Bound(_round_robin()),
        "random": lambda: Bound(random.Random(plan.seed).choice),
        "least utilisation": lambda: Bound(_least_utilisation(plan)),
    }


def _two_choices(plan: Plan) -> Choice:
    """Of two random GPUs take that with the fewest tokens in hand."""
    pick = random.Random(plan.seed).choice

    def choose(living: Sequence[Gpu]) -> Gpu:
        one, other = pick(living), pick(living)
        return one if one.tokens <= other.tokens else other

    return choose


def _round_robin() -> Choice:
    turns = itertools.count()
    return lambda living: living[next(turns) % len(living)]


def _least_utilisation(plan: Plan) -> Choice:
    """Take the one whose last reading was lowest, a random one of several."""
    pick = random.Random(plan.seed).choice

    def choose(living: Sequence[Gpu]) -> Gpu:
        lowest = min(gpu.utilisation for gpu in living)
        return pick([gpu for gpu in living if gpu.utilisation == lowest])

    return choose
