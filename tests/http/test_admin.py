"""The admin port: probes that wait behind nothing, and restarts."""

import resource
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from flask.testing import FlaskClient

from server.app import create_admin_app
from server.core.settings import Settings
from server.http.listener import Listener
from server.http.waitress_server import HttpServer
from server.services import make_services
from tests.conftest import Figure
from tests.fakes import FakePool, one_model
from tests.http.test_translation import GOOD, problem

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PATIENCE = 20.0
PROBES = ["/health_check", "/health_check/live", "/gpus"]


@pytest.fixture
def admin(pool: FakePool, settings: Settings) -> FlaskClient:
    return create_admin_app(make_services(pool, one_model(), settings)).test_client()


@pytest.mark.parametrize("path", PROBES)
def test_probes_are_on_both_ports(client: FlaskClient, admin: FlaskClient, path: str) -> None:
    assert admin.get(path).status_code == 200
    assert admin.get(path).get_json() == client.get(path).get_json()


def test_a_restart_is_accepted_and_shows_the_row(admin: FlaskClient, pool: FakePool) -> None:
    response = admin.post("/gpus/cuda:1/restart")
    assert response.status_code == 202
    [row] = response.get_json()["gpus"]
    assert (row["device"], row["state"]) == ("cuda:1", "restarting")
    assert [worker.state for worker in pool.workers] == ["ready", "restarting"]


@pytest.mark.parametrize("device", ["cuda:2", "secret", "cuda:0+cuda:1"])
def test_an_unknown_device_is_a_problem_that_lists_the_known(
    admin: FlaskClient, device: str
) -> None:
    answer = problem(admin.post(f"/gpus/{device}/restart"), 404, "unknown-device")
    assert answer["detail"] == "the workers are cuda:0, cuda:1"


def test_while_draining_nothing_is_restarted(admin: FlaskClient, pool: FakePool) -> None:
    pool.state = "draining"
    problem(admin.post("/gpus/cuda:0/restart"), 503, "unavailable")


def test_a_restart_is_no_get(admin: FlaskClient, pool: FakePool) -> None:
    assert admin.get("/gpus/cuda:0/restart").status_code == 405
    assert pool.workers[0].state == "ready"


def test_clients_cannot_restart(client: FlaskClient, pool: FakePool) -> None:
    problem(client.post("/gpus/cuda:0/restart"), 404, "not-found")
    assert pool.workers[0].state == "ready"


def test_the_admin_port_does_not_translate(admin: FlaskClient) -> None:
    problem(admin.post("/translation", json=GOOD), 404, "not-found")
    assert admin.get("/languages").status_code == 404


@pytest.mark.parametrize(
    ("port", "admin_port", "bound"),
    [(8000, None, 8001), (9000, None, 9001), (0, None, 0), (65_535, None, 0), (8000, 0, 0),
     (0, 9100, 9100)],
)  # fmt: skip
def test_the_default_is_the_port_after_that_of_the_clients(
    port: int, admin_port: int | None, bound: int
) -> None:
    assert Settings(port=port, admin_port=admin_port).admin_listen_port == bound


@pytest.fixture
def serve() -> Iterator[Callable[..., HttpServer]]:
    """`serve(app, settings, port=…, threads=…)`."""
    servers: list[HttpServer] = []

    def start(app: "WSGIApplication", settings: Settings, **options: Any) -> HttpServer:
        server = HttpServer(app, settings, **options)
        servers.append(server)
        server.start()
        return server

    yield start
    for server in servers:
        server.close()


def test_with_all_threads_for_clients_stuck_the_admin_port_answers(
    serve: Callable[..., HttpServer], pool: FakePool
) -> None:
    """Whatever holds them: here an application that never returns."""
    settings = Settings(port=0, http_threads=1)
    released = threading.Event()
    entered = threading.Semaphore(0)

    def stuck(_: "WSGIEnvironment", respond: "StartResponse") -> Iterable[bytes]:
        entered.release()
        released.wait(PATIENCE)
        respond("204 No Content", [])
        return []

    http = serve(stuck, settings)
    app = create_admin_app(make_services(pool, one_model(), settings))
    admin = serve(app, settings, listener=Listener(settings.host, 0), threads=1)
    threads = 9  # one for a translation, eight for probes
    with ThreadPoolExecutor(threads) as executor:
        requests = [executor.submit(httpx.get, http.url, timeout=PATIENCE) for _ in range(threads)]
        for _ in requests:
            assert entered.acquire(timeout=PATIENCE)
        with pytest.raises(httpx.ReadTimeout):
            httpx.get(f"{http.url}/health_check", timeout=0.5)
        for path in PROBES:
            assert httpx.get(f"{admin.url}{path}", timeout=PATIENCE).status_code == 200
        assert not released.is_set()
        released.set()
        assert {request.result().status_code for request in requests} == {204}


def test_22_a_thousand_idle_connections_do_not_keep_a_probe_waiting(
    serve: Callable[..., HttpServer], client: FlaskClient, pool: FakePool, figure: Figure
) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # both ends are in this process
    settings = Settings(port=0)
    main = httpx.URL(serve(client.application, settings).url)
    admin = serve(create_admin_app(make_services(pool, one_model(), settings)), settings, threads=2)
    with ExitStack() as stack:
        for _ in range(1_000):
            idle = socket.create_connection((main.host, main.port or 0), timeout=PATIENCE)
            stack.enter_context(idle)
        probe = stack.enter_context(httpx.Client(base_url=admin.url, timeout=PATIENCE))
        times = []
        for _ in range(100):
            begun = time.monotonic()
            assert probe.get("/health_check").status_code == 200
            times.append(time.monotonic() - begun)
    figure(f"99 of 100 probes within {sorted(times)[98] * 1e3:.0f} ms")
