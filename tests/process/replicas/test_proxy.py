"""Three servers behind nginx, as docs/nginx.conf has it, under load."""

import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest

from benchmarks.drill.ports import free_ports
from benchmarks.drill.postgresql import PostgreSql
from benchmarks.drill.proxy import Proxy
from tests.conftest import Figure
from tests.nginx import needs_nginx
from tests.process.conftest import NO_TLS, wait_for
from tests.process.replicas.load import Load
from tests.process.test_jobs import Server

pytestmark = needs_nginx
_SERVERS = 3


class Service:
    """Servers on ports of their own, and a proxy that has the address of all."""

    def __init__(self, folder: Path, database: str) -> None:
        self._folder = folder
        self._database = database
        self._ports = free_ports(_SERVERS + 1)
        self.servers = [self._start(i) for i in range(_SERVERS)]
        self.proxy = Proxy(folder, self._ports[:_SERVERS], self._ports[_SERVERS])

    def _start(self, place: int) -> Server:
        port = str(self._ports[place])
        server = Server(self._folder / f"server{place}", self._database, "", port)
        wait_for(partial(is_ready, server), "it is ready")
        return server

    def replace(self, place: int, number: int) -> int:
        """End a server with a signal, start another one on its port; return the exit code."""
        code = self.servers[place].end(number)
        self.servers[place] = self._start(place)
        return code

    def close(self) -> None:
        self.proxy.stop()
        for server in self.servers:
            server.close()


def is_ready(server: Server) -> bool:
    return bool(server.http.get("/health_check").json()["status"] == "ok")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, postgresql: PostgreSql) -> Iterator[Service]:
    """For tests that leave as many servers as they have found."""
    service = Service(tmp_path_factory.mktemp("service"), postgresql.create("behind_proxy"))
    yield service
    service.close()


@pytest.fixture
def own_service(tmp_path: Path, url: str) -> Iterator[Service]:
    service = Service(tmp_path, url)
    yield service
    service.close()


@pytest.mark.long
def test_a_rolling_update_under_load_fails_no_request(service: Service, figure: Figure) -> None:
    with Load(service.proxy.url) as load:
        for place in range(_SERVERS):
            go_on(load)
            assert service.replace(place, signal.SIGTERM) == 0
        go_on(load)
    figure(f"{dict(load.done)} done, {load.failed.total()} failed")
    assert load.failed == {}
    assert min(load.done[kind] for kind in ("text", "stream", "job")) > 0


@pytest.mark.long
def test_a_killed_server_fails_only_what_it_was_sending(service: Service, figure: Figure) -> None:
    """Each client has one request in flight; of these, an answer that has begun is lost."""
    with Load(service.proxy.url) as load:
        go_on(load)
        assert service.replace(0, signal.SIGKILL) == -signal.SIGKILL
        go_on(load)
    figure(f"{dict(load.done)} done, {dict(load.failed)} failed")
    assert not [cause for cause in load.failed if cause.startswith("text")]
    assert all(cause.endswith("RemoteProtocolError") for cause in load.failed)
    assert load.failed.total() <= 6, "one for each client that reads a stream"


def go_on(load: Load) -> None:
    """Wait for 30 more requests."""
    before = load.total()
    wait_for(lambda: load.total() >= before + 30, "requests are answered")


def test_events_pass_the_proxy_at_once(own_service: Service) -> None:
    """The second paragraph never ends, nor does its worker; the first one is here before."""
    body = {"text": "one\nspin", "source_language": "en", "target_language": "de", "timeout": 60}
    headers = {"Accept": "text/event-stream"}
    address = f"{own_service.proxy.url}/translation"
    with httpx.stream(
        "POST", address, json=body, headers=headers, timeout=60, verify=NO_TLS
    ) as answer:
        line = next(line for line in answer.iter_lines() if line.startswith("data"))
    assert "ONE" in line
