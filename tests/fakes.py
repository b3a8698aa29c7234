"""Fakes that let the server be tested without workers."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace

from gpu_pool.errors import PoolError, UnavailableError, UnknownDeviceError
from gpu_pool.messages import EngineInfo, Segment, Translation
from gpu_pool.status import GpuStatus, PoolState, PoolStatus, WorkerStatus
from server.core.translation import ServedModel
from translator.text.segmentation import Segmenter

LANGUAGES = ("en", "de", "fr", "he", "pt")


def served_model(limit: int = 100_000) -> ServedModel:
    """Return a model whose tokens are characters; a segment of n tokens takes n kilobytes."""
    return ServedModel(
        "fake", LANGUAGES, Segmenter(len, limit, bool), lambda tokens, _: tokens * 1000
    )


def worker_status(device: str, state: str = "ready") -> WorkerStatus:
    """Return a row of the GPU table."""
    return WorkerStatus(
        device=device,
        gpus=(GpuStatus(device, "Fake GPU", "GPU-0", 80_000, 30_000, 50_000, power=70.5),),
        state=state,  # type: ignore[arg-type]
        engine=EngineInfo("inflight", "bfloat16", "asked for"),
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


class FakePool:
    """Upper-cases, or does as told; what is submitted while it holds waits for `release`."""

    def __init__(self, state: PoolState = "ok", translate: Callable[[str], str] = str.upper):
        self.state = state
        self.workers = [worker_status("cuda:0"), worker_status("cuda:1")]
        self.refusal: PoolError | None = None  # raised by `submit`
        self.failures: dict[str, Exception] = {}  # by the text of the segment
        self.warnings: dict[str, tuple[str, ...]] = {}  # likewise
        self.holding = False
        self.finishes_on_drain = True
        self.submitted: list[Segment] = []
        self.timeouts: list[float | None] = []
        self.askers: list[tuple[str, bool]] = []  # client, and whether its work is bulk
        self.futures: list[Future[Translation]] = []
        self._translate = translate
        self._changed = threading.Condition()
        self._held: list[tuple[Segment, Future[Translation]]] = []

    def start(self) -> None:
        """Do nothing: this pool is what `state` says."""

    def submit(
        self,
        segments: Sequence[Segment],
        timeout: float | None = None,
        client: str = "",
        *,
        bulk: bool = False,
    ) -> list[Future[Translation]]:
        """Accept segments like the pool does."""
        if self.refusal is not None:
            raise self.refusal
        with self._changed:
            if self.state not in ("ok", "degraded"):
                raise UnavailableError(f"the pool is {self.state}")
            self.submitted += segments
            self.timeouts.append(timeout)
            self.askers.append((client, bulk))
            futures: list[Future[Translation]] = [Future() for _ in segments]
            self.futures += futures
            self._held += zip(segments, futures, strict=True)
            self._changed.notify_all()
        if not self.holding:
            self.release()
        return futures

    def status(self) -> PoolStatus:
        """Return a snapshot."""
        with self._changed:
            tokens = sum(segment.tokens for segment, _ in self._held)
            return PoolStatus(self.state, tuple(self.workers), len(self._held), tokens)

    def restart(self, device: str) -> None:
        """Mark the worker as restarting."""
        with self._changed:
            devices = [worker.device for worker in self.workers]
            if device not in devices:
                raise UnknownDeviceError(f"the devices are {', '.join(devices)}")
            if self.state == "draining":
                raise UnavailableError("the pool is draining")
            row = devices.index(device)
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
        for segment, future in held:
            if future.set_running_or_notify_cancel():
                settle(segment, future)

    def _resolve(self, segment: Segment, future: "Future[Translation]") -> None:
        failure = self.failures.get(segment.text)
        if failure is None:
            text = self._translate(segment.text)
            further = tuple(f"{text} ({i + 2})" for i in range(segment.alternatives))
            future.set_result(Translation(text, self.warnings.get(segment.text, ()), further))
        else:
            future.set_exception(failure)
