"""Servers over a fake pool, one text of which can be blocked."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.app import create_app
from server.core.settings import Settings
from server.http.waitress_server import HttpServer
from server.services import make_services
from tests.fakes import FakePool, one_model
from tests.process.cli.command import BLOCKED, TEXT, Serve
from tests.process.conftest import TIMEOUT


@pytest.fixture
def gate() -> threading.Event:
    """The text BLOCKED is translated once this event is set."""
    return threading.Event()


@pytest.fixture
def pool(gate: threading.Event) -> FakePool:
    def translate(text: str) -> str:
        if text == BLOCKED:
            assert gate.wait(TIMEOUT)
        return text.upper()

    return FakePool(translate=translate)


@pytest.fixture
def serve(pool: FakePool, gate: threading.Event) -> Iterator[Serve]:
    servers: list[HttpServer] = []

    def serve(**settings: int) -> str:
        limits = Settings(port=0, **settings)  # type: ignore[arg-type]
        server = HttpServer(create_app(make_services(pool, one_model(), limits)), limits)
        server.start()
        servers.append(server)
        return server.url

    yield serve
    gate.set()
    for server in servers:
        server.close()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "in.txt"
    path.write_bytes(TEXT)
    return path
