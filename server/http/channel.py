"""A connection of waitress."""

import json
import socket
import threading
from typing import Any

from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask, WSGITask

from server.core.errors import PROBLEM_TYPE, http_problem
from server.http.event_loop import EventLoop
from server.http.security_headers import SECURITY_HEADERS

_ACCEPTED_AT_ONCE = 8  # connections; other processes that share the listener want some too
_JOINED = 65_536  # bytes of a body that are copied, so that they are sent with the head
_serving = threading.local()


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
        self.channel.head = super().build_response_header()
        return b""

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
        """Send a part of an answer, or keep it until the client can receive it."""
        if not data:
            return 0
        if self.head and isinstance(data, bytes) and len(data) <= _JOINED:
            data, self.head = self.head + data, b""
        self.send_head()
        return int(super().write_soon(data))

    def send_head(self) -> None:
        """Send the head, if it has not been sent yet."""
        head, self.head = self.head, b""
        if head:
            super().write_soon(head)


class ChannelServer(TcpWSGIServer):  # type: ignore[misc]
    """Accepts connections, and runs the loop that reads from them."""

    channel_class = Channel
    _map: EventLoop

    def handle_accept(self) -> None:
        """Accept several connections: with one at a time, the last of a crowd waits for seconds."""
        for _ in range(_ACCEPTED_AT_ONCE):
            before = len(self._map)
            super().handle_accept()
            if len(self._map) == before or before + 1 >= self.adj.connection_limit:
                break

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
