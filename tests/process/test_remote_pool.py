"""A pool behind a Unix socket: what a front in another process sees of it."""

import select
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path

import pytest

from gpu_pool.errors import (
    DeadlineError,
    OverloadedError,
    QuarantinedError,
    UnavailableError,
    UnknownDeviceError,
)
from gpu_pool.pool import GpuPool
from gpu_pool.pool_server import PoolServer
from gpu_pool.remote_pool import RemotePool
from tests.process.conftest import (
    TIMEOUT,
    MakePool,
    results,
    segments,
    slow,
    submit,
    translate,
    wait_for,
)

Connect = Callable[[GpuPool], RemotePool]


@pytest.fixture
def connect(tmp_path: Path) -> Iterator[Connect]:
    """`connect(pool)` serves the pool and returns a front's view of it."""
    with ExitStack() as made:

        def connect(pool: GpuPool) -> RemotePool:
            path = str(tmp_path / str(next(numbers)))
            PoolServer(pool, made.enter_context(listening(path))).start()
            remote = RemotePool(path)
            made.callback(remote.close)
            remote.start()
            return remote

        numbers = count()
        yield connect


@contextmanager
def listening(path: str) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        yield listener


def test_results_are_those_of_the_pool(make_pool: MakePool, connect: Connect) -> None:
    remote = connect(make_pool(workers=2))
    texts = [f"text {i}" for i in range(500)]
    assert translate(remote, *texts) == [f"{text.upper()} de" for text in texts]
    assert [len(text) for text in translate(remote, "big")] == [5_000_000]


def test_refusals_and_errors_arrive(make_pool: MakePool, connect: Connect) -> None:
    pool = make_pool(workers=1, max_queued_segments=8, worker_tokens=80)
    remote = connect(pool)
    busy = submit(remote, segments(*slow(8)))
    wait_for(lambda: pool.status().workers[0].outstanding_segments, "it is accepted")
    session = remote.open()
    session.submit(list(enumerate(segments("a", "b"))))
    with pytest.raises(OverloadedError) as refusal:
        session.take(TIMEOUT)
    assert refusal.value.retry_after >= 1
    assert len(results(busy)) == 8
    with pytest.raises(DeadlineError):
        submit(remote, segments("slow a", "slow b", "slow c"), timeout=0.01)[2].result(TIMEOUT)
    good, bad = submit(remote, segments("a", "die"))
    assert good.result(TIMEOUT) == "A de"
    with pytest.raises(QuarantinedError, match="2 workers died"):
        bad.result(TIMEOUT)


def test_a_loading_pool_refuses_work(make_pool: MakePool, connect: Connect) -> None:
    remote = connect(make_pool(ready=False))
    with pytest.raises(UnavailableError, match="no worker is ready"):
        results(submit(remote, segments("a")))


def test_a_refusal_is_there_once_work_is_confirmed(make_pool: MakePool, connect: Connect) -> None:
    pool = make_pool(workers=1)
    remote = connect(pool)
    accepted = remote.open()
    accepted.submit(list(enumerate(segments(*slow(8)))))
    accepted.confirm()
    pool.drain(0.0)
    refused = remote.open()
    refused.submit(list(enumerate(segments("a"))))
    with pytest.raises(UnavailableError, match="shutting down"):
        refused.confirm()
    accepted.confirm()
    assert dict(accepted.take(TIMEOUT))


def test_a_closed_session_is_dropped(make_pool: MakePool, connect: Connect) -> None:
    pool = make_pool(workers=1, worker_tokens=80)
    remote = connect(pool)
    submit(remote, segments(*slow(200))).cancel()
    assert translate(remote, "a") == ["A de"]
    wait_for(lambda: pool.status().queued_segments == 0, "nothing waits")
    assert pool.status().workers[0].finished_segments < 100


def test_the_work_of_a_front_that_is_gone_is_dropped(make_pool: MakePool, connect: Connect) -> None:
    pool = make_pool(workers=1, worker_tokens=80)
    remote, other = connect(pool), connect(pool)
    submit(remote, segments(*slow(200)))
    wait_for(lambda: pool.status().queued_segments, "it is accepted")
    remote.close()
    wait_for(lambda: pool.status().queued_segments == 0, "nothing waits")
    assert translate(other, "a") == ["A de"]


