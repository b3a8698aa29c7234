"""Restarts on request, with real processes: row 26 in docs/reliability.md."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from gpu_pool.errors import UnavailableError, UnknownDeviceError
from gpu_pool.pool import GpuPool
from gpu_pool.status import WorkerStatus
from tests.conftest import Figure
from tests.process import stubs
from tests.process.conftest import (
    TIMEOUT,
    MakePool,
    pids,
    results,
    segments,
    slow,
    submit,
    translate,
    wait_for,
)

CALLERS = 8
FOREVER = 1000.0  # seconds; longer than any test runs


def row(pool: GpuPool, worker: int = 0) -> WorkerStatus:
    return pool.status().workers[worker]


def restart_and_wait(pool: GpuPool, worker: int = 0) -> None:
    before = row(pool, worker).pid
    pool.restart(f"cpu:{worker}")
    wait_for(lambda: row(pool, worker).state == "ready", "the worker is back")
    assert row(pool, worker).pid != before


@contextmanager
def load(pool: GpuPool) -> Iterator[list[int]]:
    """Run callers in a loop; yield the number of correct results of each, fail on a wrong one."""
    correct = [0] * CALLERS
    wrong: list[object] = []
    stopping = threading.Event()

    def call(caller: int) -> None:
        while not stopping.is_set():
            number = f"{caller} {correct[caller]}"
            expected = [f"SLOW {number} de", f"TEXT {number} de"]
            try:
                result = translate(pool, f"slow {number}", f"text {number}")
            except Exception as error:  # noqa: BLE001 - an exception in a thread would go unnoticed
                wrong.append(error)
                return
            if result != expected:
                wrong.append(result)
                return
            correct[caller] += 1

    threads = [threading.Thread(target=call, args=(i,)) for i in range(CALLERS)]
    for thread in threads:
        thread.start()
    try:
        yield correct
    finally:
        stopping.set()
        for thread in threads:
            thread.join()
    assert wrong == []


@pytest.mark.parametrize("workers", [1, 2])
def test_26_rolling_restarts_under_load_lose_nothing(
    make_pool: MakePool, workers: int, figure: Figure
) -> None:
    pool = make_pool(workers=workers, backoff_initial=FOREVER)
    old = set(pids(pool))
    with load(pool) as correct:
        for worker in range(workers):
            wait_for(lambda: row(pool).outstanding_segments, "it holds work")
            restart_and_wait(pool, worker)
        before = list(correct)
        wait_for(
            lambda: all(n > was for n, was in zip(correct, before, strict=True)),
            "each caller has had a result since",
        )
    assert not old & set(pids(pool))
    rows = pool.status().workers
    assert [(worker.restarts, worker.last_error) for worker in rows] == [(1, None)] * workers
    figure(f"{sum(correct)} results meanwhile, no error")


def test_26_a_restart_of_the_only_worker_loses_neither_outstanding_nor_waiting_texts(
    make_pool: MakePool,
) -> None:
    pool = make_pool(workers=1, worker_tokens=100)
    texts = slow(20)
    futures = submit(pool, segments(*texts))
    wait_for(lambda: row(pool).outstanding_segments, "it holds work")
    pool.restart("cpu:0")
    assert row(pool).state == "restarting"
    assert pool.status().state == "loading"
    futures += submit(pool, segments("late"))  # work is accepted meanwhile
    assert results(futures) == [f"{text.upper()} de" for text in [*texts, "late"]]
    assert row(pool).restarts == 1


def test_26_both_workers_restart_at_once(make_pool: MakePool) -> None:
    pool = make_pool(workers=2)
    with load(pool):
        old = set(pids(pool))
        pool.restart("cpu:0")
        pool.restart("cpu:1")
        assert pool.status().state in ("loading", "degraded")
        wait_for(lambda: pool.status().state == "ok", "both are back")
        assert not old & set(pids(pool))


def test_26_a_restarting_worker_gets_no_more_work(make_pool: MakePool) -> None:
    pool = make_pool(workers=2, hang_timeout=FOREVER)
    os.kill(pids(pool)[0], signal.SIGSTOP)  # it would never return its work
    pool.restart("cpu:0")
    assert (row(pool).state, pool.status().state) == ("restarting", "degraded")
    texts = [f"text {i}" for i in range(40)]
    assert translate(pool, *texts) == [f"{text.upper()} de" for text in texts]
    assert row(pool).outstanding_segments == 0
    os.kill(pids(pool)[0], signal.SIGCONT)
    wait_for(lambda: pool.status().state == "ok", "it is replaced")


def test_26_repeated_requests_are_one_restart(make_pool: MakePool) -> None:
    pool = make_pool(workers=1)
    futures = submit(pool, segments(*slow(8)))
    for _ in range(3):
        pool.restart("cpu:0")
    wait_for(lambda: row(pool).state == "starting", "the new process is loading")
    pool.restart("cpu:0")
    wait_for(lambda: row(pool).state == "ready", "the worker is back")
    assert len(results(futures)) == 8
    assert row(pool).restarts == 1


def test_26_a_failed_worker_can_be_restarted(make_pool: MakePool, tmp_path: Path) -> None:
    factory = partial(stubs.broken_until_repaired, str(tmp_path))
    pool = make_pool(workers=1, factory=factory, ready=False, max_load_failures=2)
    wait_for(lambda: pool.status().state == "dead", "it has failed")
    pool.restart("cpu:0")
    assert pool.status().state == "loading"
    # It is allowed as many load failures as a new one.
    wait_for(lambda: pool.status().state == "dead", "it has failed again")
    assert row(pool).restarts == 3
    Path(tmp_path, "repaired").touch()
    pool.restart("cpu:0")
    wait_for(lambda: pool.status().state == "ok", "it is ready")
    assert translate(pool, "a") == ["A de"]


def test_26_a_worker_in_backoff_starts_at_once(make_pool: MakePool) -> None:
    pool = make_pool(workers=1, backoff_initial=FOREVER, backoff_max=FOREVER)
    os.kill(pids(pool)[0], signal.SIGKILL)
    wait_for(lambda: row(pool).state == "backoff", "it is in backoff")
    pool.restart("cpu:0")
    wait_for(lambda: row(pool).state == "ready", "the worker is back")
    assert "-9" in (row(pool).last_error or "")


def test_26_a_hanging_worker_is_killed_and_its_texts_are_not_blamed(make_pool: MakePool) -> None:
    pool = make_pool(workers=1, hang_timeout=3.0)
    stopped = pids(pool)[0]
    os.kill(stopped, signal.SIGSTOP)
    future = submit(pool, segments("slow"))[0]
    wait_for(lambda: row(pool).outstanding_segments == 1, "it holds the text")
    pool.restart("cpu:0")
    wait_for(lambda: row(pool).restarts == 1, "it is replaced")
    assert row(pool).last_error == "did not exit within 3 s; killed"
    with pytest.raises(ProcessLookupError):
        os.kill(stopped, 0)
    # Two crashes quarantine a text: this one is translated, so the first death did not count.
    wait_for(lambda: row(pool).state == "ready", "the new process is ready")
    os.kill(pids(pool)[0], signal.SIGSEGV)
    assert future.result(TIMEOUT) == "SLOW de"


def test_26_a_worker_that_dies_while_restarting_is_replaced_and_its_texts_are_retried(
    make_pool: MakePool,
) -> None:
    pool = make_pool(workers=1, backoff_initial=FOREVER)
    worker = pids(pool)[0]
    os.kill(worker, signal.SIGSTOP)
    futures = submit(pool, segments("a", "b"))
    wait_for(lambda: row(pool).outstanding_segments == 2, "it holds the texts")
    pool.restart("cpu:0")
    os.kill(worker, signal.SIGKILL)
    assert results(futures) == ["A de", "B de"]
    assert row(pool).last_error == "the worker ended with exit code -9"


def test_an_unknown_device_cannot_be_restarted(make_pool: MakePool) -> None:
    pool = make_pool(workers=2)
    with pytest.raises(UnknownDeviceError, match="the workers are cpu:0, cpu:1"):
        pool.restart("cpu")
    assert pool.status().state == "ok"


def test_a_draining_or_closed_pool_restarts_nothing(make_pool: MakePool) -> None:
    pool = make_pool(workers=1)
    worker = pids(pool)
    assert pool.drain(TIMEOUT)
    with pytest.raises(UnavailableError):
        pool.restart("cpu:0")
    assert pids(pool) == worker
    pool.close()
    with pytest.raises(UnavailableError):
        pool.restart("cpu:0")


def test_closing_during_a_restart_leaves_no_process(make_pool: MakePool) -> None:
    pool = make_pool(workers=2)
    submit(pool, segments(*slow(100)))
    alive = pids(pool)
    pool.restart("cpu:0")
    pool.close()
    for pid in alive:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
