"""`m2m-server-health`: whom it asks, and what it makes of the answer."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from server.commands.health import main


class AdminPort(HTTPServer):
    """Answers GET /health_check as told."""

    status = 200
    body = b'{"status": "ok"}'
    paths: list[str]


class _Handler(BaseHTTPRequestHandler):
    server: AdminPort

    def do_GET(self) -> None:
        self.server.paths.append(self.path)
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def admin() -> Iterator[AdminPort]:
    with AdminPort(("127.0.0.1", 0), _Handler) as server:
        server.paths = []
        thread = threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("status", "body", "code", "said"),
    [
        (200, b'{"status": "ok"}', 0, "ok"),
        (200, b'{"status": "degraded"}', 0, "degraded"),
        (503, b'{"status": "loading"}', 1, "loading"),
        (503, b'{"status": "draining"}', 1, "draining"),
        (200, b"<html>", 1, "no answer from 127.0.0.1 port"),
        (200, b"[]", 1, "no answer from 127.0.0.1 port"),
        (200, b"{}", 1, "no answer from 127.0.0.1 port"),
    ],
)
def test_the_exit_code_follows_the_answer(
    admin: AdminPort,
    capsys: pytest.CaptureFixture[str],
    status: int,
    body: bytes,
    code: int,
    said: str,
) -> None:
    admin.status, admin.body = status, body
    assert main(["--admin-port", str(admin.server_port)]) == code
    assert capsys.readouterr().out.startswith(said)
    assert admin.paths == ["/health_check"]


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "localhost"])
def test_the_address_is_the_servers(
    admin: AdminPort, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    monkeypatch.setenv("TRANSLATION_HOST", host)
    monkeypatch.setenv("TRANSLATION_PORT", str(admin.server_port - 1))
    assert main([]) == 0


def test_nobody_answers(admin: AdminPort, capsys: pytest.CaptureFixture[str]) -> None:
    admin.shutdown()  # or its thread would hold the socket open for a moment more
    admin.socket.close()
    assert main(["--admin-port", str(admin.server_port)]) == 1
    assert "refused" in capsys.readouterr().out


def test_a_port_that_nobody_can_know(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--port", "0"]) == 2
    assert "set --admin-port" in capsys.readouterr().err


def test_it_loads_no_more_than_the_settings() -> None:
    script = """
import sys, server.commands.health
heavy = {"torch", "transformers", "ctranslate2", "flask", "waitress", "huggingface_hub"}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", script], check=True)
