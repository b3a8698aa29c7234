"""Tasks and results of a worker, without processes."""

import time

from gpu_pool.errors import PoolError
from gpu_pool.messages import Done, Segment
from gpu_pool.packing import Packed, pack_numbers
from gpu_pool.request import Outcome, Request
from gpu_pool.task import Task


class Recorder:
    """A Recipient that keeps what it gets."""

    def __init__(self) -> None:
        self.outcomes: list[tuple[int, Outcome]] = []
        self.error: PoolError | None = None

    def deliver(self, outcomes: list[tuple[int, Outcome]]) -> None:
        self.outcomes += outcomes

    def fail(self, error: PoolError) -> None:
        self.error = error


def task(number: int, tokens: int, memory: int = 0) -> Task:
    """Return a task of a request of its own."""
    segment = Segment(b"text", tokens, memory)
    return Task.of(number, 0, segment, Request(number, Recorder(), "m"), time.monotonic())


def done(*numbers: int, seconds: float = 0.5) -> Done:
    """Return the results of tasks."""
    return Done(pack_numbers(numbers), Packed.of([b"TEXT"] * len(numbers)), seconds)
