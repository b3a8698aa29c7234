"""The main loop of a worker process: receive segments, decode them, send the results."""

import contextlib
import ctypes
import os
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable, Collection, Mapping, Sequence
from multiprocessing import parent_process
from multiprocessing.connection import wait
from typing import NoReturn, Protocol

from gpu_pool.framing import FrameReader, framed
from gpu_pool.messages import (
    Done,
    EngineInfo,
    Failed,
    FromWorker,
    Heartbeat,
    Ready,
    Stop,
    ToWorker,
)
from gpu_pool.packing import Packed, pack_numbers, unpack_numbers

HEARTBEAT_SECONDS = 1.0
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


class EngineChoice(Protocol):
    """The engine that decodes, its data type, and why it was chosen."""

    @property
    def name(self) -> str: ...
    @property
    def dtype(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def kernels(self) -> Mapping[str, str]: ...


class SegmentDecoder(Protocol):
    """What a worker runs, such as `translator.device_decoder.DeviceDecoder`."""

    @property
    def name(self) -> str:
        """The name that the device reports."""

    @property
    def uuids(self) -> tuple[str, ...]:
        """UUIDs of its GPUs as torch reports them; empty on a CPU."""

    @property
    def engine(self) -> EngineChoice:
        """The engine that decodes, and why it was chosen."""

    @property
    def budget(self) -> int | None:
        """Bytes that all segments together may hold on the device; None: not limited."""

    @property
    def memory_scale(self) -> float:
        """Bytes measured on the device in a trial per byte of the cost formula."""

    @property
    def batches(self) -> int:
        """Number of batches decoded concurrently."""

    @property
    def splits(self) -> int:
        """Number of batches split so far after the device ran out of memory."""

    def cached(self) -> int:
        """Return the bytes of device memory that the process has reserved but does not use."""

    def submit(self, segments: Sequence[tuple[int, bytes]]) -> None:
        """Accept payloads of segments, each with a key."""

    def step(self) -> Sequence[tuple[int, bytes]]:
        """Decode for one step; return the keys and results of the segments that are finished."""


WorkerFactory = Callable[[str], SegmentDecoder]


def main(
    device: str,
    factory: WorkerFactory,
    cores: Collection[int],
    pool: socket.socket,
) -> None:
    """Run a worker on `device` until a `Stop` message; exit with code 1 on failure."""
    os.sched_setaffinity(0, cores)  # before a library starts threads
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the pool decides when workers stop
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _exit_with_parent()
    try:
        decoder = factory(device)
    except Exception as error:  # noqa: BLE001 - the pool must learn of any failure
        _exit_failed(pool, f"{type(error).__name__}: {error}")
    _send(pool, _ready_message(decoder))
    try:
        _MainLoop(decoder, pool).run()
    except Exception as error:  # noqa: BLE001 - as above
        # Not the message: it may contain user text.
        place = traceback.extract_tb(error.__traceback__)[-1]
        file = os.path.basename(place.filename)
        _exit_failed(pool, f"{type(error).__name__} at {file}:{place.lineno}")


class _MainLoop:
    """Sends a heartbeat about once a second to show that it still runs."""

    def __init__(
        self,
        decoder: SegmentDecoder,
        pool: socket.socket,
    ) -> None:
        self._decoder = decoder
        self._pool = pool
        self._reader = FrameReader(pool)
        self._pending = 0
        self._stopping = False
        self._busy_seconds = 0.0

    def run(self) -> None:
        heartbeat_at = 0.0
        while not (self._stopping and self._pending == 0):
            self._receive()
            if self._pending:
                self._step()
            now = time.monotonic()
            if now - heartbeat_at >= HEARTBEAT_SECONDS:
                _send(self._pool, Heartbeat(self._decoder.cached(), self._decoder.splits))
                heartbeat_at = now

    def _receive(self) -> None:
        """Handle the messages that are here; wait for one only if no text is pending."""
        for message in self._reader.poll(0.0 if self._pending else HEARTBEAT_SECONDS):
            self._handle(message)

    def _handle(self, message: ToWorker) -> None:
        if isinstance(message, Stop):
            self._stopping = True
            return
        segments = list(zip(unpack_numbers(message.ids), message.payloads.unpack(), strict=True))
        self._decoder.submit(segments)
        self._pending += len(segments)

    def _step(self) -> None:
        started = time.monotonic()
        finished = self._decoder.step()
        self._busy_seconds += time.monotonic() - started
        if not finished:
            return  # its time counts for the next step that finishes a segment
        self._pending -= len(finished)
        ids = pack_numbers([number for number, _ in finished])
        results = Packed.of([result for _, result in finished])
        _send(self._pool, Done(ids, results, self._busy_seconds))
        self._busy_seconds = 0.0


def _ready_message(decoder: SegmentDecoder) -> Ready:
    choice = decoder.engine
    return Ready(
        name=decoder.name,
        uuids=decoder.uuids,
        budget=decoder.budget,
        memory_scale=decoder.memory_scale,
        batches=decoder.batches,
        engine=EngineInfo(choice.name, choice.dtype, choice.reason, dict(choice.kernels)),
    )


def _send(pool: socket.socket, message: FromWorker) -> None:
    pool.sendall(framed([message]))


def _exit_failed(pool: socket.socket, reason: str) -> NoReturn:
    with contextlib.suppress(OSError):  # the pool has exited
        _send(pool, Failed(reason))
    sys.exit(1)


def _exit_with_parent() -> None:
    """Exit at once when the pool's process exits, for whatever reason.

    The kernel's signal also ends a worker that is stuck in a library call; it is sent when the
    *thread* that spawned the worker ends, the dispatcher's. The thread here is for other systems.
    """
    parent = parent_process()
    assert parent is not None, "a worker is always a child process"
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

    def watch(sentinel: int) -> None:
        wait([sentinel])
        os._exit(1)

    threading.Thread(target=watch, args=(parent.sentinel,), daemon=True).start()
