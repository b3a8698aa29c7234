"""The pool with real processes and without faults."""

import itertools
import logging
import os
import signal
import threading
import time
from dataclasses import asdict

import pytest

from gpu_pool.errors import (
    DeadlineError,
    OverloadedError,
    QuarantinedError,
    TranslationError,
    UnavailableError,
)
from gpu_pool.messages import EngineInfo, Segment
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


def test_translations_are_in_the_order_of_the_texts(make_pool: MakePool) -> None:
    pool = make_pool(workers=2)
    texts = [f"text {i}" for i in range(500)]
    assert translate(pool, *texts) == [f"{text.upper()} de" for text in texts]
    assert all(worker.finished_segments > 0 for worker in pool.status().workers)


def test_the_status_and_the_log_show_the_engine(
    make_pool: MakePool, caplog: pytest.LogCaptureFixture
) -> None:
    expected = "cpu:0 (stub cpu:0) is ready: engine stub in none, it needs no model"
    with caplog.at_level(logging.INFO):
        (worker,) = make_pool(workers=1).status().workers
        wait_for(lambda: expected in caplog.messages, "it is logged")
    assert worker.engine == EngineInfo("stub", "none", "it needs no model")
    assert worker.rows()[0]["engine"] == asdict(worker.engine)


def test_each_of_many_callers_gets_its_own_translations(make_pool: MakePool) -> None:
    pool = make_pool(workers=2)
    wrong: list[str] = []

    def call(caller: int) -> None:
        for i in range(50):
            text = f"caller {caller} text {i}"
            if translate(pool, text) != [f"{text.upper()} de"]:
                wrong.append(text)

    threads = [threading.Thread(target=call, args=(i,)) for i in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    status = pool.status()
    assert sum(worker.finished_segments for worker in status.workers) == 800
    assert (status.queued_segments, status.queued_tokens) == (0, 0)


def test_a_loading_pool_refuses_work(make_pool: MakePool) -> None:
    pool = make_pool(ready=False)
    assert pool.status().state == "loading"
    with pytest.raises(UnavailableError):
        submit(pool, segments("a"))


def test_a_request_is_accepted_as_a_whole_or_refused(make_pool: MakePool) -> None:
    pool = make_pool(workers=1, max_queued_segments=10)
    accepted = submit(pool, segments(*slow(8)))
    with pytest.raises(OverloadedError) as refusal:
        submit(pool, segments("a", "b", "c"))
    assert refusal.value.retry_after >= 1
    assert submit(pool, segments("a", "b"))[0].result(TIMEOUT) == "A de"
    assert len(results(accepted)) == 8


def test_a_request_larger_than_the_queue_is_served_if_the_queue_is_empty(
    make_pool: MakePool,
) -> None:
    pool = make_pool(workers=1, max_queued_tokens=5)
    assert translate(pool, "a", "b") == ["A de", "B de"]


def test_21_a_text_whose_deadline_passes_in_the_queue_is_not_translated(
    make_pool: MakePool, figure: Figure
) -> None:
    pool = make_pool(workers=1, worker_tokens=80)
    busy = submit(pool, segments(*slow(40)))
    start = time.monotonic()
    late = submit(pool, segments("never"), timeout=0.1)[0]
    with pytest.raises(DeadlineError):
        late.result(TIMEOUT)
    figure(f"error {time.monotonic() - start - 0.1:.2f} s after the deadline, never translated")
    assert len(results(busy)) == 40
    wait_for(lambda: pool.status().queued_segments == 0, "the queue is empty")
    assert pool.status().workers[0].finished_segments == 40


def test_a_cancelled_text_is_not_translated(make_pool: MakePool) -> None:
    pool = make_pool(workers=1, worker_tokens=80)
    busy = submit(pool, segments(*slow(24)))
    waiting = submit(pool, segments("a", "b"))
    waiting.cancel()
    results(busy)
    assert translate(pool, "c") == ["C de"]
    assert pool.status().workers[0].finished_segments == 25


def test_the_memory_budget_limits_the_outstanding_segments(make_pool: MakePool) -> None:
    pool = make_pool(workers=1, factory=stubs.SmallMemory)
    futures = submit(pool, segments(*slow(4), memory=60))
    most = 0
    while not all(future.done() for future in futures):
        most = max(most, pool.status().workers[0].outstanding_segments)
    assert results(futures) == [f"SLOW {i} de" for i in range(4)]
    assert most == 1
    with pytest.raises(TranslationError, match="memory"):
        results(submit(pool, segments("a", memory=101)))
    assert translate(pool, "b") == ["B de"]


def test_draining_finishes_accepted_work(make_pool: MakePool) -> None:
    pool = make_pool(workers=1)
    futures = submit(pool, segments(*slow(20)))
    assert pool.drain(TIMEOUT)
    assert len(results(futures)) == 20
    assert pool.status().state == "draining"
    with pytest.raises(UnavailableError):
        submit(pool, segments("a"))


def test_closing_ends_all_sessions_and_leaves_no_process(make_pool: MakePool) -> None:
    pool = make_pool(workers=2)
    alive = pids(pool)
    futures = submit(pool, segments(*slow(200)))
    pool.close()
    with pytest.raises(UnavailableError):
        futures[-1].result(TIMEOUT)
    assert all(future.done() for future in futures)
    for pid in alive:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    pool.close()
    with pytest.raises(UnavailableError):
        submit(pool, segments("a"))


def numbered(*texts: str, first: int = 0) -> list[tuple[int, Segment]]:
    return list(enumerate(segments(*texts), first))


def test_later_segments_of_a_session_are_never_refused(make_pool: MakePool) -> None:
    """They repair what was accepted, even while the pool drains."""
    pool = make_pool(workers=1, max_queued_segments=1)
    session = pool.open()
    session.submit(numbered("a"))
    assert session.take(TIMEOUT) == [(0, b"A de")]
    other = submit(pool, segments("slow"))
    session.submit(numbered("b1", "b2", first=1))
    assert pool.drain(TIMEOUT)
    session.submit(numbered("c", first=3))
    found = dict(session.take(TIMEOUT))
    while len(found) < 3:
        found |= dict(session.take(TIMEOUT))
    assert found == {1: b"B1 de", 2: b"B2 de", 3: b"C de"}
    assert results(other) == ["SLOW de"]


def test_a_closed_session_leaves_nothing_behind(make_pool: MakePool) -> None:
    pool = make_pool(workers=1, worker_tokens=80)
    for _ in range(3):
        session = pool.open()
        session.submit(numbered(*slow(24)))
        session.close()
        session.close()
    assert pool.drain(TIMEOUT), "nothing is counted any more"


def test_equal_texts_are_translated_once(make_pool: MakePool) -> None:
    pool = make_pool(workers=2)
    futures = [submit(pool, segments("slow", "a"), client=str(i)) for i in range(50)]
    assert [results(request) for request in futures] == [["SLOW de", "A de"]] * 50
    finished = sum(worker.finished_segments for worker in pool.status().workers)
    assert finished < 20, "one hundred were submitted"
    assert translate(pool, "slow") == ["SLOW de"]  # it was not cached


def test_a_duplicate_outlives_the_original(make_pool: MakePool) -> None:
    """A cancelled or expired duplicate does not affect the others."""
    pool = make_pool(workers=1)
    submit(pool, segments("slow"), timeout=0.01)
    wait_for(lambda: pool.status().workers[0].outstanding_segments, "a worker holds it")
    cancelled, other = (submit(pool, segments("slow")) for _ in range(2))
    cancelled.cancel()
    assert results(other) == ["SLOW de"]
    wait_for(lambda: pool.status().queued_segments == 0, "the queue is empty")


def test_duplicates_survive_the_death_of_a_worker(make_pool: MakePool) -> None:
    pool = make_pool(workers=1)
    futures = submit(pool, segments(*slow(4), *slow(4)))
    wait_for(lambda: pool.status().workers[0].outstanding_segments, "it holds them")
    os.kill(pids(pool)[0], signal.SIGKILL)
    assert results(futures) == [f"SLOW {i} de" for i in range(4)] * 2
    poison = submit(pool, segments("die", "die"))
    for future in poison:
        with pytest.raises(QuarantinedError):
            future.result(TIMEOUT)


def test_17_an_overload_is_refused_and_does_not_reduce_the_throughput(
    make_pool: MakePool, figure: Figure
) -> None:
    """Four times as many callers as the queue takes; each retries when it is refused."""
    pool = make_pool(workers=2, max_queued_segments=16)
    start = time.monotonic()
    for first in range(0, 64, 16):
        results(submit(pool, segments(*(f"slow {i}" for i in range(first, first + 16)))))
    capacity = 64 / (time.monotonic() - start)
    numbers, accepted, refused = itertools.count(), [], []
    end = time.monotonic() + 4.0

    def call() -> None:
        while time.monotonic() < end:
            try:
                accepted.append(translate(pool, f"slow call {next(numbers)}"))
            except OverloadedError as error:
                refused.append(error.retry_after)
                time.sleep(0.02)

    threads = [threading.Thread(target=call) for _ in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    goodput = len(accepted) / 4.0
    figure(f"goodput {goodput / capacity:.0%} of the capacity, {len(refused)} refusals")
    assert min(refused) >= 1
    assert goodput > 0.6 * capacity
