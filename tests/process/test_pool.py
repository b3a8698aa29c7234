"""The pool with real processes: what it does while nothing goes wrong."""

import itertools
import logging
import os
import signal
import threading
import time
from collections.abc import Iterable
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
    PATIENCE,
    MakePool,
    ask,
    pids,
    results,
    segments,
    slow,
    wait_for,
)


def test_translations_come_back_in_the_order_of_the_texts(make_pool: MakePool) -> None:
    pool = make_pool(workers=2)
    texts = [f"text {i}" for i in range(500)]
    assert ask(pool, *texts) == [f"{text.upper()} de" for text in texts]
    assert all(worker.finished_segments > 0 for worker in pool.status().workers)


def test_a_worker_says_what_it_decodes_with(
    make_pool: MakePool, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        (worker,) = make_pool(workers=1).status().workers
    assert worker.engine == EngineInfo("stub", "none", "it needs no model")
    assert worker.rows()[0]["engine"] == asdict(worker.engine)
    told = (
        f"{worker.device} (stub {worker.device}) is ready: engine stub in none, it needs no model"
    )
    assert told in caplog.messages


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
    accepted = pool.submit(segments(*slow(8)))
    with pytest.raises(OverloadedError) as refusal:
        pool.submit(segments("a", "b", "c"))
    assert refusal.value.retry_after >= 1
    assert pool.submit(segments("a", "b"))[0].result(PATIENCE).text == "A de"
    assert len(results(accepted)) == 8


def test_a_request_larger_than_the_queue_is_served_when_it_is_alone(make_pool: MakePool) -> None:
    pool = make_pool(workers=1, max_queued_tokens=5)
    assert ask(pool, "a", "b") == ["A de", "B de"]


def test_21_deadlines_pass_in_the_queue_and_the_work_is_not_done(
    make_pool: MakePool, figure: Figure
) -> None:
    pool = make_pool(workers=1, worker_tokens=80)
    busy = pool.submit(segments(*slow(40)))
    begun = time.monotonic()
    late = pool.submit(segments("never"), timeout=0.1)[0]
    with pytest.raises(DeadlineError):
        late.result(PATIENCE)
    figure(f"told {time.monotonic() - begun - 0.1:.2f} s after the deadline, never computed")
    assert len(results(busy)) == 40
    wait_for(lambda: pool.status().queued_segments == 0, "the queue is empty")
    assert pool.status().workers[0].finished_segments == 40


def test_cancelled_work_is_not_done(make_pool: MakePool) -> None:
    pool = make_pool(workers=1, worker_tokens=80)
    busy = pool.submit(segments(*slow(24)))
    waiting = pool.submit(segments("a", "b"))
    assert all(future.cancel() for future in waiting)
    results(busy)
    assert ask(pool, "c") == ["C de"]
    assert pool.status().workers[0].finished_segments == 25


def test_memory_bounds_what_a_worker_holds(make_pool: MakePool) -> None:
    pool = make_pool(workers=1, factory=stubs.WithMemory)
    large = [Segment(text, "en", "de", tokens=10, memory=60) for text in slow(4)]
    futures = pool.submit(large)
    most = 0
    while not all(future.done() for future in futures):
        most = max(most, pool.status().workers[0].outstanding_segments)
    assert results(futures) == [f"SLOW {i} de" for i in range(4)]
    assert most == 1
    with pytest.raises(TranslationError, match="memory"):
        results(pool.submit([Segment("a", "en", "de", tokens=1, memory=101)]))
    assert ask(pool, "b") == ["B de"]


def test_draining_finishes_what_was_accepted(make_pool: MakePool) -> None:
    pool = make_pool(workers=1)
    futures = pool.submit(segments(*slow(20)))
    assert pool.drain(PATIENCE)
    assert all(future.done() for future in futures)
    assert pool.status().state == "draining"
    with pytest.raises(UnavailableError):
        pool.submit(segments("a"))


def test_closing_resolves_what_is_left_and_leaves_no_process(make_pool: MakePool) -> None:
    pool = make_pool(workers=2)
    alive = pids(pool)
    futures = pool.submit(segments(*slow(200)))
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


def test_the_same_text_is_translated_once_at_a_time(make_pool: MakePool) -> None:
    pool = make_pool(workers=2)
    futures = [pool.submit(segments("slow", "a"), client=str(i)) for i in range(50)]
    assert [results(one) for one in futures] == [["SLOW de", "A de"]] * 50
    finished = sum(worker.finished_segments for worker in pool.status().workers)
    assert finished < 20, "one hundred were asked for"
    assert ask(pool, "slow") == ["SLOW de"]  # nothing is kept


def test_a_twin_outlives_the_one_it_waits_for(make_pool: MakePool) -> None:
    """Neither a caller who gives up nor one whose deadline passes takes the others along."""
    pool = make_pool(workers=1)
    first = pool.submit(segments("slow"), timeout=0.01)[0]
    wait_for(first.running, "a worker has it")
    others = pool.submit(segments("slow", "slow"))
    assert others[0].cancel() or others[0].done()
    assert others[1].result(PATIENCE).text == "SLOW de"
    wait_for(lambda: pool.status().queued_segments == 0, "nothing is left")


def test_a_worker_that_dies_with_a_text_loses_none_of_its_askers(make_pool: MakePool) -> None:
    pool = make_pool(workers=1)
    futures = pool.submit(segments(*slow(4), *slow(4)))
    wait_for(lambda: pool.status().workers[0].outstanding_segments, "it has them")
    os.kill(pids(pool)[0], signal.SIGKILL)
    assert results(futures) == [f"SLOW {i} de" for i in range(4)] * 2
    poison = pool.submit(segments("die", "die"))
    for future in poison:
        with pytest.raises(QuarantinedError):
            future.result(PATIENCE)


def test_18_a_small_client_does_not_wait_behind_a_greedy_one(
    make_pool: MakePool, figure: Figure
) -> None:
    pool = make_pool(workers=1, worker_tokens=80)
    greedy = pool.submit(segments(*slow(200)), client="greedy")
    wait_for(greedy[0].done, "the flood has begun")
    before = sum(future.done() for future in greedy)
    assert pool.submit(segments("small"), client="small")[0].result(PATIENCE).text == "SMALL de"
    passed = sum(future.done() for future in greedy) - before
    figure(f"{passed} of the {len(greedy) - before} texts before it went first")
    assert passed <= 50  # one turn, and what was held


def test_18_a_small_client_hardly_notices_a_hundred_times_as_much_work(
    make_pool: MakePool, figure: Figure
) -> None:
    pool = make_pool(  # two batches ahead
        workers=1, factory=stubs.Batches, worker_tokens=1600, max_queued_tokens=10**6
    )

    def ask_small(texts: Iterable[str]) -> float:
        """Return the longest time that an answer took: of so few, the 99th percentile."""
        times = []
        for text in texts:
            begun = time.monotonic()
            segment = Segment(text, "en", "de", tokens=100)
            assert results(pool.submit([segment], client="small")) == [f"{text.upper()} de"]
            times.append(time.monotonic() - begun)
        return max(times)

    alone = ask_small(f"alone {i}" for i in range(20))
    flood = [Segment(f"flood {i}", "en", "de", tokens=100) for i in range(2000)]
    greedy = pool.submit(flood, client="greedy")
    beside = ask_small(f"beside {i}" for i in range(20))
    assert not greedy[-1].done(), "it was a flood to the end"
    for future in greedy:
        future.cancel()
    figure(f"p99 {beside * 1e3:.0f} ms beside the flood, {alone * 1e3:.0f} ms alone")


def test_19_bulk_work_waits_for_interactive_work_and_still_ends(
    make_pool: MakePool, figure: Figure
) -> None:
    pool = make_pool(workers=1, worker_tokens=80)
    bulk = pool.submit(segments(*slow(60)), client="a", bulk=True)
    wait_for(bulk[0].done, "it has begun")
    texts = [f"slow now {i}" for i in range(120)]
    interactive = pool.submit(segments(*texts), client="a")
    interactive[23].result(PATIENCE)
    done = sum(future.done() for future in bulk)
    assert done <= 36, "24 of the others should have gone first"
    assert len(results(interactive)) == 120
    ended = sum(future.done() for future in bulk) - done
    figure(f"{ended} bulk texts were done beside 96 interactive ones")
    assert len(results(bulk)) == 60


def test_17_an_overload_is_refused_and_what_is_accepted_goes_on_at_full_speed(
    make_pool: MakePool, figure: Figure
) -> None:
    """Four times as many callers as there is room for: each comes back when it was refused."""
    pool = make_pool(workers=2, max_queued_segments=16)
    begun = time.monotonic()
    for first in range(0, 64, 16):
        results(pool.submit(segments(*(f"slow {i}" for i in range(first, first + 16)))))
    capacity = 64 / (time.monotonic() - begun)
    numbers, answered, refused = itertools.count(), [], []
    ends = time.monotonic() + 4.0

    def call() -> None:
        while time.monotonic() < ends:
            try:
                answered.append(ask(pool, f"slow call {next(numbers)}"))
            except OverloadedError as error:
                refused.append(error.retry_after)
                time.sleep(0.02)

    threads = [threading.Thread(target=call) for _ in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    goodput = len(answered) / 4.0
    figure(f"goodput {goodput / capacity:.0%} of the capacity, {len(refused)} refusals")
    assert min(refused) >= 1
    assert goodput > 0.6 * capacity
