"""How work gets to the device: kernel by kernel, or as CUDA graphs that are recorded once."""

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
# What two turns of the engine may stage: three groups and one list of slots each. So what a buffer
# held has long been copied when its turn comes again, and the host never waits for it.
_STAGES = 8


class Fetched(Protocol):
    """Numbers that are on their way from the device."""

    def read(self) -> Numbers:
        """Wait until they are here; they are overwritten `lag + 1` fetches later."""


class Launcher(Protocol):
    """Work is told apart by its key, which must say all that its kernels depend on but memory."""

    exact: bool  # takes work of any shape; else shapes are rounded up, so that there are few
    lag: int  # how many steps what is read may be behind what was launched

    def launch(self, key: Hashable, work: Work) -> None:
        """Let the device do `work`."""

    def stage(self, rows: int, columns: int) -> Numbers:
        """Return a table to be filled and sent before the next one is asked for."""

    def send(self, key: Hashable, work: Callable[[Tensor], None], table: Numbers) -> None:
        """Let the device do `work` with the table, int32."""

    def fetch(self, numbers: Tensor) -> Fetched:
        """Bring int32 numbers `[n]` to the host, as they are after all that was launched."""


@dataclass(frozen=True, slots=True)
class _Here:
    numbers: Numbers

    def read(self) -> Numbers:
        """See Fetched."""
        return self.numbers


class EagerLauncher:
    """Runs work kernel by kernel and waits for it: on CPUs and on groups of GPUs."""

    exact = True
    lag = 0

    def __init__(self, device: torch.device) -> None:
        """`device` is where tables are wanted."""
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

    def fetch(self, numbers: Tensor) -> _Here:
        """See Launcher."""
        return _Here(numbers.cpu().numpy())


@dataclass(frozen=True, slots=True)
class _OnItsWay:
    numbers: Numbers
    event: Event

    def read(self) -> Numbers:
        """See Fetched."""
        self.event.wait()
        return self.numbers


@dataclass(slots=True)
class _Stage:
    """Pinned memory, and when the device has read what it held."""

    pinned: Tensor
    numbers: Numbers
    copied: Event | None = None


class GraphLauncher:
    """Runs work kernel by kernel the first time, and from the second on as a graph.

    So a shape that comes once costs no recording. The host is ahead of the device: it fills one of
    several buffers while others are copied, and reads what the step before the last launched one
    has left.
    """

    exact = False
    lag = 1

    def __init__(self, stream: Stream, device: torch.device, staged: int, fetched: int) -> None:
        """`staged` and `fetched` are the most numbers of a table and of a fetch."""
        self._stream = stream
        self._device = device
        self._works: dict[Hashable, Work | None] = {}  # None: cannot be recorded
        self._seen: set[Hashable] = set()
        self._tables: dict[tuple[int, int], Tensor] = {}
        self._stages = deque(_Stage(*stream.pinned(staged)) for _ in range(_STAGES))
        self._results = deque(stream.pinned(fetched) for _ in range(self.lag + 1))

    def launch(self, key: Hashable, work: Work) -> None:
        """See Launcher."""
        if key not in self._works and key in self._seen:
            self._works[key] = self._recorded(key, work)
        recorded = self._works.get(key)
        if recorded is not None:
            recorded()
            return
        self._stream.run(work)
        self._seen.add(key)

    def stage(self, rows: int, columns: int) -> Numbers:
        """See Launcher."""
        self._stages.rotate(-1)
        stage = self._stages[0]
        if stage.copied is not None:
            stage.copied.wait()
        return stage.numbers[: rows * columns].reshape(rows, columns)

    def send(self, key: Hashable, work: Callable[[Tensor], None], table: Numbers) -> None:
        """See Launcher."""
        rows, columns = table.shape
        target = self._tables.get((rows, columns))
        if target is None:
            target = torch.empty((rows, columns), dtype=torch.int32, device=self._device)
            self._tables[rows, columns] = target
        stage = self._stages[0]
        self._stream.copy(target, stage.pinned[: rows * columns].view(rows, columns))
        stage.copied = self._stream.event()
        self.launch(key, partial(work, target))

    def fetch(self, numbers: Tensor) -> _OnItsWay:
        """See Launcher."""
        self._results.rotate(-1)
        pinned, here = self._results[0]
        self._stream.copy(pinned[: len(numbers)], numbers)
        return _OnItsWay(here[: len(numbers)], self._stream.event())

    def _recorded(self, key: Hashable, work: Work) -> Work | None:
        """Record the graph; where the device cannot, its kernels are launched one by one."""
        try:
            return self._stream.record(work)
        except RuntimeError as error:
            card = torch.cuda.get_device_name(self._device) if torch.cuda.is_available() else "?"
            _log.warning("%s: no graph of %s, kernels one by one: %s", card, key, error)
            return None
