"""Launches work on the device: kernel by kernel, or as CUDA graphs that are recorded once."""

import logging
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from translator.engines.inflight.stream import Event, Numbers, Stream, Work

_log = logging.getLogger(__name__)
# Two iterations of the engine stage at most three groups and one list of slots each. So the content
# of a buffer has long been copied when the buffer is reused, and the host never waits for that.
_BUFFERS = 8


class Transfer(Protocol):
    """Numbers on their way from the device to the host."""

    def read(self) -> Numbers:
        """Wait for the numbers; they are overwritten `lag + 1` transfers later."""


class Launcher(Protocol):
    """Work is identified by a key: equal keys mean the same kernels on the same memory."""

    exact: bool  # shapes are exact; otherwise they are rounded up, so that there are few
    lag: int  # steps that may be launched before the report of a step is read

    def launch(self, key: Hashable, work: Work) -> None:
        """Enqueue `work`."""

    def stage(self, rows: int, columns: int) -> Numbers:
        """Return a table, to be filled and sent before the next call."""

    def send(self, key: Hashable, work: Callable[[Tensor], None], table: Numbers) -> None:
        """Enqueue `work` on a table, int32, that `stage` returned."""

    def fetch(self, numbers: Tensor) -> Transfer:
        """Copy int32 numbers `[n]` to the host, as they are after all work enqueued so far."""


@dataclass(frozen=True, slots=True)
class _FinishedTransfer:
    numbers: Numbers

    def read(self) -> Numbers:
        """See Transfer."""
        return self.numbers


class EagerLauncher:
    """Runs work kernel by kernel and waits for it: on CPUs and on groups of GPUs."""

    exact = True
    lag = 0

    def __init__(self, device: torch.device) -> None:
        """`device` is where the tables go."""
        self._device = device

    def launch(self, key: Hashable, work: Work) -> None:
        """See Launcher."""
        work()

    def stage(self, rows: int, columns: int) -> Numbers:
        """See Launcher."""
        return np.empty((rows, columns), dtype=np.int32)

    def send(self, key: Hashable, work: Callable[[Tensor], None], table: Numbers) -> None:
        """See Launcher."""
        work(torch.from_numpy(table).to(self._device))

    def fetch(self, numbers: Tensor) -> _FinishedTransfer:
        """See Launcher."""
        return _FinishedTransfer(numbers.cpu().numpy())


@dataclass(frozen=True, slots=True)
class _PendingTransfer:
    numbers: Numbers
    event: Event

    def read(self) -> Numbers:
        """See Transfer."""
        self.event.wait()
        return self.numbers


@dataclass(slots=True)
class _StagingBuffer:
    """Pinned memory, and the event after which the device has copied its content."""

    pinned: Tensor
    numbers: Numbers
    copied: Event | None = None


class GraphLauncher:
    """Runs work kernel by kernel the first time, and as a graph from the second time on.

    So a shape that occurs once costs no recording. The host runs ahead of the device: it fills one
    of several buffers while others are copied, and reads the report of the step before the last
    one launched.
    """

    exact = False
    lag = 1

    def __init__(self, stream: Stream, device: torch.device, staged: int, fetched: int) -> None:
        """`staged` and `fetched` are the most numbers of a table and of a transfer."""
        self._stream = stream
        self._device = device
        self._graphs: dict[Hashable, Work | None] = {}  # None: could not be recorded
        self._seen: set[Hashable] = set()
        self._tables: dict[tuple[int, int], Tensor] = {}
        self._buffers = deque(_StagingBuffer(*stream.pinned(staged)) for _ in range(_BUFFERS))
        self._results = deque(stream.pinned(fetched) for _ in range(self.lag + 1))

    def launch(self, key: Hashable, work: Work) -> None:
        """See Launcher."""
        if key not in self._graphs and key in self._seen:
            self._graphs[key] = self._record(key, work)
        graph = self._graphs.get(key)
        if graph is not None:
            graph()
            return
        self._stream.run(work)
        self._seen.add(key)

    def stage(self, rows: int, columns: int) -> Numbers:
        """See Launcher."""
        self._buffers.rotate(-1)
        buffer = self._buffers[0]
        if buffer.copied is not None:
            buffer.copied.wait()
        return buffer.numbers[: rows * columns].reshape(rows, columns)

    def send(self, key: Hashable, work: Callable[[Tensor], None], table: Numbers) -> None:
        """See Launcher."""
        rows, columns = table.shape
        target = self._tables.get((rows, columns))
        if target is None:
            target = torch.empty((rows, columns), dtype=torch.int32, device=self._device)
            self._tables[rows, columns] = target
        buffer = self._buffers[0]
        self._stream.copy(target, buffer.pinned[: rows * columns].view(rows, columns))
        buffer.copied = self._stream.event()
        self.launch(key, partial(work, target))

    def fetch(self, numbers: Tensor) -> _PendingTransfer:
        """See Launcher."""
        self._results.rotate(-1)
        pinned, numbers_here = self._results[0]
        self._stream.copy(pinned[: len(numbers)], numbers)
        return _PendingTransfer(numbers_here[: len(numbers)], self._stream.event())

    def _record(self, key: Hashable, work: Work) -> Work | None:
        """Return the recorded graph; None if it cannot be recorded, which is logged."""
        try:
            return self._stream.record(work)
        except RuntimeError as error:
            card = torch.cuda.get_device_name(self._device) if torch.cuda.is_available() else "?"
            _log.warning("%s: no graph of %s, launching single kernels: %s", card, key, error)
            return None
