"""waitress, with a shutdown that cuts no reply."""

import json
import socket
import threading
from typing import TYPE_CHECKING

from waitress import create_server, wasyncore
from waitress.channel import HTTPChannel
from waitress.task import ErrorTask

from server.core.errors import PROBLEM_TYPE, http_problem
from server.core.settings import Settings
from server.http.security_headers import SECURITY_HEADERS

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_PROBE_THREADS = 8  # in addition to those that wait for translations
# waitress closes the connection on a body over its limit while the client is still sending, which
# then sees a broken connection. Up to this multiple of our limit it reads on, and the client gets
# a 413.
_READ_BEYOND_LIMIT = 4


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


class _Channel(HTTPChannel):  # type: ignore[misc]
    """One connection."""

    error_task_class = _ProblemTask

    def readable(self) -> bool:
        """Read no further request once the server accepts no further connection."""
        return bool(self.server.accepting and super().readable())


def _largest_body(settings: Settings) -> int:
    return max(_READ_BEYOND_LIMIT * settings.max_body_bytes, settings.max_job_bytes)


class HttpServer:
    """An HTTP server whose event loop runs in a thread of its own."""

    def __init__(
        self,
        app: "WSGIApplication",
        settings: Settings,
        port: int | None = None,
        threads: int | None = None,
    ) -> None:
        """Bind: connections queue from now on. Raises OSError where that is impossible.

        `port` and `threads` default to those for clients.
        """
        if port is None:
            port = settings.port
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        listener = socket.create_server((settings.host, port), family=family)
        host = f"[{settings.host}]" if family == socket.AF_INET6 else settings.host
        self.url = f"http://{host}:{listener.getsockname()[1]}"
        self._sockets: dict[int, wasyncore.dispatcher] = {}
        self._server = create_server(
            app,
            map=self._sockets,
            sockets=[listener],
            threads=threads or settings.http_threads + _PROBE_THREADS,
            connection_limit=settings.max_connections,
            asyncore_use_poll=True,
            ident=None,
            expose_tracebacks=False,
            log_socket_errors=False,
            max_request_body_size=_largest_body(settings),
            channel_request_lookahead=1,  # or a client that disconnects would go unnoticed
            trusted_proxy=settings.trusted_proxy,
            trusted_proxy_headers="x-forwarded-for" if settings.trusted_proxy else "",
        )
        self._server.channel_class = _Channel
        self._loop = threading.Thread(target=self._server.run, name="http", daemon=True)

    def start(self) -> None:
        """Start answering."""
        self._loop.start()

    def stop_reading(self) -> None:
        """Accept no more connections and requests; finish those that are open."""
        self._server.accepting = False
        self._server.pull_trigger()

    def busy(self) -> bool:
        """Return True if a request is unanswered, or an answer not fully passed to the kernel."""
        return any(
            channel.requests or channel.total_outbufs_len
            for channel in list(self._server.active_channels.values())
        )

    def close(self) -> None:
        """Close all connections, and end all threads that are not stuck in a request."""
        self._server.task_dispatcher.shutdown()
        trigger = self._server.trigger
        # The loop may already be awake; it must not close the trigger while we pull it.
        with trigger.lock:
            # In the loop's thread, which is the only one that may touch its sockets.
            trigger.thunks.append(lambda: wasyncore.close_all(self._sockets))
            trigger.pull_trigger()
        self._loop.join()
