"""Many at a time, in order, and never more than agreed."""

import itertools
import queue
import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError

import pytest

from bulk.errors import RetryableError
from bulk.window import Window

PATIENCE = 20.0


def test_results_are_in_order_although_later_ones_are_ready_first() -> None:
    last_is_done = threading.Event()

    def work(number: int) -> int:
        if number == 0:
            assert last_is_done.wait(PATIENCE)
        if number == 5:
            last_is_done.set()
        return number * 10

    assert list(Window(work, 3).map(range(6))) == [(i, i * 10) for i in range(6)]


def test_as_many_at_a_time_as_there_are_threads() -> None:
    together = threading.Barrier(4)
    window = Window(lambda _: together.wait(PATIENCE), 4)
    assert sorted(place for _, place in window.map(range(4))) == [0, 1, 2, 3]


def test_an_endless_input_is_not_read_ahead_without_bound() -> None:
    read = 0

    def numbers() -> Iterator[int]:
        nonlocal read
        for number in itertools.count():
            read = number + 1
            yield number

    results = Window(lambda number: number, 3).map(numbers())
    for number in range(1_000):
        assert next(results) == (number, number)
        assert read <= number + 6


def test_the_first_error_comes_where_its_result_would() -> None:
    def work(number: int) -> int:
        if number % 2:
            raise RetryableError(f"{number} failed")
        return number

    results = Window(work, 2).map(range(9))
    assert next(results) == (0, 0)
    with pytest.raises(RetryableError, match="1 failed"):
        next(results)


def test_a_bug_ends_the_run_instead_of_hanging_it(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: queue.SimpleQueue[threading.ExceptHookArgs] = queue.SimpleQueue()
    monkeypatch.setattr(threading, "excepthook", shown.put)
    with pytest.raises(CancelledError):
        list(Window(lambda _: 1 // 0, 2).map([1]))
    assert shown.get(timeout=PATIENCE).exc_type is ZeroDivisionError


def test_stopped_it_begins_nothing_more() -> None:
    begun: list[int] = []
    busy, go_on = threading.Event(), threading.Event()

    def work(number: int) -> int:
        begun.append(number)
        busy.set()
        assert go_on.wait(PATIENCE)
        return number

    window = Window(work, 1)
    results = window.map(iter([0, 1]))
    taker = threading.Thread(target=next, args=[results])
    taker.start()
    assert busy.wait(PATIENCE)
    while window._inbox.empty():  # the second is about to be put there
        pass
    window.stop()
    go_on.set()
    taker.join(PATIENCE)
    assert begun == [0]
    with pytest.raises(CancelledError):
        list(results)
