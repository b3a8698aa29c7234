"""Messages between two ends of a socket, one of which may read late, or be gone."""

import queue
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial

import pytest

from gpu_pool.link import Link
from tests.process.conftest import TIMEOUT

Message = tuple[int, int, bytes]  # who sends it, its number, and what makes it long
SENDERS, MESSAGES = 4, 500
MORE_THAN_FITS = bytes(10_000)  # 20 MB in all: the kernel keeps a few hundred kilobytes


class End:
    """One end, which keeps what it receives."""

    def __init__(self, connected: socket.socket) -> None:
        self.received: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self.closed = threading.Event()
        self.link: Link[Message, Message] = Link(
            connected, list, self.received.put, self.closed.set
        )


@pytest.fixture
def ends() -> Iterator[tuple[End, End]]:
    first, second = map(End, socket.socketpair())
    with ExitStack() as stack:
        stack.callback(first.link.close)
        stack.callback(second.link.close)
        yield first, second


def send_many(end: End, sender: int) -> None:
    for number in range(MESSAGES):
        end.link.send((sender, number, MORE_THAN_FITS))


def test_nobody_waits_for_an_end_that_reads_late(ends: tuple[End, End]) -> None:
    early, late = ends
    early.link.start()
    threads = [
        threading.Thread(target=partial(send_many, early, i), daemon=True) for i in range(SENDERS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(TIMEOUT)
        assert not thread.is_alive(), "it waits for the other end"
    late.link.start()
    found = [late.received.get(timeout=TIMEOUT) for _ in range(SENDERS * MESSAGES)]
    for sender in range(SENDERS):
        numbers = [number for who, number, _ in found if who == sender]
        assert numbers == list(range(MESSAGES)), "all have arrived, in order"
    late.link.send((0, 0, b""))
    assert early.received.get(timeout=TIMEOUT) == (0, 0, b"")


@pytest.mark.parametrize("unsent", [0, MESSAGES])
def test_an_end_that_is_gone_is_noticed(ends: tuple[End, End], unsent: int) -> None:
    left, gone = ends
    left.link.start()
    for number in range(unsent):
        left.link.send((0, number, MORE_THAN_FITS))
    gone.link.start()
    gone.link.close()
    assert left.closed.wait(TIMEOUT)
    assert gone.closed.wait(TIMEOUT)
    left.link.send((0, 0, b""))  # dropped
