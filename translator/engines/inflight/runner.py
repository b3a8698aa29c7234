"""Running steps: one by one, or as CUDA graphs that are recorded once and replayed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from translator.engines.inflight.state import Shape, SlotState

Step = Callable[[Shape], None]


@dataclass(frozen=True, slots=True)
class Flags:
    """How each slot stood after a step: at work, and with finite scores so far."""

    active: list[bool]
    finite: list[bool]


class Runner(Protocol):
    """Runs steps and says how the slots stood after one of them."""

    lag: int  # how many steps the flags are behind
    exact: bool  # takes any shape; else they are rounded up, so that there are few

    def run(self, shape: Shape) -> Flags:
        """Run a step; return the flags of all slots after the step `lag` before it."""


class EagerRunner:
    """Runs a step kernel by kernel and waits for it: on CPUs and on groups of GPUs."""

    lag = 0
    exact = True

    def __init__(self, step: Step, state: SlotState) -> None:
        self._step = step
        self._state = state

    def run(self, shape: Shape) -> Flags:
        """See Runner."""
        self._step(shape)
        return Flags(self._state.active.tolist(), self._state.finite.tolist())


class GraphRunner:
    """Replays a graph a shape; all graphs share one memory pool, since one runs at a time.

    The host never waits for the step it has just launched: it reads the flags of the one before,
    copied to pinned memory, while the device works.
    """

    lag = 1
    exact = False

    def __init__(self, step: Step, state: SlotState) -> None:
        self._step = step
        self._state = state
        self._graphs: dict[Shape, torch.cuda.CUDAGraph] = {}
        self._pool = torch.cuda.graph_pool_handle()
        slots = len(state.active)
        self._flags = [torch.ones((2, slots), dtype=torch.bool).pin_memory() for _ in range(2)]
        self._copied = [torch.cuda.Event() for _ in range(2)]  # type: ignore[no-untyped-call]
        self._turn = 0

    def warm_up(self, shape: Shape) -> None:
        """Run a step beside the main stream, for libraries that set themselves up at first use.

        Only while all slots are empty: the step changes those that are not.
        """
        stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            self._step(shape)
        torch.cuda.current_stream().wait_stream(stream)

    def capture(self, shape: Shape) -> None:
        """Record the graph of a shape. Nothing runs, so slots in use are left as they are."""
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=self._pool):
            self._step(shape)
        self._graphs[shape] = graph

    def run(self, shape: Shape) -> Flags:
        """See Runner."""
        if shape not in self._graphs:
            self.capture(shape)
        self._graphs[shape].replay()
        flags: Tensor = self._flags[self._turn]
        flags[0].copy_(self._state.active, non_blocking=True)
        flags[1].copy_(self._state.finite, non_blocking=True)
        self._copied[self._turn].record()
        self._turn ^= 1
        self._copied[self._turn].synchronize()
        return Flags(*self._flags[self._turn].tolist())
