"""The threads that answer requests."""

import threading
from collections.abc import Iterator

import pytest

from server.http.task_threads import TaskThreads
from tests.process.conftest import TIMEOUT, wait_for


class Task:
    """Notes its thread; ends once it may."""

    def __init__(self, *, held: bool = False) -> None:
        self.thread = ""
        self.cancelled = False
        self.begun = threading.Event()
        self.may_end = threading.Event()
        self.done = threading.Event()
        if not held:
            self.may_end.set()

    def service(self) -> None:
        self.thread = threading.current_thread().name
        self.begun.set()
        assert self.may_end.wait(TIMEOUT)
        self.done.set()

    def cancel(self) -> None:
        self.cancelled = True


class Broken(Task):
    def service(self) -> None:
        super().service()
        raise RuntimeError("a text")


@pytest.fixture
def threads() -> Iterator[TaskThreads]:
    threads = TaskThreads(4)
    wait_for(lambda: len(threads._idle) == 4, "all wait")
    yield threads
    threads.shutdown()


def test_tasks_one_after_another_have_the_same_thread(threads: TaskThreads) -> None:
    used = set()
    for _ in range(50):
        task = Task()
        threads.add_task(task)
        assert task.done.wait(TIMEOUT)
        wait_for(lambda: len(threads._idle) == 4, "it waits again")
        used.add(task.thread)
    assert len(used) == 1


def test_tasks_at_a_time_have_threads_of_their_own_and_more_of_them_wait_in_order(
    threads: TaskThreads,
) -> None:
    held = [Task(held=True) for _ in range(4)]
    late = [Task() for _ in range(20)]
    for task in (*held, *late):
        threads.add_task(task)
    assert all(task.begun.wait(TIMEOUT) for task in held)
    assert len({task.thread for task in held}) == 4
    assert not any(task.begun.is_set() for task in late)
    held[0].may_end.set()
    assert all(task.done.wait(TIMEOUT) for task in late)
    assert {task.thread for task in late} == {held[0].thread}
    for task in held:
        task.may_end.set()


def test_an_error_of_a_task_costs_no_thread(
    threads: TaskThreads, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(10):
        threads.add_task(Broken())
    wait_for(lambda: len(threads._idle) == 4, "all wait again")
    assert "unexpected RuntimeError" in caplog.text
    assert "a text" not in caplog.text


def test_the_end_cancels_what_no_thread_does_yet() -> None:
    threads = TaskThreads(1)
    current, waiting = Task(held=True), Task()
    threads.add_task(current)
    threads.add_task(waiting)
    assert current.begun.wait(TIMEOUT)
    threading.Timer(0.05, current.may_end.set).start()
    threads.shutdown()
    assert current.done.is_set()
    assert waiting.cancelled
    assert not waiting.begun.is_set()
    assert not any(thread.is_alive() for thread in threads._threads)
