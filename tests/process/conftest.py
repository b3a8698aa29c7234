"""Pools of stub translators, closed after each test."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any

import pytest

from gpu_pool.messages import Segment, Translation
from gpu_pool.pool import GpuPool
from gpu_pool.settings import PoolSettings
from tests.process import stubs

TIMEOUT = 60.0  # seconds; far more than anything takes on an idle machine


def wait_for(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < deadline, f"not true after {TIMEOUT} s: {what}"
        time.sleep(0.005)


def segments(*texts: str) -> list[Segment]:
    return [Segment(text, "en", "de", tokens=10) for text in texts]


def slow(count: int) -> list[str]:
    """Return texts that take 50 ms each; equal ones would be translated once."""
    return [f"slow {i}" for i in range(count)]


def translate(pool: GpuPool, *texts: str) -> list[str]:
    return results(pool.submit(segments(*texts)))


def results(futures: "list[Future[Translation]]") -> list[str]:
    return [future.result(TIMEOUT).text for future in futures]


def pids(pool: GpuPool) -> list[int]:
    return [worker.pid for worker in pool.status().workers if worker.pid is not None]


def kill_and_wait(pool: GpuPool, pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: pid not in pids(pool), "its death is detected")
    wait_for(lambda: pool.status().state == "ok", "the worker is back")


MakePool = Callable[..., GpuPool]


@pytest.fixture
def make_pool() -> Iterator[MakePool]:
    """`make_pool(workers=2, factory=stubs.Stub, ready=True, **settings)`."""
    made: list[GpuPool] = []

    def make(
        workers: int = 2, factory: Any = stubs.Stub, *, ready: bool = True, **settings: Any
    ) -> GpuPool:
        limits = {"backoff_initial": 0.02, "stop_grace": 2.0, **settings}
        devices = [f"cpu:{i}" for i in range(workers)]
        pool = GpuPool(devices, factory, PoolSettings(**limits))
        made.append(pool)
        pool.start()
        if ready:
            wait_for(lambda: pool.status().state == "ok", "every worker is ready")
        return pool

    yield make
    for pool in made:
        pool.close()
