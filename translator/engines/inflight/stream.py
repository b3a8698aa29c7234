"""The operations that the host enqueues on a CUDA device, in order of execution."""

from collections.abc import Callable
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Work = Callable[[], object]
Numbers = NDArray[np.int32]


class Event(Protocol):
    """A point in the stream."""

    def wait(self) -> None:
        """Wait until the device has reached it."""


class Stream(Protocol):
    """Only `Event.wait` waits for the device."""

    def pinned(self, size: int) -> tuple[Tensor, Numbers]:
        """Return pinned int32 host memory as a tensor and as an array that share it."""

    def copy(self, target: Tensor, source: Tensor) -> None:
        """Copy from or to pinned memory."""

    def run(self, work: Work) -> None:
        """Launch the kernels of `work` one by one."""

    def record(self, work: Work) -> Work:
        """Record `work` as a graph without running it; return what launches the graph.

        Raises RuntimeError if it cannot be recorded, and its subclass torch.OutOfMemoryError.
        """

    def event(self) -> Event:
        """Return an event after everything enqueued so far."""


class CudaEvent:
    """See Event."""

    def __init__(self) -> None:
        self._event = torch.cuda.Event()  # type: ignore[no-untyped-call]
        self._event.record()

    def wait(self) -> None:
        """See Event."""
        self._event.synchronize()


class CudaStream:
    """The current stream of the current device."""

    def __init__(self) -> None:
        self._graphs = torch.cuda.graph_pool_handle()  # shared, because one graph runs at a time

    def pinned(self, size: int) -> tuple[Tensor, Numbers]:
        """See Stream."""
        tensor = torch.zeros(size, dtype=torch.int32, pin_memory=True)
        return tensor, tensor.numpy()

    def copy(self, target: Tensor, source: Tensor) -> None:
        """See Stream."""
        target.copy_(source, non_blocking=True)

    def run(self, work: Work) -> None:
        """See Stream."""
        work()

    def record(self, work: Work) -> Work:
        """See Stream."""
        graph, stream = torch.cuda.CUDAGraph(), torch.cuda.current_stream()
        try:
            with torch.cuda.graph(graph, pool=self._graphs):
                work()
        finally:
            torch.cuda.set_stream(stream)  # a failed recording leaves its own stream current
        return graph.replay

    def event(self) -> CudaEvent:
        """See Stream."""
        return CudaEvent()
