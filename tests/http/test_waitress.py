"""The real server: sockets, threads, connections that break."""

import gc
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from flask import Flask

from server.app import create_app
from server.core.settings import Settings
from server.http.waitress_server import HttpServer
from server.jobs.store import open_jobs
from server.services import make_services
from tests.conftest import Figure
from tests.fakes import FakePool, one_model
from tests.http.test_translation import GOOD

PATIENCE = 20.0  # seconds until a condition that does not come true fails a test


@pytest.fixture
def server(app: Flask, settings: Settings, pool: FakePool) -> Iterator[HttpServer]:
    server = HttpServer(app, settings)
    server.start()
    yield server
    pool.release()
    server.close()


@pytest.fixture
def http(server: HttpServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=PATIENCE) as client:
        yield client


def connect(server: HttpServer) -> socket.socket:
    host, _, port = server.url.removeprefix("http://").partition(":")
    return socket.create_connection((host, int(port)), timeout=PATIENCE)


def test_a_translation_over_a_socket(http: httpx.Client) -> None:
    response = http.post("/translation", json=GOOD)
    assert response.json()["translation"] == "HELLO"
    assert "Server" not in response.headers


def test_a_large_body_that_breaks_off_leaves_no_file_open(server: HttpServer) -> None:
    before = _deleted_files()
    gc.disable()  # it would close the file, with a warning
    try:
        with connect(server) as connection:
            connection.sendall(b"POST /translation HTTP/1.1\r\nHost: a\r\n")
            connection.sendall(b"Content-Length: 900000\r\n\r\n" + b"x" * 800_000)
            _wait_for(lambda: _deleted_files() > before)
        _wait_for(lambda: _deleted_files() == before)
    finally:
        gc.enable()


def test_a_large_answer_leaves_no_file_open_when_the_server_ends(
    app: Flask, settings: Settings
) -> None:
    before = _deleted_files()
    app.add_url_rule("/large", view_func=lambda: "x" * 30_000_000)
    server = HttpServer(app, settings)
    server.start()
    gc.disable()
    try:
        with httpx.Client(base_url=server.url, timeout=PATIENCE) as client:
            assert len(client.get("/large").content) == 30_000_000
            assert _deleted_files() > before  # the connection is kept, and so is its buffer
            server.close()
            _wait_for(lambda: _deleted_files() == before)
    finally:
        gc.enable()


def _deleted_files() -> int:
    """Return the number of open files without a name."""
    found = 0
    for descriptor in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # another thread has closed it
            found += "(deleted)" in str(descriptor.readlink())
    return found


def _wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("trusted", "client"),
    [(None, "127.0.0.1"), ("127.0.0.1", "10.1.2.3"), ("10.9.9.9", "127.0.0.1")],
)
def test_clients_behind_a_proxy_are_told_apart_where_it_is_trusted(
    app: Flask, pool: FakePool, trusted: str | None, client: str
) -> None:
    server = HttpServer(app, Settings(port=0, trusted_proxy=trusted))
    server.start()
    try:
        headers = {"X-Forwarded-For": "10.1.2.3"}
        reply = httpx.post(f"{server.url}/translation", json=GOOD, headers=headers)
        assert reply.status_code == 200
    finally:
        server.close()
    assert pool.askers == [(client, False)]


@pytest.mark.parametrize(
    ("trusted", "prefix"),
    [(None, ""), ("127.0.0.1", "/mt"), ("*", "/mt"), ("10.9.9.9", "")],
)
@pytest.mark.parametrize("given", ["/mt", "/mt/", "mt", "//mt", "/other, /mt"])
def test_addresses_have_the_prefix_of_a_trusted_proxy(
    tmp_path: Path, trusted: str | None, prefix: str, given: str
) -> None:
    settings = Settings(port=0, trusted_proxy=trusted, jobs=tmp_path / "jobs")
    services = make_services(FakePool(), one_model(), settings, open_jobs(settings))
    assert services.jobs is not None
    server = HttpServer(create_app(services), settings)
    server.start()
    headers = {
        "X-Forwarded-For": "10.1.2.3",
        "X-Forwarded-Prefix": given,
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "api.example.org",
    }
    try:
        reply = httpx.post(f"{server.url}/translation/jobs", json=GOOD, headers=headers)
        job = reply.json()
        state = httpx.get(server.url + reply.headers["Location"].removeprefix(prefix)).json()
    finally:
        server.close()
        services.jobs.close()
    assert reply.headers["Location"] == f"{prefix}/translation/jobs/{job['id']}"
    assert job["url"] == reply.headers["Location"]
    assert job["events_url"] == f"{job['url']}/events"
    assert state["url"] == f"/translation/jobs/{job['id']}"  # without the header


