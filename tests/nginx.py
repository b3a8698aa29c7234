"""What tests of nginx's configurations share: where it is installed, and servers behind it."""

import functools
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from benchmarks.drill.proxy import NGINX

needs_nginx = pytest.mark.skipif(not NGINX, reason="nginx is not installed (Debian: nginx)")


class Backend:
    """A server that answers every request as it is told."""

    def __init__(self, name: str) -> None:
        self.status = 200
        self.breaks = False  # it closes the connection when it has received a request
        self.seen: list[tuple[str, str, bytes]] = []  # path, client, body
        backend = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"] or 0))
                backend.seen.append((self.path, self.headers["X-Forwarded-For"], body))
                if backend.breaks:
                    self.close_connection = True
                    return
                self.send_response(backend.status)
                self.send_header("Content-Length", str(len(name)))
                self.end_headers()
                self.wfile.write(name.encode())

            do_GET = do_POST  # noqa: N815 - the name that the class expects

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        serve = functools.partial(self._server.serve_forever, poll_interval=0.01)
        threading.Thread(target=serve, daemon=True).start()

    def stop(self) -> None:
        """Refuse connections from now on."""
        self._server.shutdown()
        self._server.server_close()
