"""Connections of waitress: what their loop and threads must not lose."""

import os
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from server.core.settings import Settings
from server.http.balance import Balance
from server.http.event_loop import EventLoop
from server.http.waitress_server import HttpServer
from tests.http.test_waitress import PATIENCE, connect
from tests.process.conftest import wait_for

REQUEST = b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n"
BIG = 32 * 2**20  # bytes, more than any buffer on the way

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


@contextmanager
def serving(
    app: Application, balance: Balance | None = None, **settings: Any
) -> Iterator[HttpServer]:
    server = HttpServer(app, Settings(port=0, **settings), balance=balance)
    server.start()
    try:
        yield server
    finally:
        server.close()


def echo(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    body = environ["PATH_INFO"].encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


def big(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterator[bytes]:
    start_response("200 OK", [("Content-Length", str(BIG))])
    return (b"x" * 2**20 for _ in range(BIG >> 20))


def read_until(connection: socket.socket, end: bytes) -> bytes:
    received = b""
    while not received.endswith(end):
        data = connection.recv(65_536)
        assert data, received[-200:]
        received += data
    return received


def test_a_small_answer_arrives_in_one_piece() -> None:
    with serving(echo) as server, connect(server) as connection:
        for number in range(20):
            connection.sendall(REQUEST % number)
            assert connection.recv(65_536).endswith(b"\r\n\r\n/%d" % number)


def test_requests_sent_at_once_are_answered_in_order() -> None:
    with serving(echo) as server, connect(server) as connection:
        connection.sendall(b"".join(REQUEST % number for number in range(100)))
        answers = read_until(connection, b"/99")
        places = [answers.index(b"\r\n\r\n/%d" % number) for number in range(100)]
        assert places == sorted(places)


def test_a_client_that_reads_slowly_gets_all_of_a_large_answer() -> None:
    with serving(big) as server, connect(server) as connection:
        connection.sendall(REQUEST % 0)
        head, _, body = read_until(connection, b"x").partition(b"\r\n\r\n")
        size = len(body)
        while size < BIG:
            time.sleep(0.001)  # slower than the server writes
            size += len(connection.recv(2**20))
        assert size == BIG
        assert b"200 OK" in head


def test_a_client_that_leaves_a_large_answer_frees_its_thread() -> None:
    with serving(big, http_threads=1) as server:
        for _ in range(20):  # more than there are threads
            with connect(server) as connection:
                connection.sendall(REQUEST % 0)
                connection.recv(1)
        with connect(server) as connection:
            connection.sendall(REQUEST % 0)
            assert connection.recv(12) == b"HTTP/1.1 200"


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_an_answer_without_a_body_has_a_head(status: str) -> None:
    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        start_response(status, [])
        return []

    with serving(app) as server, connect(server) as connection:
        connection.sendall(REQUEST % 0)
        assert read_until(connection, b"\r\n\r\n").startswith(f"HTTP/1.1 {status}".encode())


def test_a_crowd_is_accepted_and_answered() -> None:
    with serving(echo) as server:
        crowd = [connect(server) for _ in range(300)]
        for number, connection in enumerate(crowd):
            connection.sendall(REQUEST % number)
        for number, connection in enumerate(crowd):
            with connection:
                assert read_until(connection, b"/%d" % number)


def test_connections_beyond_the_limit_wait_until_others_end() -> None:
    with serving(echo, max_connections=10) as server:
        first = [connect(server) for _ in range(10)]
        late = connect(server)
        late.sendall(REQUEST % 1)
        for connection in first:
            connection.close()
        late.settimeout(PATIENCE)
        with late:
            assert read_until(late, b"/1")


def test_once_no_request_is_read_connections_are_refused() -> None:
    """A client or proxy can go elsewhere at once, instead of waiting for the end."""
    with serving(echo) as server, connect(server) as connection:
        connection.sendall(REQUEST % 1)
        assert read_until(connection, b"/1")
        server.stop_reading()
        with pytest.raises(ConnectionRefusedError):
            connect(server)


def test_of_two_fronts_one_with_all_connections_ends_half_of_them() -> None:
    with ExitStack() as stack:
        server = stack.enter_context(serving(echo, balance=Balance(2)))
        connections = [stack.enter_context(connect(server)) for _ in range(8)]
        ended: set[socket.socket] = set()
        deadline = time.monotonic() + PATIENCE
        while len(ended) < 4 and time.monotonic() < deadline:
            for connection in connections:
                if connection not in ended:
                    connection.sendall(REQUEST % 1)
                    if b"\r\nConnection: close\r\n" in read_until(connection, b"/1"):
                        assert connection.recv(1) == b""
                        ended.add(connection)
        assert len(ended) == 4


def test_no_connection_is_ended_before_the_last_request_that_was_sent_on_it() -> None:
    with ExitStack() as stack:
        server = stack.enter_context(serving(echo, balance=Balance(2)))
        connections = [stack.enter_context(connect(server)) for _ in range(8)]
        ended = 0
        deadline = time.monotonic() + PATIENCE
        while not ended and time.monotonic() < deadline:
            for connection in connections:
                connection.sendall(b"".join(REQUEST % number for number in range(20)))
            answers = [read_until(connection, b"/19") for connection in connections]
            ended = sum(b"\r\nConnection: close\r\n" in answer for answer in answers)
        assert ended


def test_a_front_that_ends_at_its_start_leaves_no_other_one_busy() -> None:
    """waitress makes the socket non-blocking at first, for all processes that share it."""
    with serving(echo) as server:
        listener = server._server.socket.fileno()
        os.set_blocking(listener, False)
        for number in range(3):
            with connect(server) as connection:
                connection.sendall(REQUEST % number)
                assert read_until(connection, b"/%d" % number)
        wait_for(lambda: os.get_blocking(listener), "it waits in `accept` again")


@pytest.mark.parametrize(
    ("request_line", "header", "kept"),
    [
        (b"GET / HTTP/1.1", b"", True),
        (b"GET / HTTP/1.1", b"Connection: keep-alive\r\n", True),
        (b"GET / HTTP/1.1", b"Connection: Close\r\n", False),
        (b"GET / HTTP/1.0", b"", False),
        (b"GET / HTTP/1.0", b"Connection: keep-alive\r\n", True),
    ],
)
def test_a_connection_is_kept_as_the_client_asks(
    request_line: bytes, header: bytes, kept: bool
) -> None:
    with serving(echo) as server, connect(server) as connection:
        for _ in range(2 if kept else 1):
            connection.sendall(request_line + b"\r\nHost: x\r\n" + header + b"\r\n")
            head = read_until(connection, b"\r\n\r\n/").decode().lower()
            assert head.count("\r\ndate: ") == head.count("\r\ncontent-length: 1\r\n") == 1
        connection.settimeout(PATIENCE if not kept else 0.05)
        if kept:
            with pytest.raises(TimeoutError):
                connection.recv(1)
        else:
            assert connection.recv(1) == b""


@pytest.mark.parametrize("leave", ["send more", "half-close", "close", "reset"])
def test_the_loop_rests_while_a_request_is_answered(
    monkeypatch: pytest.MonkeyPatch, leave: str
) -> None:
    begun, finish, handled = threading.Event(), threading.Event(), []
    handle = EventLoop._handle

    def slow(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        begun.set()
        assert finish.wait(PATIENCE)
        return echo(environ, start_response)

    def count(loop: EventLoop, descriptor: int, events: int) -> None:
        handled.append(descriptor)
        handle(loop, descriptor, events)

    with serving(slow) as server, connect(server) as connection:
        connection.sendall(REQUEST % 1)
        assert begun.wait(PATIENCE)
        monkeypatch.setattr(EventLoop, "_handle", count)
        if leave == "send more":
            connection.sendall(REQUEST % 2)
        elif leave == "half-close":
            connection.shutdown(socket.SHUT_WR)
        else:
            if leave == "reset":
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()
        time.sleep(0.3)
        assert len(handled) <= 3  # epoll reports it once or twice, and then no more
        finish.set()
        if leave == "send more":
            assert b"/1" in read_until(connection, b"/2")
        else:
            wait_for(lambda: not server.busy(), "the connection has ended")
