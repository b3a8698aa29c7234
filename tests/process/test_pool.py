"""The pool with real processes: what it does while nothing goes wrong."""

import os
import threading

import pytest

from gpu_pool.errors import (
    DeadlineError,
    OverloadedError,
    TranslationError,
    UnavailableError,
)
from gpu_pool.messages import Segment
from tests.process import stubs
from tests.process.conftest import PATIENCE, MakePool, ask, pids, results, segments, wait_for


def test_translations_come_back_in_the_order_of_the_texts(make_pool: MakePool) -> None:
    pool = make_pool(workers=2)
    texts = [f"text {i}" for i in range(500)]
    assert ask(pool, *texts) == [f"{text.upper()} de" for text in texts]
    assert all(worker.finished_segments > 0 for worker in pool.status().workers)


def test_many_callers_each_get_their_own(make_pool: MakePool) -> None:
    pool = make_pool(workers=2)
    wrong: list[str] = []

    def call(caller: int) -> None:
        for i in range(50):
            text = f"caller {caller} text {i}"
            if ask(pool, text) != [f"{text.upper()} de"]:
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


def test_a_refused_segment_does_not_touch_the_others(make_pool: MakePool) -> None:
    good, refused, failed, last = make_pool().submit(segments("a", "refuse", "fail", "b"))
    assert results([good, last]) == ["A de", "B de"]
    with pytest.raises(TranslationError, match="refused"):
        refused.result(PATIENCE)
    with pytest.raises(TranslationError, match="failed"):
        failed.result(PATIENCE)


def test_loading_refuses_and_says_so(make_pool: MakePool) -> None:
    pool = make_pool(ready=False)
    assert pool.status().state == "loading"
    with pytest.raises(UnavailableError):
        pool.submit(segments("a"))


def test_the_queue_is_bounded_all_or_nothing(make_pool: MakePool) -> None:
    pool = make_pool(workers=1, max_queued_segments=10)
    accepted = pool.submit(segments(*["slow"] * 8))
    with pytest.raises(OverloadedError) as refusal:
        pool.submit(segments("a", "b", "c"))
    assert refusal.value.retry_after >= 1
    assert pool.submit(segments("a", "b"))[0].result(PATIENCE) == "A de"
    assert results(accepted) == ["SLOW de"] * 8


def test_a_request_larger_than_the_queue_is_served_when_it_is_alone(make_pool: MakePool) -> None:
    pool = make_pool(workers=1, max_queued_tokens=5)
    assert ask(pool, "a", "b") == ["A de", "B de"]


def test_deadlines_pass_in_the_queue_and_the_work_is_not_done(make_pool: MakePool) -> None:
    pool = make_pool(workers=1, worker_tokens=80)
    busy = pool.submit(segments(*["slow"] * 40))
    late = pool.submit(segments("never"), timeout=0.1)[0]
    with pytest.raises(DeadlineError):
        late.result(PATIENCE)
    assert len(results(busy)) == 40
    wait_for(lambda: pool.status().queued_segments == 0, "the queue is empty")
    assert pool.status().workers[0].finished_segments == 40


def test_cancelled_work_is_not_done(make_pool: MakePool) -> None:
    pool = make_pool(workers=1, worker_tokens=80)
    busy = pool.submit(segments(*["slow"] * 24))
    waiting = pool.submit(segments("a", "b"))
    assert all(future.cancel() for future in waiting)
    results(busy)
    assert ask(pool, "c") == ["C de"]
    assert pool.status().workers[0].finished_segments == 25


def test_memory_bounds_what_a_worker_holds(make_pool: MakePool) -> None:
    pool = make_pool(workers=1, factory=stubs.WithMemory)
    large = [Segment("slow", "en", "de", tokens=10, memory=60) for _ in range(4)]
    futures = pool.submit(large)
    most = 0
    while not all(future.done() for future in futures):
        most = max(most, pool.status().workers[0].outstanding_segments)
    assert results(futures) == ["SLOW de"] * 4
    assert most == 1
    with pytest.raises(TranslationError, match="memory"):
        results(pool.submit([Segment("a", "en", "de", tokens=1, memory=101)]))
    assert ask(pool, "b") == ["B de"]


def test_draining_finishes_what_was_accepted(make_pool: MakePool) -> None:
    pool = make_pool(workers=1)
    futures = pool.submit(segments(*["slow"] * 20))
    assert pool.drain(PATIENCE)
    assert all(future.done() for future in futures)
    assert pool.status().state == "draining"
    with pytest.raises(UnavailableError):
        pool.submit(segments("a"))


def test_closing_resolves_what_is_left_and_leaves_no_process(make_pool: MakePool) -> None:
    pool = make_pool(workers=2)
    alive = pids(pool)
    futures = pool.submit(segments(*["slow"] * 200))
    pool.close()
    for future in futures:
        assert future.done()
    assert isinstance(futures[-1].exception(), UnavailableError)
    for pid in alive:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    pool.close()
    with pytest.raises(UnavailableError):
        pool.submit(segments("a"))
