"""Several models in one pool."""

import os
import signal
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gpu_pool.errors import OverloadedError, UnavailableError, UnknownDeviceError
from gpu_pool.model_spec import ModelSpec
from gpu_pool.pool import GpuPool
from gpu_pool.pool_server import PoolServer
from gpu_pool.remote_pool import RemotePool
from gpu_pool.settings import PoolSettings
from gpu_pool.worker_main import WorkerFactory
from tests.process import stubs
from tests.process.conftest import TIMEOUT, results, segments, slow, submit, wait_for

LIMITS = {"backoff_initial": 0.02, "stop_grace": 2.0}
FOREVER = 3600.0


@contextmanager
def run(second: WorkerFactory, *, state: str = "ok", **limits: float) -> Iterator[GpuPool]:
    """Run a pool with two models on one device; `second` makes the workers of "other"."""
    models = [
        ModelSpec("stub", ["cpu"], stubs.Stub, worker_tokens=80),
        ModelSpec("other", ["cpu"], second, worker_tokens=80),
    ]
    pool = GpuPool(models, PoolSettings(**(LIMITS | limits)))  # type: ignore[arg-type]
    pool.start()
    wait_for(lambda: pool.status().state == state, f"it is {state}")
    yield pool
    pool.close()


@pytest.fixture
def pool() -> Iterator[GpuPool]:
    with run(stubs.Other) as pool:
        yield pool


def ask(pool: GpuPool | RemotePool, model: str | None, *texts: str) -> list[str]:
    return results(submit(pool, segments(*texts), model=model))


def test_each_model_decodes_its_own_work(pool: GpuPool) -> None:
    assert ask(pool, "stub", "ab") == ask(pool, None, "ab") == ["AB de"]
    assert ask(pool, "other", "ab") == ["ed BA"]


def test_equal_segments_of_two_models_are_not_decoded_once(pool: GpuPool) -> None:
    busy = [submit(pool, segments(*slow(4)), model=model) for model in ("stub", "other")]
    both = [submit(pool, segments("ab"), model=model) for model in ("stub", "other")]
    assert [results(each) for each in both] == [["AB de"], ["ed BA"]]
    for each in busy:
        results(each)


def test_work_for_one_model_does_not_wait_for_another(pool: GpuPool) -> None:
    long = submit(pool, segments(*slow(400)), model="stub")
    assert ask(pool, "other", "ab") == ["ed BA"]
    assert not long[-1].done()
    long.cancel()


def test_each_model_has_the_whole_limit_of_the_queue() -> None:
    with run(stubs.Other, max_queued_segments=100) as pool:
        held = submit(pool, segments(*slow(100)), model="stub")
        with pytest.raises(OverloadedError):
            ask(pool, "stub", *slow(50))
        assert ask(pool, "other", "ab") == ["ed BA"]
        queues = {model.name: model.queued_segments for model in pool.status().models}
        assert queues["stub"] > 0
        assert queues["other"] == 0
        held.cancel()


def test_a_model_that_cannot_load_leaves_the_others_serving() -> None:
    with run(stubs.broken, state="degraded", max_load_failures=2) as pool:
        assert ask(pool, "stub", "ab") == ["AB de"]
        with pytest.raises(UnavailableError):
            ask(pool, "other", "ab")
        states = {model.name: model.state for model in pool.status().models}
        assert states == {"stub": "ok", "other": "dead"}


def test_a_pool_loads_until_every_model_has_been_ready() -> None:
    with run(stubs.broken, state="loading", backoff_initial=FOREVER, backoff_max=FOREVER) as pool:
        wait_for(lambda: ask_if_ready(pool), "the first model serves")
        assert pool.status().state == "loading"


def ask_if_ready(pool: GpuPool) -> bool:
    states = {model.name: model.state for model in pool.status().models}
    return states == {"stub": "ok", "other": "loading"} and ask(pool, "stub", "ab") == ["AB de"]


def test_the_death_of_a_worker_returns_its_work_to_its_own_model(pool: GpuPool) -> None:
    held = submit(pool, segments(*slow(40)), model="other")
    [worker] = [worker for worker in pool.status().workers if worker.model == "other"]
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGKILL)
    assert results(held) == [f"SLOW {i} de"[::-1] for i in range(40)]


def test_one_worker_of_a_device_or_all_of_them_restart(pool: GpuPool) -> None:
    def restarts() -> dict[str, int]:
        return {worker.label: worker.restarts for worker in pool.status().workers}

    pool.restart("cpu/other")
    wait_for(lambda: restarts() == {"cpu/stub": 0, "cpu/other": 1}, "one has restarted")
    wait_for(lambda: pool.status().state == "ok", "it is ready again")
    pool.restart("cpu")
    wait_for(lambda: restarts() == {"cpu/stub": 1, "cpu/other": 2}, "both have restarted")
    with pytest.raises(UnknownDeviceError, match="cpu/stub, cpu/other"):
        pool.restart("cpu/third")


def test_draining_waits_for_all_models(pool: GpuPool) -> None:
    held = [submit(pool, segments(*slow(8)), model=model) for model in ("stub", "other")]
    assert pool.drain(TIMEOUT)
    for each in held:
        assert len(results(each)) == 8
    with pytest.raises(UnavailableError):
        ask(pool, "other", "ab")


def test_a_front_in_another_process_names_the_model(pool: GpuPool) -> None:
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listener:
        path = str(Path(folder, "pool"))
        listener.bind(path)
        listener.listen()
        PoolServer(pool, listener).start()
        remote = RemotePool(path)
        remote.start()
        assert ask(remote, "other", "ab") == ["ed BA"]
        assert ask(remote, None, "ab") == ["AB de"]
        assert [model.name for model in remote.status().models] == ["stub", "other"]
        remote.close()
