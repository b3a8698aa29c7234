"""Texts that crash workers are quarantined; other texts are not blamed.

The numbers are those of the rows in docs/reliability.md.
"""

import os
import signal
import time

import pytest

from gpu_pool.errors import QuarantinedError
from gpu_pool.pool import GpuPool
from tests.conftest import Figure
from tests.process.conftest import (
    TIMEOUT,
    MakePool,
    kill_and_wait,
    pids,
    results,
    segments,
    slow,
    submit,
    translate,
    wait_for,
)


def test_5_a_poison_text_is_quarantined_and_the_others_are_translated(
    make_pool: MakePool, figure: Figure
) -> None:
    pool = make_pool(workers=2)
    texts = [f"text {i}" for i in range(40)]
    futures = submit(pool, segments(*texts[:20], "die", *texts[20:]))
    poison = futures.pop(20)
    with pytest.raises(QuarantinedError):
        poison.result(TIMEOUT)
    assert results(futures) == [f"{text.upper()} de" for text in texts]
    wait_for(lambda: pool.status().state == "ok", "the workers are back")
    deaths = sum(worker.restarts for worker in pool.status().workers)
    assert deaths == 2
    figure(f"quarantined after {deaths} deaths; {len(texts)} other texts translated")


def test_5_two_poison_texts_in_one_batch_lose_no_other_text(make_pool: MakePool) -> None:
    pool = make_pool(workers=2)
    futures = submit(pool, segments("a", "die", "b", "die", "c"))
    poisons = [futures[1], futures[3]]
    for poison in poisons:
        with pytest.raises(QuarantinedError):
            poison.result(TIMEOUT)
    assert results([futures[0], futures[2], futures[4]]) == ["A de", "B de", "C de"]


@pytest.mark.parametrize(("poison", "deaths"), [("spin", 2), ("devour", 6), ("hang", 6)])
def test_5_every_kind_of_poison_is_quarantined_and_the_others_are_translated(
    make_pool: MakePool, poison: str, deaths: int
) -> None:
    pool = make_pool(workers=1, hang_timeout=1.5, backoff_max=0.1)
    first, bad, last = submit(pool, segments("a", poison, "b"))
    with pytest.raises(QuarantinedError, match=f"{deaths} workers died"):
        bad.result(TIMEOUT)
    assert results([first, last]) == ["A de", "B de"]
    assert pool.status().workers[0].restarts == deaths


def test_5_kills_from_outside_do_not_quarantine_a_text(make_pool: MakePool) -> None:
    pool = make_pool(workers=1)
    texts = slow(20)
    futures = submit(pool, segments(*texts))
    for _ in range(4):
        wait_for(lambda: pool.status().workers[0].outstanding_segments, "it holds texts")
        kill_and_wait(pool, pids(pool)[0])
    assert results(futures) == [f"{text.upper()} de" for text in texts]


def wait_for_restarts(pool: GpuPool, count: int) -> None:
    wait_for(lambda: pool.status().workers[0].restarts == count, "it is replaced")


def test_5_stops_from_outside_do_not_quarantine_a_text(make_pool: MakePool) -> None:
    pool = make_pool(workers=1, hang_timeout=1.5)
    futures = submit(pool, segments(*slow(8)))
    for restarts in range(1, 4):
        wait_for(lambda: pool.status().workers[0].outstanding_segments, "it holds texts")
        os.kill(pids(pool)[0], signal.SIGSTOP)
        wait_for_restarts(pool, restarts)
    assert results(futures) == [f"SLOW {i} de" for i in range(8)]


def test_12_an_error_in_a_step_restarts_the_worker_and_hides_user_text(
    make_pool: MakePool, figure: Figure
) -> None:
    pool = make_pool(workers=1)
    future = submit(pool, segments("raise"))[0]
    with pytest.raises(QuarantinedError):
        future.result(TIMEOUT)
    error = pool.status().workers[0].last_error or ""
    assert error.startswith("RuntimeError at stubs.py:")
    assert "secret" not in error
    start = time.monotonic()
    assert translate(pool, "a") == ["A de"]
    figure(f"the next text was translated {time.monotonic() - start:.1f} s after the second death")
