"""A server with two keys that processes documents, and DeepL's own client for it."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import deepl
import deepl.http_client
import pytest

from server.app import create_app
from server.auth.keys import digest_of
from server.core.settings import Settings
from server.core.state import open_state
from server.http.waitress_server import HttpServer
from server.jobs.store import open_jobs
from server.services import make_services
from tests.fakes import FakePool, one_model

KEY, OTHER, SMALL = "the-key", "another-key", "a-key-with-a-quota"
QUOTA = 20  # characters a month
KEYS = f"""
[cat-tool]
sha256 = "{digest_of(KEY)}"
[other]
sha256 = "{digest_of(OTHER)}"
[small]
sha256 = "{digest_of(SMALL)}"
characters_per_month = {QUOTA}
"""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    url: str
    stop: Callable[[], None]


@contextmanager
def serving(pool: FakePool, folder: Path, **values: Any) -> Iterator[str]:
    """Run a server that keeps its state in a folder; yield its URL."""
    defaults = {
        "port": 0,
        "max_characters": 1000,
        "api_keys_toml": KEYS,
        "jobs": folder / "jobs",
        "state": folder / "state",
    }
    settings = Settings(**{**defaults, **values})
    state = open_state(settings)
    services = make_services(pool, one_model(), settings, open_jobs(settings), state=state)
    server = HttpServer(create_app(services), settings)
    server.start()
    if services.jobs is not None:
        services.jobs.start()
    yield server.url
    server.close()
    if services.jobs is not None:
        services.jobs.close()
    services.access.close()


@pytest.fixture
def start(pool: FakePool, tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Start servers, one after the other, that keep their state in the same folder."""
    with ExitStack() as stack:

        def start(**values: Any) -> Server:
            running = ExitStack()
            url = running.enter_context(serving(pool, tmp_path, **values))
            stack.callback(running.close)
            return Server(url, running.close)

        yield start


@pytest.fixture(scope="module")
def idle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server for the requests of a whole module that it refuses."""
    with serving(FakePool(), tmp_path_factory.mktemp("idle")) as url:
        yield Server(url, lambda: None)


@pytest.fixture
def server(start: Callable[..., Server]) -> Server:
    return start()


@pytest.fixture
def connect(server: Server) -> Iterator[Callable[..., deepl.DeepLClient]]:
    """Return a client with a key, for the server or another one."""
    with ExitStack() as stack:

        def connect(key: str = KEY, url: str = server.url) -> deepl.DeepLClient:
            return stack.enter_context(closing(deepl.DeepLClient(key, server_url=url)))

        yield connect


@pytest.fixture
def translator(connect: Callable[..., deepl.DeepLClient]) -> deepl.DeepLClient:
    return connect()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Show the first answer, and let the client ask for documents every 20 ms, not every 5 s."""
    monkeypatch.setattr(deepl.http_client, "max_network_retries", 0)
    clock = SimpleNamespace(sleep=lambda _: time.sleep(0.02), time=time.time)
    monkeypatch.setattr("deepl.translator.time", clock)
