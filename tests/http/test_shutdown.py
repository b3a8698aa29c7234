"""SIGTERM: accepted requests are answered in full, then the process exits."""

import ctypes
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import httpx
import pytest

from tests.conftest import Figure
from tests.http import stub_server
from tests.http.test_translation import GOOD

PATIENCE = 20.0
# Servers are forks of a process that has imported all: to import it takes a second.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([stub_server.__name__])
_TGKILL = {"x86_64": 234, "aarch64": 131}.get(os.uname().machine)  # numbers of the system call

pytestmark = pytest.mark.slow  # a process for each test


@dataclass
class Server:
    """A server process."""

    process: ForkServerProcess
    url: str
    admin_url: str

    def post(self, text: str) -> httpx.Response:
        return httpx.post(f"{self.url}/translation", json={**GOOD, "text": text}, timeout=PATIENCE)

    def held_segments(self) -> int:
        return int(httpx.get(f"{self.url}/gpus").json()["queued_segments"])

    def health(self) -> str:
        return str(httpx.get(f"{self.url}/health_check").json()["status"])

    def ask_admin(self, path: str) -> httpx.Response:
        return httpx.get(f"{self.admin_url}{path}", timeout=PATIENCE)

    def signal(self, number: int = signal.SIGTERM) -> None:
        assert self.process.pid is not None
        os.kill(self.process.pid, number)

    def exit_code(self) -> int:
        self.process.join(PATIENCE)
        assert self.process.exitcode is not None, "it has not ended"
        return self.process.exitcode


@contextmanager
def running(mode: str) -> Iterator[Server]:
    reader, writer = FORKS.Pipe(duplex=False)
    process = FORKS.Process(target=stub_server.main, args=(mode, writer))
    process.start()
    writer.close()
    try:
        with open(reader.fileno(), closefd=False) as banner:
            yield Server(process, *banner.readline().split())
    finally:
        reader.close()
        process.kill()
        process.join()
        process.close()


@pytest.fixture
def executor() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as executor:
        yield executor


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true"
        time.sleep(0.01)


def refuses_connections(url: str) -> bool:
    try:
        httpx.get(f"{url}/health_check/live", timeout=0.2)
    except httpx.HTTPError:
        return True
    return False


def hold(server: Server, executor: ThreadPoolExecutor, count: int) -> list[Future[httpx.Response]]:
    """Send requests and return once the pool has accepted all of them."""
    requests = [executor.submit(server.post, f"text {i}") for i in range(count)]
    wait_until(lambda: server.held_segments() == count)
    return requests


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_accepted_requests_are_answered_before_the_exit(
    executor: ThreadPoolExecutor, number: int
) -> None:
    with running("finishing") as server:
        requests = hold(server, executor, 3)
        server.signal(number)
        answers = [request.result().json()["translation"] for request in requests]
        assert answers == ["TEXT 0", "TEXT 1", "TEXT 2"]
        assert server.exit_code() == 0


@pytest.mark.skipif(_TGKILL is None, reason="the number of a system call is not known here")
def test_a_signal_that_another_thread_receives() -> None:
    """The kernel chooses the thread; Python runs handlers in the main one, which must wake up."""
    with running("finishing") as server:
        pid = server.process.pid
        thread = max(map(int, os.listdir(f"/proc/{pid}/task")))
        assert thread != pid
        server.health()
        wait_until(lambda: " S " in Path(f"/proc/{pid}/stat").read_text())  # it waits
        # Python has no function for a thread of another process.
        assert ctypes.CDLL(None).syscall(_TGKILL, pid, thread, int(signal.SIGTERM)) == 0
        assert server.exit_code() == 0


def test_a_reply_under_way_is_sent_in_full(executor: ThreadPoolExecutor) -> None:
    with running("finishing") as server:
        sending = httpx.stream(
            "POST", f"{server.url}/translation", json={**GOOD, "text": "big"}, timeout=PATIENCE
        )
        opened = executor.submit(sending.__enter__)
        wait_until(lambda: server.held_segments() == 1)
        server.signal()
        response = opened.result()
        # The head is here and the rest fits no buffer: the process has to stay for it.
        server.process.join(1.0)
        assert server.process.is_alive()
        response.read()
        sending.__exit__(None, None, None)
        assert response.json()["translation"] == "X" * stub_server.EXPANSION
        assert server.exit_code() == 0


def test_the_admin_port_answers_to_the_end_of_the_drain(executor: ThreadPoolExecutor) -> None:
    with running("finishing") as server:
        sending = httpx.stream(
            "POST", f"{server.url}/translation", json={**GOOD, "text": "big"}, timeout=PATIENCE
        )
        opened = executor.submit(sending.__enter__)
        wait_until(lambda: server.held_segments() == 1)
        server.signal()
        response = opened.result()
        wait_until(lambda: refuses_connections(server.url))  # only the reply is left to send
        assert server.ask_admin("/health_check").status_code == 503
        assert server.ask_admin("/health_check").json()["status"] == "draining"
        assert server.ask_admin("/health_check/live").status_code == 200
        response.read()
        sending.__exit__(None, None, None)
        assert server.exit_code() == 0


def test_while_draining_health_is_503_and_new_work_is_refused(
    executor: ThreadPoolExecutor,
) -> None:
    with running("stuck") as server:
        (request,) = hold(server, executor, 1)
        server.signal()
        wait_until(lambda: server.health() == "draining")
        assert httpx.get(f"{server.url}/health_check").status_code == 503
        assert httpx.get(f"{server.url}/health_check/live").status_code == 200
        assert server.ask_admin("/health_check").json()["status"] == "draining"
        assert server.post("late").status_code == 503
        server.signal()
        assert request.result().status_code == 503


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_10_a_second_signal_ends_the_drain(
    executor: ThreadPoolExecutor, number: int, figure: Figure
) -> None:
    with running("stuck") as server:
        (request,) = hold(server, executor, 1)
        server.signal()
        wait_until(lambda: server.health() == "draining")
        begun = time.monotonic()
        server.signal(number)
        assert request.result().status_code == 503
        assert server.exit_code() == 128 + number
        figure(f"ended {time.monotonic() - begun:.2f} s after it")


def test_the_drain_ends_after_its_timeout(executor: ThreadPoolExecutor) -> None:
    with running("impatient") as server:
        (request,) = hold(server, executor, 1)
        server.signal()
        assert request.result().status_code == 503
        assert server.exit_code() == 0


def test_an_idle_server_exits_although_a_connection_is_open() -> None:
    with running("finishing") as server, httpx.Client(base_url=server.url) as client:
        client.get("/health_check/live")
        server.signal()
        assert server.exit_code() == 0
