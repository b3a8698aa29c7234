"""Fakes that let the server be tested without workers."""

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, wait
from dataclasses import replace
from typing import Any

import pytest

from documents import FORMATS, OPTIONS, DocumentOptions, Format, Rounds, TranslatedFile
from documents.core.limits import STRINGS
from documents.formats import Translate
from gpu_pool.errors import (
    PoolError,
    QuarantinedError,
    TranslationError,
    UnavailableError,
    UnknownDeviceError,
)
from gpu_pool.interface import Pool, Session
from gpu_pool.messages import EngineInfo
from gpu_pool.status import GpuStatus, ModelStatus, PoolState, PoolStatus, WorkerStatus
from server.core.cache import TranslationCache
from server.core.errors import ClientGoneError, TextFailedError
from server.core.models import Models
from server.core.requests import RequestContext
from server.core.segments import Segment, SegmentTranslator, Translation
from server.core.served_model import ServedModel
from translator.text.segmentation import Segmenter

LANGUAGES = ("en", "de", "fr", "he", "pt")


def served_model(
    name: str = "fake", languages: Sequence[str] = LANGUAGES, limit: int = 100_000
) -> ServedModel:
    """Return a model whose tokens are characters, and that a FakePool translates by itself."""

    def translated_by(pool: Pool, cache: TranslationCache) -> SegmentTranslator:
        assert isinstance(pool, FakePool), "it knows what this model does"
        return pool

    segmenter = Segmenter(lambda text: range(len(text) - 2), limit, lambda _: True)
    return ServedModel(name, tuple(languages), "MIT", segmenter, translated_by)


def one_model(**changes: Any) -> Models:
    """Return `served_model` with other values, as the only model of a server."""
    return Models([replace(served_model(), **changes)])


KERNELS = {"attend_self": "triton", "rank": "torch (triton: no time was left to try it)"}


def worker_status(device: str, state: str = "ready", model: str = "fake") -> WorkerStatus:
    """Return a row of the GPU table."""
    return WorkerStatus(
        device=device,
        model=model,
        label=device,
        gpus=(GpuStatus(device, "Fake GPU", "GPU-0", 80_000, 30_000, 50_000, power=70.5),),
        state=state,  # type: ignore[arg-type]
        engine=EngineInfo("inflight", "bfloat16", "asked for", KERNELS),
        memory_budget=45_000,
        memory_reserved=0,
        held_back=None,
        pid=1,
        restarts=0,
        outstanding_segments=0,
        outstanding_tokens=0,
        finished_segments=0,
        finished_tokens=0,
        tokens_per_second=None,
        oom_splits=0,
        last_error=None,
    )


def _settle(
    submitted: "list[tuple[Segment, Future[Translation]]]",
    settle: Callable[[Segment, "Future[Translation]"], None],
) -> None:
    for segment, future in submitted:
        if future.set_running_or_notify_cancel():
            settle(segment, future)


