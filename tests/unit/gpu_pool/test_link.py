"""Messages between two ends of a socket, one of which may read late, or be gone."""

import queue
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import partial

import pytest

from gpu_pool.event_queue import EventQueue
from gpu_pool.link import Link
from tests.process.conftest import TIMEOUT

Message = tuple[int, int, bytes]  # who sends it, its number, and what makes it long
SENDERS, MESSAGES = 4, 500
MORE_THAN_FITS = bytes(10_000)  # 20 MB in all: the kernel keeps a few hundred kilobytes


class End:
    """One end, which keeps what it receives; it is read in a thread with other events, or not."""

    def __init__(self, connected: socket.socket, *, with_events: bool) -> None:
        self.received: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self.closed = threading.Event()
        self.link: Link[Message, Message] = Link(
            connected, list, self.received.put, self.closed.set
        )
        self._events: EventQueue[str] | None = EventQueue() if with_events else None

    def start(self) -> None:
        self.link.start(self._events)
        if self._events is not None:
            self._events.open()
            threading.Thread(target=self._run, args=(self._events,), daemon=True).start()

    def _run(self, events: EventQueue[str]) -> None:
        while not self.closed.is_set():
            events.wait(TIMEOUT)
        events.close()


@pytest.fixture(params=[False, True], ids=["own thread", "thread with events"])
def ends(request: pytest.FixtureRequest) -> Iterator[tuple[End, End]]:
    first, second = (End(each, with_events=request.param) for each in socket.socketpair())
    with ExitStack() as stack:
        stack.callback(first.link.close)
        stack.callback(second.link.close)
        yield first, second


def send_many(end: End, sender: int) -> None:
    for number in range(MESSAGES):
        end.link.send((sender, number, MORE_THAN_FITS))


def test_nobody_waits_for_an_end_that_reads_late(ends: tuple[End, End]) -> None:
    early, late = ends
    early.start()
    threads = [
        threading.Thread(target=partial(send_many, early, i), daemon=True) for i in range(SENDERS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(TIMEOUT)
        assert not thread.is_alive(), "it waits for the other end"
    late.start()
    found = [late.received.get(timeout=TIMEOUT) for _ in range(SENDERS * MESSAGES)]
    for sender in range(SENDERS):
        numbers = [number for who, number, _ in found if who == sender]
        assert numbers == list(range(MESSAGES)), "all have arrived, in order"
    late.link.send((0, 0, b""))
    assert early.received.get(timeout=TIMEOUT) == (0, 0, b"")


@pytest.mark.parametrize("unsent", [0, MESSAGES])
def test_an_end_that_is_gone_is_noticed(ends: tuple[End, End], unsent: int) -> None:
    left, gone = ends
    left.start()
    for number in range(unsent):
        left.link.send((0, number, MORE_THAN_FITS))
    gone.start()
    gone.link.close()
    assert left.closed.wait(TIMEOUT)
    assert gone.closed.wait(TIMEOUT)
    left.link.send((0, 0, b""))  # dropped


def test_a_socket_is_not_closed_while_a_thread_sends() -> None:
    """Its descriptor might become another file, which would get the message."""
    ours, theirs = socket.socketpair()
    packing, continued, closed = threading.Event(), threading.Event(), threading.Event()

    def pack(items: Sequence[Message]) -> Sequence[Message]:
        packing.set()
        continued.wait(TIMEOUT)
        return items

    link: Link[Message, Message] = Link(ours, pack, lambda _: None, closed.set)
    link.start()
    sender = threading.Thread(target=link.send, args=[(0, 0, b"")], daemon=True)
    sender.start()
    assert packing.wait(TIMEOUT)
    theirs.close()
    assert not closed.wait(0.2)
    assert link.fileno() != -1
    continued.set()
    assert closed.wait(TIMEOUT)
    assert link.fileno() == -1


def test_what_is_sent_later_travels_together() -> None:
    ours, theirs = socket.socketpair()
    events: EventQueue[str] = EventQueue()
    packed: list[list[Message]] = []

    def pack(items: Sequence[Message]) -> list[Message]:
        packed.append(list(items))
        return packed[-1]

    sender: Link[Message, Message] = Link(ours, pack, lambda _: None, lambda: None)
    events.open()
    sender.start(events)
    receiver = End(theirs, with_events=False)
    receiver.start()
    messages = [(0, number, b"") for number in range(3)]
    for message in messages:
        sender.send_later(message)
    assert not packed
    events.wait(0.0)
    assert packed == [messages]
    assert [receiver.received.get(timeout=TIMEOUT) for _ in messages] == messages
    sender.send_later((0, 3, b""))
    events.close()  # what is left is sent, then the socket is closed
    assert receiver.received.get(timeout=TIMEOUT) == (0, 3, b"")
    assert receiver.closed.wait(TIMEOUT)
