"""A window runs many work items concurrently, in order and with bounded memory."""

import itertools
import queue
import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError

import pytest

from bulk.errors import RetryableError
from bulk.window import Window

TIMEOUT = 20.0  # seconds


def test_results_are_in_order_although_later_ones_are_ready_first() -> None:
    last_is_done = threading.Event()

    def work(number: int) -> int:
        if number == 0:
            assert last_is_done.wait(TIMEOUT)
        if number == 5:
            last_is_done.set()
        return number * 10

    assert list(Window(work, 3).map(range(6))) == [(i, i * 10) for i in range(6)]


def test_all_threads_work_concurrently() -> None:
    together = threading.Barrier(4)
    window: Window[int, int] = Window(lambda _: together.wait(TIMEOUT), 4)
    assert sorted(place for _, place in window.map(range(4))) == [0, 1, 2, 3]


def test_reading_ahead_is_bounded() -> None:
    read = 0

    def numbers() -> Iterator[int]:
        nonlocal read
        for number in itertools.count():
            read = number + 1
            yield number

    window: Window[int, int] = Window(lambda number: number, 3)
    results = window.map(numbers())
    for number in range(1_000):
        assert next(results) == (number, number)
        assert read <= number + 6


def test_nothing_is_read_while_the_window_is_full() -> None:
    """As the caller says, who knows what the items that have been read need."""
    ahead: list[int] = []  # read and not taken

    def numbers() -> Iterator[int]:
        for number in range(100):
            ahead.append(number)
            yield number

    window: Window[int, int] = Window(lambda number: number, 9)
    taken = []
    for number, _ in window.map(numbers(), lambda: len(ahead) >= 3):
        assert len(ahead) <= 3
        ahead.remove(number)
        taken.append(number)
    assert taken == list(range(100))


def test_an_error_is_raised_in_place_of_its_result() -> None:
    def work(number: int) -> int:
        if number % 2:
            raise RetryableError(f"{number} failed")
        return number

    results = Window(work, 2).map(range(9))
    assert next(results) == (0, 0)
    with pytest.raises(RetryableError, match="1 failed"):
        next(results)


def test_a_bug_ends_the_run_and_does_not_hang_it(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: queue.SimpleQueue[threading.ExceptHookArgs] = queue.SimpleQueue()
    monkeypatch.setattr(threading, "excepthook", shown.put)
    window: Window[int, int] = Window(lambda _: 1 // 0, 2)
    with pytest.raises(CancelledError):
        list(window.map([1]))
    assert shown.get(timeout=TIMEOUT).exc_type is ZeroDivisionError


def test_a_stopped_window_starts_nothing_more() -> None:
    started: list[int] = []
    busy, resume = threading.Event(), threading.Event()

    def work(number: int) -> int:
        started.append(number)
        busy.set()
        assert resume.wait(TIMEOUT)
        return number

    window = Window(work, 1)
    results = window.map(iter([0, 1]))
    taker = threading.Thread(target=next, args=[results])
    taker.start()
    assert busy.wait(TIMEOUT)
    while window._inbox.empty():  # the second item is added soon
        pass
    window.stop()
    resume.set()
    taker.join(TIMEOUT)
    assert started == [0]
    with pytest.raises(CancelledError):
        list(results)


def test_errors_after_a_stop_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests in progress fail somehow when their client is closed; nobody waits for them."""
    shown: queue.SimpleQueue[threading.ExceptHookArgs] = queue.SimpleQueue()
    monkeypatch.setattr(threading, "excepthook", shown.put)
    busy, closed = threading.Event(), threading.Event()

    def work(_: int) -> int:
        busy.set()
        assert closed.wait(TIMEOUT)
        raise RuntimeError("the client has been closed")

    window = Window(work, 1)
    results = window.map([1])

    def take() -> None:
        with pytest.raises(CancelledError):
            next(results)

    taker = threading.Thread(target=take)
    taker.start()
    assert busy.wait(TIMEOUT)
    window.stop()
    closed.set()
    taker.join(TIMEOUT)
    assert shown.empty()