class FakePool:
    """Upper-cases, or does as told; what is submitted while it holds waits for `release`."""

    def __init__(self, state: PoolState = "ok", translate: Callable[[str], str] = str.upper):
        self.state = state
        self.workers = [worker_status("cuda:0"), worker_status("cuda:1")]
        self.models: tuple[ModelStatus, ...] = ()  # none: one with all of the queue
        self.refusal: PoolError | None = None  # raised by `translate`
        self.failures: dict[str, Exception] = {}  # by the text of the segment
        self.warnings: dict[str, tuple[str, ...]] = {}  # likewise
        self.holding = False
        self.finishes_on_drain = True
        self.submitted: list[Segment] = []
        self.timeouts: list[float | None] = []
        self.askers: list[tuple[str, bool]] = []  # client, and whether its work is bulk
        self.cached: list[bool] = []  # whether the cache may be used
        self.futures: list[Future[Translation]] = []
        self._translate = translate
        self._changed = threading.Condition()
        self._held: list[tuple[Segment, Future[Translation]]] = []

    def start(self) -> None:
        """Do nothing: this pool is what `state` says."""

    def open(
        self,
        timeout: float | None = None,
        client: str = "",
        *,
        bulk: bool = False,
        model: str | None = None,
    ) -> Session:
        """Fail: this pool translates text."""
        raise AssertionError("nothing is decoded in this pool")

    def translate(self, segments: Sequence[Segment], context: RequestContext) -> list[Translation]:
        """Translate segments as `PooledTranslator` does."""
        futures = self._submit(segments, context)
        waiting = True
        try:
            while waiting:
                waiting = bool(wait(futures, 0.05, FIRST_EXCEPTION).not_done)
                for segment, future in zip(segments, futures, strict=True):
                    error = future.exception() if future.done() else None
                    if isinstance(error, QuarantinedError | TranslationError):
                        raise TextFailedError(segment.owner, error) from error
                    if error is not None:
                        raise error
                if waiting and context.client_gone():
                    raise ClientGoneError
        finally:
            for future in futures:
                future.cancel()
        return [future.result() for future in futures]

    def _submit(
        self, segments: Sequence[Segment], context: RequestContext
    ) -> list[Future[Translation]]:
        """Accept segments like the pool does."""
        if self.refusal is not None:
            raise self.refusal
        with self._changed:
            if self.state not in ("ok", "degraded"):
                raise UnavailableError(f"the pool is {self.state}")
            self.submitted += segments
            self.timeouts.append(context.seconds_left())
            self.askers.append((context.client, context.bulk))
            self.cached.append(context.cached)
            futures: list[Future[Translation]] = [Future() for _ in segments]
            self.futures += futures
            submitted = list(zip(segments, futures, strict=True))
            holding = self.holding
            if holding:
                self._held += submitted
            self._changed.notify_all()
        if context.accepted is not None:
            context.accepted()
        if not holding:
            # Only its own: a text that blocks this thread must not block those of other requests.
            _settle(submitted, self._resolve)
        return futures

    def status(self) -> PoolStatus:
        """Return a snapshot."""
        with self._changed:
            tokens = sum(segment.piece.tokens for segment, _ in self._held)
            only = ModelStatus("fake", self.state, len(self._held), tokens)
            return PoolStatus(self.state, tuple(self.workers), self.models or (only,))

    def restart(self, worker: str) -> None:
        """Mark the worker as restarting."""
        with self._changed:
            labels = [each.label for each in self.workers]
            if worker not in labels:
                raise UnknownDeviceError(f"the workers are {', '.join(labels)}")
            if self.state == "draining":
                raise UnavailableError("the pool is draining")
            row = labels.index(worker)
            self.workers[row] = replace(self.workers[row], state="restarting")

    def drain(self, timeout: float) -> bool:
        """Refuse new work, then finish what is held or wait for its `release`."""
        with self._changed:
            self.state = "draining"
        if self.finishes_on_drain:
            self.release()
        with self._changed:
            return self._changed.wait_for(lambda: not self._held, timeout)

    def close(self) -> None:
        """Give up what is held."""
        self._finish(lambda _, future: future.set_exception(UnavailableError("closed")))

    def release(self) -> None:
        """Translate what is held."""
        self._finish(self._resolve)

    def wait_until_holding(self, segments: int, timeout: float = 10.0) -> None:
        """Return once so many segments wait; AssertionError after `timeout` seconds."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self._held) == segments, timeout)

    def _finish(self, settle: Callable[[Segment, "Future[Translation]"], None]) -> None:
        with self._changed:
            held, self._held = self._held, []
            self._changed.notify_all()
        _settle(held, settle)

    def _resolve(self, segment: Segment, future: "Future[Translation]") -> None:
        failure = self.failures.get(segment.text)
        if failure is None:
            text = self._translate(segment.text)
            further = tuple(f"{text} ({i + 2})" for i in range(segment.options.alternatives))
            future.set_result(Translation(text, self.warnings.get(segment.text, ()), further))
        else:
            future.set_exception(failure)


def add_format(monkeypatch: pytest.MonkeyPatch, translate: Translate, *options: str) -> None:
    """Add a document format, .stub, that reads these options."""
    monkeypatch.setattr("documents.pages.plain_text.translate_stub", translate, raising=False)
    stub = Format("pages.plain_text:translate_stub", STRINGS, frozenset(options))
    monkeypatch.setitem(FORMATS, ".stub", stub)


def add_recording_format(
    monkeypatch: pytest.MonkeyPatch, *notices: str, reads: Iterable[str] = OPTIONS
) -> list[DocumentOptions]:
    """Add a format that reads options and has notices; return the list of what it is given."""
    given: list[DocumentOptions] = []

    def translate(data: bytes, options: DocumentOptions) -> Rounds[TranslatedFile]:
        given.append(options)
        (translated,) = yield [data.decode()]
        return TranslatedFile(translated.encode(), notices)

    add_format(monkeypatch, translate, *reads)
    return given
