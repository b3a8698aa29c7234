"""All that the host asks of a CUDA device, in the order in which the device does it."""

from collections.abc import Callable
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Work = Callable[[], object]
Numbers = NDArray[np.int32]


class Event(Protocol):
    """A place in the stream."""

    def wait(self) -> None:
        """Wait until the device has come to it."""


class Stream(Protocol):
    """Nothing here waits for the device, but for `Event.wait`."""

    def pinned(self, size: int) -> tuple[Tensor, Numbers]:
        """Return int32 host memory that the device copies from and to, twice."""

    def copy(self, target: Tensor, source: Tensor) -> None:
        """Copy from or to pinned memory."""

    def run(self, work: Work) -> None:
        """Launch the kernels of `work` one by one."""

    def record(self, work: Work) -> Work:
        """Return what launches all kernels of `work` as one; runs nothing now.

        Raises RuntimeError where the device cannot, torch.OutOfMemoryError among them.
        """

    def event(self) -> Event:
        """Return an event after all that was asked so far."""


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
        self._graphs = torch.cuda.graph_pool_handle()  # shared, since one graph runs at a time

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
            torch.cuda.set_stream(stream)  # a recording that failed leaves its own one behind
        return graph.replay

    def event(self) -> CudaEvent:
        """See Stream."""
        return CudaEvent()
