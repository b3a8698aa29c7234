"""A running server of several processes, and clients that keep it busy."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, Self

import httpx
import pytest

from tests.process.conftest import NO_TLS, TIMEOUT, wait_for
from tests.process.test_faults import is_alive

PAIR = {"source_language": "en", "target_language": "de"}


def _is_stopped(pid: int) -> bool:
    """Return True if all threads of a process have stopped."""
    states = [
        file.read_text().rpartition(")")[2] for file in Path(f"/proc/{pid}/task").glob("*/stat")
    ]
    return all(state.split()[0] == "T" for state in states)


class NodeServer:
    """A server with stub workers, as a process with children."""

    def __init__(self, *flags: str) -> None:
        self._folder = tempfile.mkdtemp(prefix="fronts")  # a short path, as for Unix sockets
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "tests.process.fronts.node_server", *flags],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "TMPDIR": self._folder},
        )
        self.log = ""
        self._reader = threading.Thread(target=self._read_log)
        self._reader.start()
        assert self.process.stdout is not None
        banner = self.process.stdout.readline()
        if not banner:
            self.process.wait(TIMEOUT)
            self._reader.join(TIMEOUT)
            pytest.fail(f"the server has not started: {self.log}")
        self.url, self.admin_url = banner.split()
        self.admin = httpx.Client(base_url=self.admin_url, timeout=TIMEOUT)

    def _read_log(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.log += line

    def children(self) -> dict[str, int]:
        """Return the process ids of all children by their roles."""
        parent = self.process.pid
        listed = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        found: dict[str, int] = {}
        for pid in map(int, listed):
            with suppress(FileNotFoundError, ProcessLookupError):
                found[Path(f"/proc/{pid}/comm").read_text().strip().removeprefix("m2m ")] = pid
        return found

    def kill(self, role: str, number: int = signal.SIGKILL) -> int:
        """Send a signal to a child; return its process id, once it has stopped if it is to stop."""
        pid = self.children()[role]
        os.kill(pid, number)
        if number == signal.SIGSTOP:  # until then it may accept a connection
            wait_for(lambda: _is_stopped(pid), f"{role} has stopped")
        return pid

    def wait_until_replaced(self, role: str, pid: int) -> float:
        """Return the seconds until another process has the role."""
        begun = time.monotonic()
        wait_for(lambda: self.children().get(role, pid) != pid, f"{role} is replaced")
        return time.monotonic() - begun

    def health(self) -> str:
        """Return the status that a new connection to a front sees; "none" where none answers."""
        try:
            answer = httpx.get(f"{self.url}/health_check", timeout=TIMEOUT, verify=NO_TLS)
        except httpx.TransportError:
            return "none"
        return str(answer.json()["status"])

    def wait_until_ok(self) -> None:
        wait_for(lambda: self.health() == "ok", "the workers are ready")

    def outstanding(self) -> int:
        """Return the segments that wait or that workers hold."""
        body = self.admin.get("/gpus").json()
        held: int = sum(row["outstanding_segments"] for row in body["gpus"])
        return int(body["queued_segments"]) + held

    def accepted(self) -> int:
        """Return the segments that have been accepted so far, finished or not."""
        rows = self.admin.get("/gpus").json()["gpus"]
        finished: int = sum(row["finished_segments"] for row in rows)
        return self.outstanding() + finished

    def translate(self, text: str | list[str]) -> httpx.Response:
        """Translate on a connection of its own."""
        return httpx.post(
            f"{self.url}/translation", json={"text": text, **PAIR}, timeout=TIMEOUT, verify=NO_TLS
        )

    def terminate(self, number: int = signal.SIGTERM) -> int:
        """Send a signal; return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(TIMEOUT)

    def close(self) -> None:
        self.admin.close()
        if self.process.poll() is None:
            self.process.terminate()
            self.process.terminate()  # the second one ends the drain
            self.process.wait(TIMEOUT)
        self._reader.join(TIMEOUT)
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()
        shutil.rmtree(self._folder)


def job(node: NodeServer, url: str) -> dict[str, Any]:
    """Return the state of a job, from any front."""
    state: dict[str, Any] = httpx.get(f"{node.url}{url}", timeout=TIMEOUT, verify=NO_TLS).json()
    return state


def is_pool_of(line: str, node: NodeServer) -> bool:
    """Return True if a line of /proc/net/unix is the socket that this server's fronts connect to.

    Its folder is the one that the arbiter made.
    """
    path = line.rsplit(maxsplit=1)[-1]
    return "m2m-server-" in path and path.endswith(f"-{node.process.pid}/pool")


class Threads:
    """Clients that go on inside a `with` block; they look at `_stopping`."""

    def __init__(self, *targets: Callable[[], None]) -> None:
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=target) for target in targets]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()


class Load(Threads):
    """Clients that translate one text after another, and repeat what a broken connection lost.

    `answers` counts statuses, `broken` the connections that broke; `wrong` has what is not the
    translation of its text.
    """

    def __init__(self, server: NodeServer, clients: int = 16, text: str = "slow") -> None:
        self.answers: Counter[int] = Counter()
        self.broken: list[str] = []
        self.wrong: list[Any] = []
        self.refused: list[httpx.Response] = []
        self._server = server
        self._text = text
        self._lock = threading.Lock()
        super().__init__(*(partial(self._run, client) for client in range(clients)))

    def wait_for(self, answers: int) -> None:
        """Wait for so many further answers with status 200."""
        goal = self.answers[200] + answers
        wait_for(lambda: self.answers[200] >= goal, f"{answers} further answers")

    def _run(self, client: int) -> None:
        number = 0
        with httpx.Client(base_url=self._server.url, timeout=TIMEOUT) as http:
            while not self._stopping.is_set():
                text = f"{self._text} {client} {number}"
                try:
                    response = http.post("/translation", json={"text": text, **PAIR})
                except httpx.TransportError as error:
                    with self._lock:
                        self.broken.append(type(error).__name__)
                    if isinstance(error, httpx.ConnectError):
                        return  # the server is gone
                    continue
                number += 1
                with self._lock:
                    self._judge(text, response)
                if response.status_code != 200:
                    self._stopping.wait(0.05)

    def _judge(self, text: str, response: httpx.Response) -> None:
        self.answers[response.status_code] += 1
        if response.status_code != 200:
            self.refused.append(response)
        elif response.json()["translation"] != f"{text.upper()} de":
            self.wrong.append((text, response.json()))


StartNode = Callable[..., NodeServer]


@contextmanager
def _starting() -> Iterator[StartNode]:
    servers: list[NodeServer] = []

    def start(*flags: str, ready: bool = True) -> NodeServer:
        servers.append(NodeServer(*flags))
        if ready:
            servers[-1].wait_until_ok()
        return servers[-1]

    yield start
    for server in servers:
        children = server.children() if server.process.poll() is None else {}
        server.close()
        wait_for(lambda: not any(map(is_alive, children.values())), "no child is left")  # noqa: B023


@pytest.fixture
def start_node() -> Iterator[StartNode]:
    """`start_node("--fronts", "3")` returns a server that is ready; its processes are killed."""
    with _starting() as start:
        yield start


@pytest.fixture
def node(start_node: StartNode) -> NodeServer:
    return start_node()


@pytest.fixture(scope="module")
def shared_node() -> Iterator[NodeServer]:
    """A server for the tests of a file that leave it as they have found it."""
    with _starting() as start:
        yield start()
