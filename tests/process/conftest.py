"""Pools of stub translators, closed after each test."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from typing import Any

import pytest

from gpu_pool.errors import PoolError
from gpu_pool.interface import Pool, Session
from gpu_pool.messages import Segment
from gpu_pool.model_spec import ModelSpec
from gpu_pool.pool import GpuPool
from gpu_pool.settings import PoolSettings
from tests.process import stubs

TIMEOUT = 60.0  # seconds; far more than anything takes on an idle machine
# `verify` of requests without a client: else each reads all certificates of this machine, in 28 ms.
NO_TLS = False


def wait_for(condition: Callable[[], object], what: str) -> None:
    """Look more and more seldom: many conditions are requests, which take time from the server."""
    deadline, pause = time.monotonic() + TIMEOUT, 0.005
    while not condition():
        assert time.monotonic() < deadline, f"not true after {TIMEOUT} s: {what}"
        time.sleep(pause)
        pause = min(1.1 * pause, 0.05)


def segments(*texts: str, tokens: int = 10, memory: int = 0) -> list[Segment]:
    return [Segment(text.encode(), tokens, memory) for text in texts]


def slow(count: int) -> list[str]:
    """Return texts that take 50 ms each; equal ones would be translated once."""
    return [f"slow {i}" for i in range(count)]


def translate(pool: Pool, *texts: str) -> list[str]:
    return results(submit(pool, segments(*texts)))


class Submission(list["Future[str]"]):
    """A future for the result of each segment of a session; `cancel` closes the session."""

    def __init__(self, session: Session, work: Sequence[Segment]) -> None:
        super().__init__(Future() for _ in work)
        self._session = session
        session.submit(list(enumerate(work)))
        threading.Thread(target=self._collect, args=(list(self),), daemon=True).start()

    def cancel(self) -> None:
        self._session.close()

    def _collect(self, futures: "list[Future[str]]") -> None:
        missing = len(futures)
        try:
            while missing:
                for key, outcome in self._session.take(TIMEOUT):
                    missing -= 1
                    if isinstance(outcome, bytes):
                        futures[key].set_result(outcome.decode())
                    else:
                        futures[key].set_exception(outcome)
        except PoolError as error:
            for future in futures:
                if not future.done():
                    future.set_exception(error)


def submit(
    pool: Pool,
    work: Sequence[Segment],
    timeout: float | None = None,
    client: str = "",
    *,
    bulk: bool = False,
    model: str | None = None,
) -> Submission:
    return Submission(pool.open(timeout, client, bulk=bulk, model=model), work)


def results(futures: "list[Future[str]]") -> list[str]:
    return [future.result(TIMEOUT) for future in futures]


def pids(pool: GpuPool) -> list[int]:
    return [worker.pid for worker in pool.status().workers if worker.pid is not None]


def kill_and_wait(pool: GpuPool, pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: pid not in pids(pool), "its death is detected")
    wait_for(lambda: pool.status().state == "ok", "the worker is back")


MakePool = Callable[..., GpuPool]


@pytest.fixture
def make_pool() -> Iterator[MakePool]:
    """`make_pool(workers=2, factory=stubs.Stub, ready=True, worker_tokens=80, **settings)`.

    With several `names` of models, each has so many workers.
    """
    made: list[GpuPool] = []

    def make(
        workers: int = 2,
        factory: Any = stubs.Stub,
        *,
        ready: bool = True,
        worker_tokens: int = 4_096,
        names: Sequence[str] = ("stub",),
        **settings: Any,
    ) -> GpuPool:
        limits = {"backoff_initial": 0.02, "stop_grace": 2.0, **settings}
        devices = [f"cpu:{i}" for i in range(workers)]
        models = [ModelSpec(name, devices, factory, worker_tokens) for name in names]
        pool = GpuPool(models, PoolSettings(**limits))
        made.append(pool)
        pool.start()
        if ready:
            wait_for(lambda: pool.status().state == "ok", "every worker is ready")
        return pool

    yield make
    for pool in made:
        pool.close()
