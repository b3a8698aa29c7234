"""What wakes the thread of a pool: events of other threads, and sockets that it reads."""

import socket
import threading
from collections.abc import Iterator
from functools import partial

import pytest

from gpu_pool.event_queue import EventQueue
from tests.process.conftest import TIMEOUT

PRODUCERS, EVENTS = 4, 5_000
Message = tuple[int, int]


class Wire:
    """A socket that is read as events."""

    def __init__(self, connected: socket.socket, events: EventQueue[Message]) -> None:
        self._socket = connected
        self._events = events
        self.ended = False

    def fileno(self) -> int:
        return self._socket.fileno()

    def read(self) -> None:
        for number in self._socket.recv(100):
            self._events.put((0, number))

    def end(self) -> None:
        self.ended = True


@pytest.fixture
def events() -> Iterator[EventQueue[Message]]:
    made: EventQueue[Message] = EventQueue()
    made.open()
    yield made
    if not made.closed:
        made.close()


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def produce(events: EventQueue[Message], who: int) -> None:
    for number in range(EVENTS):
        events.put((who, number))


def test_no_event_of_any_thread_leaves_the_queue_asleep(events: EventQueue[Message]) -> None:
    threads = [threading.Thread(target=partial(produce, events, i)) for i in range(PRODUCERS)]
    for thread in threads:
        thread.start()
    found: list[Message] = []
    while len(found) < PRODUCERS * EVENTS:
        events.wait(TIMEOUT)  # an event that does not wake it costs this time
        event = events.pop()
        assert event is not None, "it slept although there were events to come"
        while event is not None:
            found.append(event)
            event = events.pop()
    for thread in threads:
        thread.join()
    for who in range(PRODUCERS):
        assert [number for each, number in found if each == who] == list(range(EVENTS))


def test_what_arrives_is_read_by_the_thread_that_waits(
    events: EventQueue[Message], pair: tuple[socket.socket, socket.socket]
) -> None:
    ours, theirs = pair
    wire = Wire(ours, events)
    events.watch(wire)
    theirs.send(b"\1\2")
    events.wait(TIMEOUT)
    assert [events.pop(), events.pop(), events.pop()] == [(0, 1), (0, 2), None]
    events.forget(wire)
    theirs.send(b"\3")
    events.wait(0.0)
    assert events.pop() is None


def test_a_socket_may_be_watched_before_the_queue_is_open(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = pair
    events: EventQueue[Message] = EventQueue()
    events.put((9, 9))
    events.watch(Wire(ours, events))
    theirs.send(b"\1")
    events.open()
    events.wait(TIMEOUT)
    assert [events.pop(), events.pop()] == [(9, 9), (0, 1)]
    events.close()


def test_what_is_postponed_is_called_once_before_the_thread_waits_or_at_the_end(
    events: EventQueue[Message],
) -> None:
    called: list[str] = []
    events.call_later(lambda: called.append("first"))
    assert not called
    events.wait(0.0)
    events.wait(0.0)
    assert called == ["first"]
    events.call_later(lambda: called.append("last"))
    events.close()
    assert called == ["first", "last"]


def test_a_closed_queue_ends_its_sockets_and_those_that_come_later(
    events: EventQueue[Message], pair: tuple[socket.socket, socket.socket]
) -> None:
    early, late = (Wire(each, events) for each in pair)
    events.watch(early)
    events.close()
    events.watch(late)
    events.put((0, 0))
    assert early.ended
    assert late.ended
    assert events.pop() == (0, 0)
