"""Clients take turns, and interactive work goes before bulk work, with real processes.

The numbers are those of the rows in docs/reliability.md.
"""

import time
from collections.abc import Iterable

from tests.conftest import Figure
from tests.process import stubs
from tests.process.conftest import TIMEOUT, MakePool, results, segments, slow, submit, wait_for


def test_18_a_small_client_does_not_wait_behind_a_greedy_one(
    make_pool: MakePool, figure: Figure
) -> None:
    pool = make_pool(workers=1, worker_tokens=80)
    greedy = submit(pool, segments(*slow(200)), client="greedy")
    wait_for(greedy[0].done, "a worker translates the large request")
    before = sum(future.done() for future in greedy)
    assert submit(pool, segments("small"), client="small")[0].result(TIMEOUT) == "SMALL de"
    passed = sum(future.done() for future in greedy) - before
    figure(f"it waited for {passed} of the {len(greedy) - before} texts before it")
    assert passed <= 50  # one turn, and the outstanding texts


def test_18_the_latency_of_a_small_client_beside_a_hundred_times_as_much_work(
    make_pool: MakePool, figure: Figure
) -> None:
    pool = make_pool(  # two batches ahead
        workers=1, factory=stubs.SlowBatches, worker_tokens=1600, max_queued_tokens=10**6
    )

    def slowest(texts: Iterable[str]) -> float:
        """Return the longest latency in seconds: of so few, the 99th percentile."""
        times = []
        for text in texts:
            start = time.monotonic()
            work = segments(text, tokens=100)
            assert results(submit(pool, work, client="small")) == [f"{text.upper()} de"]
            times.append(time.monotonic() - start)
        return max(times)

    alone = slowest(f"alone {i}" for i in range(20))
    large = segments(*(f"large {i}" for i in range(2000)), tokens=100)
    greedy = submit(pool, large, client="greedy")
    beside = slowest(f"beside {i}" for i in range(20))
    assert not greedy[-1].done(), "the large request should not have finished"
    greedy.cancel()
    figure(f"p99 {beside * 1e3:.0f} ms beside the large request, {alone * 1e3:.0f} ms alone")


def test_19_bulk_work_goes_after_interactive_work_and_does_not_starve(
    make_pool: MakePool, figure: Figure
) -> None:
    pool = make_pool(workers=1, worker_tokens=80)
    bulk = submit(pool, segments(*slow(60)), client="a", bulk=True)
    wait_for(bulk[0].done, "the bulk work has started")
    texts = [f"slow now {i}" for i in range(60)]
    interactive = submit(pool, segments(*texts), client="a")
    interactive[23].result(TIMEOUT)
    done = sum(future.done() for future in bulk)
    assert done <= 36, "24 interactive texts should have gone first"
    assert len(results(interactive)) == 60
    finished = sum(future.done() for future in bulk) - done
    figure(f"{finished} bulk texts were translated beside 36 interactive ones")
    assert len(results(bulk)) == 60
