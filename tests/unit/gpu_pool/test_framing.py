"""Messages on a socket, which arrive in pieces or several at once."""

import socket
import threading
from collections.abc import Iterator

import pytest

from gpu_pool.framing import FrameReader, framed

Ends = tuple[socket.socket, FrameReader]
LONG = [bytes(1_000_000)]  # more than is read at a time, and more than the kernel keeps


@pytest.fixture
def ends() -> Iterator[Ends]:
    sender, receiver = socket.socketpair()
    with sender, receiver:
        yield sender, FrameReader(receiver)


def test_nothing_is_returned_until_all_of_a_frame_is_here(ends: Ends) -> None:
    sender, reader = ends
    for byte in framed(["a", 1]):
        assert reader.poll(0.0) == []
        sender.sendall(bytes([byte]))
    assert reader.poll(0.0) == ["a", 1]
    assert reader.poll(0.001) == []


@pytest.mark.parametrize("waiting", [True, False])
def test_frames_that_come_together_are_returned_together(ends: Ends, waiting: bool) -> None:
    sender, reader = ends
    sender.sendall(framed([1, 2]) + framed([3]) + framed([4])[:5])
    assert (reader.wait() if waiting else reader.poll(1.0)) == [1, 2, 3]
    assert reader.available() == []
    sender.sendall(framed([4])[5:])
    assert reader.wait() == [4]


@pytest.mark.parametrize("waiting", [True, False])
def test_a_long_frame(ends: Ends, waiting: bool) -> None:
    sender, reader = ends
    thread = threading.Thread(target=sender.sendall, args=(framed(LONG),))
    thread.start()
    found = reader.wait() if waiting else []
    while not found:
        found = reader.poll(1.0)
    assert found == LONG
    thread.join()


@pytest.mark.parametrize("sent", [0, 3, 20])
def test_the_end_of_the_other_side_is_an_error_even_within_a_frame(ends: Ends, sent: int) -> None:
    sender, reader = ends
    sender.sendall(framed(["a long message"])[:sent])
    sender.shutdown(socket.SHUT_WR)
    with pytest.raises(EOFError):
        reader.wait()
    with pytest.raises(EOFError):
        reader.poll(0.0)
