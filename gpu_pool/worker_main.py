"""The main loop of a worker process: receive segments, translate them, send the results."""

import contextlib
import ctypes
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from multiprocessing import parent_process
from multiprocessing.connection import Connection, wait
from typing import NoReturn, Protocol

from gpu_pool.messages import (
    Done,
    EngineInfo,
    Failed,
    FromWorker,
    Heartbeat,
    Ready,
    Result,
    Stop,
    ToWorker,
    Translation,
)

HEARTBEAT_SECONDS = 1.0
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


class Finished(Protocol):
    """The outcome of one text: a translation, or an error that may be shown to users."""

    @property
    def key(self) -> int: ...
    @property
    def text(self) -> str | None: ...
    @property
    def error(self) -> str | None: ...
    @property
    def warnings(self) -> tuple[str, ...]: ...
    @property
    def alternatives(self) -> tuple[str, ...]: ...


class EngineChoice(Protocol):
    """The engine that decodes, its data type, and why it was chosen."""

    @property
    def name(self) -> str: ...
    @property
    def dtype(self) -> str: ...
    @property
    def reason(self) -> str: ...


class SegmentTranslator(Protocol):
    """What a worker runs, such as `translator.Translator`."""

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

    def submit(
        self,
        key: int,
        text: str,
        source: str,
        target: str,
        *,
        alternatives: int,
        glossary: Sequence[tuple[str, str]],
    ) -> None:
        """Accept a text. Raises ValueError, with a message for users, if it is invalid."""

    def step(self) -> Sequence[Finished]:
        """Decode for one step and return the texts that are finished; may return none."""


WorkerFactory = Callable[[str], SegmentTranslator]


def main(
    device: str,
    factory: WorkerFactory,
    inbox: "Connection[None, ToWorker]",
    results: "Connection[FromWorker, None]",
) -> None:
    """Run a worker on `device` until a `Stop` message; exit with code 1 on failure."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the front decides when workers stop
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _exit_with_front()
    try:
        translator = factory(device)
    except Exception as error:  # noqa: BLE001 - the front must learn of any failure
        _exit_failed(results, f"{type(error).__name__}: {error}")
    results.send(_ready_message(translator))
    try:
        _MainLoop(translator, inbox, results).run()
    except Exception as error:  # noqa: BLE001 - as above
        # Not the message: it may contain user text.
        place = traceback.extract_tb(error.__traceback__)[-1]
        file = os.path.basename(place.filename)
        _exit_failed(results, f"{type(error).__name__} at {file}:{place.lineno}")


class _MainLoop:
    """Sends a heartbeat about once a second to show that it still runs."""

    def __init__(
        self,
        translator: SegmentTranslator,
        inbox: "Connection[None, ToWorker]",
        results: "Connection[FromWorker, None]",
    ) -> None:
        self._translator = translator
        self._inbox = inbox
        self._results = results
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
                self._results.send(Heartbeat(self._translator.cached(), self._translator.splits))
                heartbeat_at = now

    def _receive(self) -> None:
        """Handle all messages in the inbox; wait for one only if no text is pending."""
        timeout = 0.0 if self._pending else HEARTBEAT_SECONDS
        while self._inbox.poll(timeout):
            self._handle(self._inbox.recv())
            timeout = 0.0

    def _handle(self, message: ToWorker) -> None:
        if isinstance(message, Stop):
            self._stopping = True
            return
        invalid = []
        for number, segment in message.segments:
            try:
                self._translator.submit(
                    number,
                    segment.text,
                    segment.source,
                    segment.target,
                    alternatives=segment.alternatives,
                    glossary=segment.glossary,
                )
                self._pending += 1
            except ValueError as error:
                invalid.append(Result(number, error=str(error)))
        if invalid:
            self._results.send(Done(tuple(invalid), 0.0))

    def _step(self) -> None:
        started = time.monotonic()
        finished = self._translator.step()
        self._busy_seconds += time.monotonic() - started
        if not finished:
            return  # its time counts for the next step that finishes a text
        self._pending -= len(finished)
        self._results.send(Done(tuple(map(_result, finished)), self._busy_seconds))
        self._busy_seconds = 0.0


def _ready_message(translator: SegmentTranslator) -> Ready:
    choice = translator.engine
    return Ready(
        name=translator.name,
        uuids=translator.uuids,
        budget=translator.budget,
        memory_scale=translator.memory_scale,
        batches=translator.batches,
        engine=EngineInfo(choice.name, choice.dtype, choice.reason),
    )


def _result(item: Finished) -> Result:
    if item.text is None:
        return Result(item.key, error=item.error)
    return Result(item.key, Translation(item.text, item.warnings, item.alternatives))


def _exit_failed(results: "Connection[FromWorker, None]", reason: str) -> NoReturn:
    with contextlib.suppress(OSError):  # the front has exited
        results.send(Failed(reason))
    sys.exit(1)


def _exit_with_front() -> None:
    """Exit at once when the front exits, for whatever reason.

    The kernel's signal also ends a worker that is stuck in a library call; it is sent when the
    *thread* that spawned the worker ends, the dispatcher's. The thread here is for other systems.
    """
    front = parent_process()
    assert front is not None, "a worker is always a child process"
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

    def watch(sentinel: int) -> None:
        wait([sentinel])
        os._exit(1)

    threading.Thread(target=watch, args=(front.sentinel,), daemon=True).start()