def test_probes_are_answered_while_every_slot_waits_and_one_more_request_is_refused(
    http: httpx.Client, pool: FakePool
) -> None:
    pool.holding = True
    with ThreadPoolExecutor(2) as executor:
        waiting: list[Future[httpx.Response]] = [
            executor.submit(http.post, "/translation", json=GOOD) for _ in range(2)
        ]
        pool.wait_until_holding(2)
        assert http.get("/health_check").status_code == 200
        refused = http.post("/translation", json=GOOD)
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")
        pool.release()
        assert [request.result().status_code for request in waiting] == [200, 200]
    pool.holding = False
    assert http.post("/translation", json=GOOD).status_code == 200  # its slot was given back


def test_20_a_client_that_hangs_up_cancels_its_segments(
    server: HttpServer, pool: FakePool, figure: Figure
) -> None:
    pool.holding = True
    body = json.dumps(GOOD).encode()
    with connect(server) as connection:
        connection.sendall(
            b"POST /translation HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
        )
        pool.wait_until_holding(1)
        cancelled = threading.Event()
        pool.futures[0].add_done_callback(lambda _: cancelled.set())
    begun = time.monotonic()
    assert cancelled.wait(PATIENCE)
    assert pool.futures[0].cancelled()
    figure(f"dropped {time.monotonic() - begun:.2f} s after; tokens wasted: 0")


def test_a_body_that_is_too_large_is_a_problem(http: httpx.Client, settings: Settings) -> None:
    for size in (settings.max_body_bytes + 1, 5 * settings.max_body_bytes):
        head = {"Content-Type": "application/json", "Content-Length": str(size)}
        with http.stream("POST", "/translation", headers=head, content=b" " * size) as response:
            assert response.status_code == 413
            assert response.headers["Content-Type"] == "application/problem+json"
            assert json.loads(response.read())["status"] == 413


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nBad Header\r\n\r\n",
        b"POST /translation HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /translation HTTP/1.1\r\nHost: x\r\nContent-Length: 1, 1\r\n\r\na",
        b"POST /translation HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"POST /translation HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
    ],
)
def test_malformed_http_is_refused_once_as_a_problem(
    server: HttpServer, request_bytes: bytes
) -> None:
    with connect(server) as connection:
        connection.sendall(request_bytes)
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert answer.count(b"HTTP/1.") == 1
    assert b"application/problem+json" in head
    assert b"X-Content-Type-Options: nosniff" in head
    assert json.loads(body)["status"] in (400, 501)


def test_two_lengths_make_one_request(server: HttpServer) -> None:
    with connect(server) as connection:
        connection.sendall(
            b"POST /translation HTTP/1.1\r\nHost: x\r\nContent-Length: 60\r\n"
            b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
            b"0\r\n\r\nGET /health_check/live HTTP/1.1\r\nHost: x\r\n\r\n"
        )
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    assert answer.count(b"HTTP/1.1 ") == 1


def test_a_server_that_stops_reading_finishes_what_it_has(
    server: HttpServer, http: httpx.Client, pool: FakePool
) -> None:
    pool.holding = True
    with ThreadPoolExecutor(1) as executor:
        request = executor.submit(http.post, "/translation", json=GOOD)
        pool.wait_until_holding(1)
        assert server.busy()
        server.stop_reading()
        pool.release()
        assert request.result().json()["translation"] == "HELLO"
    deadline = time.monotonic() + PATIENCE  # the client has its reply before the server's loop ends
    while server.busy():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_closing_while_others_wake_the_loop(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It once closed the trigger before the thread that was closing had pulled it."""
    server = HttpServer(app, settings)
    server.start()
    trigger = server._server.trigger
    pull = trigger._physical_pull

    def pull_after_another() -> None:
        pull()
        time.sleep(0.1)  # the loop has woken by now
        pull()

    monkeypatch.setattr(trigger, "_physical_pull", pull_after_another)
    server.close()


def test_a_port_in_use_is_an_os_error(server: HttpServer, app: Flask) -> None:
    port = int(server.url.rpartition(":")[2])
    with pytest.raises(OSError, match="in use"):
        HttpServer(app, Settings(port=port))


def test_an_ipv6_address_is_bracketed_in_the_url(app: Flask) -> None:
    server = HttpServer(app, Settings(host="::1", port=0))
    server.start()
    try:
        assert server.url.startswith("http://[::1]:")
        assert httpx.get(f"{server.url}/health_check/live").status_code == 200
    finally:
        server.close()
