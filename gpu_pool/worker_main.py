"""The main loop of a worker process: take segments from the inbox, translate, answer."""

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
    """What became of one text: a translation, or else an error that may be shown."""

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


class Choice(Protocol):
    """Which engine decodes."""

    @property
    def name(self) -> str: ...
    @property
    def dtype(self) -> str: ...
    @property
    def reason(self) -> str: ...


class SegmentTranslator(Protocol):
    """What a worker runs; `translator.Translator` is one."""

    @property
    def name(self) -> str:
        """What the device calls itself."""

    @property
    def uuids(self) -> tuple[str, ...]:
        """UUIDs of its GPUs as torch reports them; none on a CPU."""

    @property
    def engine(self) -> Choice:
        """Which engine decodes, and why it is this one."""

    @property
    def budget(self) -> int | None:
        """Bytes that segments may hold on the device in all."""

    @property
    def memory_scale(self) -> float:
        """Bytes that a trial used on the device for each that the cost formula counts."""

    @property
    def batches(self) -> int:
        """Batches that are decoded at a time."""

    @property
    def splits(self) -> int:
        """Batches split so far because the device ran out of memory."""

    def cached(self) -> int:
        """Return the bytes of device memory that the process holds but does not use."""

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
        """Take a text; ValueError, with a message that may be shown, refuses it."""

    def step(self) -> Sequence[Finished]:
        """Decode one batch and return what it finished."""


WorkerFactory = Callable[[str], SegmentTranslator]


def main(
    device: str,
    factory: WorkerFactory,
    inbox: "Connection[None, ToWorker]",
    results: "Connection[FromWorker, None]",
) -> None:
    """Run a worker on `device` until it is told to stop; exit code 1 where it cannot go on."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the front decides when workers leave
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _die_with_the_front()
    try:
        translator = factory(device)
    except Exception as error:  # noqa: BLE001 - whatever it is, the front must learn of it
        _fail(results, f"{type(error).__name__}: {error}")
    results.send(_introduce(translator))
    try:
        _Loop(translator, inbox, results).run()
    except Exception as error:  # noqa: BLE001 - as above
        # Not the message: it may hold user text.
        place = traceback.extract_tb(error.__traceback__)[-1]
        file = os.path.basename(place.filename)
        _fail(results, f"{type(error).__name__} at {file}:{place.lineno}")


class _Loop:
    """Turns at least once a second, so that a heartbeat tells that it does."""

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
        beat_at = 0.0
        while not (self._stopping and self._pending == 0):
            self._take()
            if self._pending:
                self._step()
            now = time.monotonic()
            if now - beat_at >= HEARTBEAT_SECONDS:
                self._results.send(Heartbeat(self._translator.cached(), self._translator.splits))
                beat_at = now

    def _take(self) -> None:
        """Take all that is in the inbox; wait for something only where nothing is pending."""
        patience = 0.0 if self._pending else HEARTBEAT_SECONDS
        while self._inbox.poll(patience):
            self._handle(self._inbox.recv())
            patience = 0.0

    def _handle(self, message: ToWorker) -> None:
        if isinstance(message, Stop):
            self._stopping = True
            return
        refused = []
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
                refused.append(Result(number, error=str(error)))
        if refused:
            self._results.send(Done(tuple(refused), 0.0))

    def _step(self) -> None:
        begun = time.monotonic()
        finished = self._translator.step()
        self._busy_seconds += time.monotonic() - begun
        if not finished:
            return  # a step may end no text; its time counts with the next that does
        self._pending -= len(finished)
        self._results.send(Done(tuple(map(_result, finished)), self._busy_seconds))
        self._busy_seconds = 0.0


def _introduce(translator: SegmentTranslator) -> Ready:
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


def _fail(results: "Connection[FromWorker, None]", reason: str) -> NoReturn:
    with contextlib.suppress(OSError):  # the front is gone: nobody is left to tell
        results.send(Failed(reason))
    sys.exit(1)


def _die_with_the_front() -> None:
    """Leave at once when the front is gone, however it went.

    The kernel's signal covers a worker stuck in a library call; it is sent when the *thread*
    that spawned us ends, which is the dispatcher's. The thread here covers other systems.
    """
    front = parent_process()
    assert front is not None, "a worker is always the child of a front"
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

    def watch(sentinel: int) -> None:
        wait([sentinel])
        os._exit(1)

    threading.Thread(target=watch, args=(front.sentinel,), daemon=True).start()
