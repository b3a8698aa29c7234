"""A connection of waitress."""

import json
import socket
import threading
import time
from collections import deque
from functools import lru_cache
from typing import Any

from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask, WSGITask
from waitress.utilities import build_http_date

from server.core.errors import PROBLEM_TYPE, http_problem
from server.http.acceptor import Acceptor
from server.http.balance import Balance
from server.http.event_loop import EventLoop
from server.http.security_headers import SECURITY_HEADERS

_COMPARE_SECONDS = 1.0
_JOINED = 65_536  # bytes of a body that are copied, so that they are sent with the head
_serving = threading.local()
# Most answers are in the same second as the one before.
_http_date = lru_cache(maxsize=2)(build_http_date)


class _ProblemTask(ErrorTask):  # type: ignore[misc]
    """Answers what waitress refuses itself (malformed HTTP, sizes) with problem documents."""

    def execute(self) -> None:
        problem = http_problem(self.request.error.code)
        detail = "the request is malformed HTTP, or larger than the server accepts"
        body = json.dumps(problem.body(detail)).encode()
        self.status = f"{problem.status} {problem.title}"
        self.response_headers += [("Content-Type", PROBLEM_TYPE), *SECURITY_HEADERS.items()]
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class _Task(WSGITask):  # type: ignore[misc]
    """Answers a request; the head is sent with the first part of the body."""

    def build_response_header(self) -> bytes:
        # A client that has sent further requests already would have to send them again.
        if self.version == "1.1" and len(self.channel.requests) == 1 and self.channel.server.shed():
            self.set_close_on_finish()
        self.channel.head = self._usual_head() or super().build_response_header()
        return b""

    def _usual_head(self) -> bytes:
        """Return the head of most answers, without rewriting and sorting it as waitress does.

        Empty where the connection ends, or the client must be told the length in another way.
        """
        length = "Content-Length", str(self.content_length)
        asked = self.request.headers.get("CONNECTION", "").lower()
        if self.version != "1.1" or self.close_on_finish or asked == "close":
            return b""
        if length not in self.response_headers or not self.has_body:
            return b""
        lines = [f"{name}: {value}\r\n" for name, value in self.response_headers]
        date = _http_date(int(self.start_time))
        return f"HTTP/1.1 {self.status}\r\n{''.join(lines)}Date: {date}\r\n\r\n".encode("latin-1")

    def finish(self) -> None:
        super().finish()
        self.channel.send_head()


class Channel(HTTPChannel):  # type: ignore[misc]
    """One connection."""

    task_class = _Task
    error_task_class = _ProblemTask
    head = b""  # of an answer; not sent yet

    def readable(self) -> bool:
        """Read no further request once the server accepts no further connection."""
        return bool(self.server.accepting and super().readable())

    def handle_close(self) -> None:
        """Close the connection after its client, or an error, has ended it."""
        super().handle_close()
        self._close_files()

    def close(self) -> None:
        """Close the connection with the server."""
        super().close()
        self._close_files()

    def _close_files(self) -> None:
        """Close the files of large bodies: one that is received, and those being sent."""
        for buffer in self.outbufs:
            buffer.close()
        if self.request is not None:
            self.request.close()

    def check_client_disconnected(self) -> bool:
        """Return whether the client has closed the connection, or its half of it."""
        if not self.connected:
            return True
        try:
            return not self.socket.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def service(self) -> None:
        """Answer the next request."""
        _serving.channel = self
        super().service()

    def write_soon(self, data: Any) -> int:
        """Send a part of an answer; what the client cannot receive yet is kept."""
        if not data:
            return 0
        size = len(data)
        if self.head and isinstance(data, bytes) and size <= _JOINED:
            data, self.head = self.head + data, b""
        self.send_head()
        if isinstance(data, bytes):
            data = data[self._send_now(data) :]
        if data:
            super().write_soon(data)
        return size

    def _send_now(self, data: bytes) -> int:
        """Pass data to the kernel, unless earlier data waits; return how much of it was taken."""
        with self.outbuf_lock:
            if self.total_outbufs_len or not self.connected:
                return 0
            try:
                sent: int = self.socket.send(data)
            except OSError:
                return 0  # waitress will meet it, too
            self.last_activity = time.time()
            return sent

    def send_head(self) -> None:
        """Send the head, if it has not been sent yet."""
        head, self.head = self.head, b""
        if head:
            self.write_soon(head)


class ChannelServer(TcpWSGIServer):  # type: ignore[misc]
    """Runs the loop that adds connections, and reads from them."""

    channel_class = Channel
    _map: EventLoop

    def __init__(self, *arguments: Any, balance: Balance, **keywords: Any) -> None:
        """Like waitress's; accepts nothing yet."""
        self._balance = balance
        self._surplus = 0  # connections that other fronts should have
        self._compare_at = 0.0
        self._waiting: deque[tuple[socket.socket, Any]] = deque()  # accepted; the loop adds them
        super().__init__(*arguments, **keywords)
        self.socket.setblocking(True)  # the acceptor waits in `accept`
        self._acceptor = Acceptor(self.socket, self._accept, self._is_full)

    def readable(self) -> bool:
        """Look after the connections; the loop itself accepts none, the acceptor does.

        Called at least once a second, and when a connection has begun or ended.
        """
        now = time.time()
        if now >= self._compare_at:
            self._compare_at = now + _COMPARE_SECONDS
            self._surplus = self._balance.surplus(self._used_since(now - _COMPARE_SECONDS))
        if super().readable():
            self._acceptor.resume()
        return False

    def handle_close(self) -> None:
        """Go on: the listener has been shut down, but not the connections."""

    def stop_accepting(self) -> None:
        """Refuse connections from now on, and read no further request."""
        self.accepting = False
        self._acceptor.close()
        self.pull_trigger()

    def shed(self) -> bool:
        """Return True if the connection that is about to be answered should end with that."""
        if self._surplus <= 0:
            return False
        self._surplus -= 1
        return True

    def _used_since(self, begin: float) -> int:
        """Return how many connections have had a request since then, or have one now."""
        channels = list(self.active_channels.values())
        return sum([bool(each.requests) or each.last_activity >= begin for each in channels])

    def _is_full(self) -> bool:
        return len(self._map) + len(self._waiting) >= int(self.adj.connection_limit)

    def _accept(self, connection: socket.socket, address: Any) -> None:
        """Let the loop add a connection; called by the acceptor's thread."""
        self._waiting.append((connection, address))
        self.trigger.pull_trigger(self._add)

    def _add(self) -> None:
        connection, address = self._waiting[0]
        try:
            self.set_socket_options(connection)
            self.channel_class(self, connection, self.fix_addr(address), self.adj, self._map)
        except OSError:
            connection.close()  # its client has gone
        self._waiting.popleft()

    def maintenance(self, now: float) -> None:
        """Close idle connections."""
        super().maintenance(now)
        for channel in self.active_channels.values():
            if channel.will_close:
                self._map.arm(channel)

    def pull_trigger(self) -> None:
        """Notice a change: of the connection that this thread serves, or else of the server."""
        channel = getattr(_serving, "channel", None)
        if channel is None:
            super().pull_trigger()
        else:
            self._map.arm(channel)

    def run(self) -> None:
        """Accept, read and send until all sockets are closed."""
        self._map.run(self)