def test_repairs_reach_a_draining_pool(make_pool: MakePool, connect: Connect) -> None:
    pool = make_pool(workers=1)
    remote = connect(pool)
    session = remote.open()
    session.submit([(0, segments("a")[0])])
    assert session.take(TIMEOUT) == [(0, b"A de")]
    assert remote.drain(TIMEOUT)
    session.submit([(1, segments("b")[0])])
    assert session.take(TIMEOUT) == [(1, b"B de")]
    with pytest.raises(UnavailableError):
        results(submit(remote, segments("c")))


def test_status_and_restart_are_those_of_the_pool(make_pool: MakePool, connect: Connect) -> None:
    pool = make_pool(workers=1)
    remote = connect(pool)
    before = remote.status().workers[0]
    assert before.state == "ready"
    remote.restart("cpu:0")
    wait_for(lambda: remote.status().state == "ok", "it is back")
    assert remote.status().workers[0].pid != before.pid
    with pytest.raises(UnknownDeviceError, match="cpu:0"):
        remote.restart("cuda:7")


def test_a_pool_whose_dispatcher_has_crashed_still_answers(
    make_pool: MakePool, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    remote = connect(make_pool(workers=1))
    waiting = submit(remote, segments(*slow(8)))
    remote.confirm()

    def crash(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("gpu_pool.dispatcher.Dispatcher._handle_message", crash)
    with pytest.raises(UnavailableError, match="no worker is left"):
        results(waiting)
    assert remote.status().state == "dead"
    with pytest.raises(UnavailableError, match="no worker is ready"):
        translate(remote, "a")
    with pytest.raises(UnavailableError):
        remote.restart("cpu:0")


def test_a_closed_pool_leaves_its_fronts_to_the_next_one(
    make_pool: MakePool, tmp_path: Path
) -> None:
    first, second = make_pool(workers=1), make_pool(workers=1)
    with listening(str(tmp_path / "pool")) as listener:
        PoolServer(first, listener).start()
        remote = RemotePool(str(tmp_path / "pool"))
        remote.start()
        assert translate(remote, "a") == ["A de"]
        first.close()
        wait_for(lambda: is_readable(listener), "the front has connected again")
        waiting = submit(remote, segments("b"))
        PoolServer(second, listener).start()
        assert [result.result(TIMEOUT) for result in waiting] == ["B de"]
        remote.close()


def is_readable(waiting: socket.socket) -> bool:
    return bool(select.select([waiting], [], [], 0.0)[0])


def test_a_lost_connection_fails_open_sessions_and_is_replaced(
    make_pool: MakePool, connect: Connect
) -> None:
    remote = connect(make_pool(workers=1))
    open_ones = submit(remote, segments(*slow(100)))
    wait_for(open_ones[0].done, "it is in progress")
    assert remote._link is not None
    remote._link.close()
    with pytest.raises(UnavailableError, match="restarting"):
        open_ones[-1].result(TIMEOUT)
    assert translate(remote, "a") == ["A de"]


def test_a_pool_that_does_not_respond_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gpu_pool.remote_pool._CALL_SECONDS", 0.1)
    with listening(str(tmp_path / "pool")):
        remote = RemotePool(str(tmp_path / "pool"))
        remote.start()
        with pytest.raises(UnavailableError, match="does not respond"):
            remote.status()
        remote.close()


def test_a_pool_that_cannot_be_reached_is_tried_again_when_it_is_needed(
    make_pool: MakePool, tmp_path: Path
) -> None:
    remote = RemotePool(str(tmp_path / "pool"))
    remote.start()
    with pytest.raises(UnavailableError, match="cannot be reached: No such file"):
        translate(remote, "a")
    with pytest.raises(UnavailableError, match="cannot be reached"):
        remote.status()
    with listening(str(tmp_path / "pool")) as listener:
        PoolServer(make_pool(workers=1), listener).start()
        assert translate(remote, "a") == ["A de"]
        remote.close()
