"""waitress, with a shutdown that cuts no reply."""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from waitress import wasyncore
from waitress.adjustments import Adjustments

from server.core.settings import Settings
from server.glossaries.store import MAX_BODY_BYTES
from server.http.balance import Balance
from server.http.channel import ChannelServer
from server.http.event_loop import EventLoop
from server.http.listener import Listener
from server.http.task_threads import TaskThreads
from server.http.trusted_proxy import behind_proxy

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_PROBE_THREADS = 8  # in addition to those that wait for translations
# waitress closes the connection on a body over its limit while the client is still sending, which
# then sees a broken connection. Up to this multiple of our limit it reads on, and the client gets
# a 413.
_READ_BEYOND_LIMIT = 4


def _largest_body(settings: Settings) -> int:
    return max(_READ_BEYOND_LIMIT * settings.max_body_bytes, settings.max_job_bytes, MAX_BODY_BYTES)


class HttpServer:
    """An HTTP server whose event loop runs in a thread of its own."""

    def __init__(
        self,
        app: "WSGIApplication",
        settings: Settings,
        listener: Listener | None = None,
        threads: int | None = None,
        balance: Balance | None = None,
    ) -> None:
        """Connections queue from now on. Raises OSError where the port cannot be bound.

        `listener` and `threads` default to those for clients, `balance` to that of one front.
        """
        listener = listener or Listener(settings.host, settings.port)
        self.url = listener.url
        self._sockets = EventLoop()
        if settings.trusted_proxy:
            app = behind_proxy(app, settings.trusted_proxy)
        socket = listener.socket
        adjustments = Adjustments(
            connection_limit=settings.max_connections,
            ident=None,
            expose_tracebacks=False,
            log_socket_errors=False,
            max_request_body_size=_largest_body(settings),
            clear_untrusted_proxy_headers=False,  # `behind_proxy` reads them, and nothing else
        )
        self._server = ChannelServer(
            app,
            self._sockets,
            _sock=socket,
            dispatcher=TaskThreads(threads or settings.http_threads + _PROBE_THREADS),
            adj=adjustments,
            sockinfo=(socket.family, socket.type, socket.proto, socket.getsockname()),
            bind_socket=False,
            balance=balance or Balance(1),
        )
        self._loop = threading.Thread(target=self._server.run, name="http", daemon=True)

    def start(self) -> None:
        """Start answering."""
        self._loop.start()

    def call(self, function: Callable[[], None]) -> None:
        """Call a function in the event loop's thread, as soon as that is free."""
        self._server.trigger.pull_trigger(function)

    def stop_reading(self) -> None:
        """Accept no more connections and requests; finish those that are open."""
        self._server.stop_accepting()

    def busy(self) -> bool:
        """Return True if a request is unanswered, or an answer not fully passed to the kernel."""
        return any(
            channel.requests or channel.total_outbufs_len
            for channel in list(self._server.active_channels.values())
        )

    def close(self) -> None:
        """Close all connections, and end all threads that are not stuck in a request."""
        self._server.stop_accepting()
        self._server.task_dispatcher.shutdown()
        trigger = self._server.trigger
        # The loop may already be awake; it must not close the trigger while we pull it.
        with trigger.lock:
            # In the loop's thread, which is the only one that may touch its sockets.
            trigger.thunks.append(lambda: wasyncore.close_all(self._sockets))
            trigger.pull_trigger()
        self._loop.join()
