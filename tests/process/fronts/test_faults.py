"""Faults of the processes of a server with several fronts; workers are stubs.

The numbers are those of the rows in docs/reliability.md.
"""

import os
import resource
import signal
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.conftest import Figure
from tests.process.conftest import NO_TLS, TIMEOUT, wait_for
from tests.process.fronts.conftest import PAIR, Load, NodeServer, StartNode, is_pool_of, job
from tests.process.test_faults import is_alive

pytestmark = pytest.mark.slow  # several processes for each test

_CLIENTS = 16
_ANSWERS = 40  # before a fault, and after it


def idle_connections(url: str, count: int, stack: ExitStack) -> list[socket.socket]:
    """Open connections and send nothing."""
    parts = urlsplit(url)
    assert parts.hostname
    assert parts.port
    place = (parts.hostname, parts.port)
    return [
        stack.enter_context(socket.create_connection(place, timeout=TIMEOUT)) for _ in range(count)
    ]


@contextmanager
def many_descriptors() -> Iterator[None]:
    """Allow this process as many as possible."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_29_a_killed_front_breaks_its_own_connections_only(
    shared_node: NodeServer, figure: Figure
) -> None:
    with Load(shared_node, _CLIENTS) as load:
        load.wait_for(_ANSWERS)
        killed = shared_node.kill("front 0")
        seconds = shared_node.wait_until_replaced("front 0", killed)
        load.wait_for(_ANSWERS)
        survivor = shared_node.children()["front 1"]
    assert load.answers.keys() == {200}
    assert not load.wrong
    assert len(load.broken) <= _CLIENTS
    assert set(load.broken) <= {"RemoteProtocolError", "ReadError", "WriteError"}
    assert shared_node.children()["front 1"] == survivor
    wait_for(lambda: shared_node.outstanding() == 0, "no worker works for the dead front")
    figure(f"replaced after {seconds * 1e3:.0f} ms; {len(load.broken)} connections broken")


def test_29_the_work_of_a_killed_front_is_dropped(shared_node: NodeServer) -> None:
    before = shared_node.accepted()
    with ThreadPoolExecutor(1) as executor:
        texts = [f"slow {i}" for i in range(100)]
        request = executor.submit(shared_node.translate, texts)
        wait_for(lambda: shared_node.outstanding() > 50, "it is accepted")
        for role in ("front 0", "front 1"):
            shared_node.kill(role)
        assert isinstance(request.exception(TIMEOUT), httpx.TransportError)
    wait_for(lambda: shared_node.outstanding() == 0, "nothing is left of it")
    assert shared_node.accepted() < before + len(texts), "it has not been finished"
    assert shared_node.translate("a").json()["translation"] == "A de"


def test_30_a_killed_pool_process_is_replaced_with_its_workers(
    shared_node: NodeServer, figure: Figure
) -> None:
    workers = [row["pid"] for row in shared_node.admin.get("/gpus").json()["gpus"]]
    with Load(shared_node, _CLIENTS) as load:
        load.wait_for(_ANSWERS)
        fronts = {role: pid for role, pid in shared_node.children().items() if role != "pool"}
        killed, begun = shared_node.kill("pool"), time.monotonic()
        shared_node.wait_until_replaced("pool", killed)
        shared_node.wait_until_ok()
        seconds = time.monotonic() - begun
        load.wait_for(_ANSWERS)
    assert load.answers.keys() <= {200, 503}
    assert load.refused, "the work in progress was lost"
    assert all(int(refusal.headers["Retry-After"]) > 0 for refusal in load.refused)
    assert {refusal.json()["type"] for refusal in load.refused} == {"urn:m2m-server:unavailable"}
    assert not load.wrong
    assert not load.broken
    assert {role: pid for role, pid in shared_node.children().items() if role != "pool"} == fronts
    assert not any(map(is_alive, workers))
    assert shared_node.admin.get("/health_check").json()["status"] == "ok"
    figure(f"serving again after {seconds:.1f} s; {len(load.refused)} requests answered with 503")


def test_30_while_the_pool_process_is_away_requests_are_refused(start_node: StartNode) -> None:
    node = start_node("--hang-timeout", "7")
    stopped = node.kill("pool", signal.SIGSTOP)
    health = httpx.get(f"{node.url}/health_check", timeout=TIMEOUT, verify=NO_TLS)
    assert health.status_code == 503
    assert "does not respond" in health.json()["detail"]
    assert int(health.headers["Retry-After"]) > 0
    assert (
        httpx.get(f"{node.url}/health_check/live", timeout=TIMEOUT, verify=NO_TLS).status_code
        == 200
    )
    assert httpx.get(f"{node.url}/languages", timeout=TIMEOUT, verify=NO_TLS).status_code == 200
    refusal = node.translate("a")  # waits until it is certain
    assert (refusal.status_code, refusal.json()["type"]) == (503, "urn:m2m-server:unavailable")
    node.wait_until_replaced("pool", stopped)
    node.wait_until_ok()
    assert node.translate("a").json()["translation"] == "A de"
    assert "process 'pool' was silent for 7 s; killed" in node.log


@pytest.mark.parametrize("role", ["pool", "jobs", "front 0"])
def test_30_a_job_survives_the_death_of_a_process(
    start_node: StartNode, tmp_path: Path, role: str
) -> None:
    node = start_node("--jobs", str(tmp_path))
    texts = [f"slow {i} {'x' * 90}" for i in range(40)]
    with httpx.Client(base_url=node.url, timeout=TIMEOUT) as http:
        url = http.post("/translation/jobs", json={"text": texts, **PAIR}).json()["url"]
    wait_for(lambda: job(node, url)["progress"]["done"] > 5, "some texts are translated")
    node.wait_until_replaced(role, node.kill(role))
    wait_for(lambda: job(node, url)["status"] == "done", "the job is done")
    result = httpx.get(f"{node.url}{url}/result", timeout=TIMEOUT, verify=NO_TLS).json()
    assert result["translation"] == [f"{text.upper()} de" for text in texts]


def test_31_a_stopped_front_gets_no_new_connection(shared_node: NodeServer) -> None:
    stopped = shared_node.kill("front 0", signal.SIGSTOP)
    for i in range(20):
        assert shared_node.translate(f"text {i}").json()["translation"] == f"TEXT {i} de"
    assert shared_node.children()["front 0"] == stopped
    assert "State:\tT" in Path(f"/proc/{stopped}/status").read_text(), "it has answered none"
    shared_node.kill("front 0", signal.SIGCONT)  # or the drain would wait for it


def test_31_a_stopped_front_is_replaced_and_its_clients_are_freed(
    start_node: StartNode, figure: Figure
) -> None:
    node = start_node("--hang-timeout", "4", "--fronts", "3")
    with Load(node, _CLIENTS) as load:
        load.wait_for(_ANSWERS)
        stopped = node.kill("front 1", signal.SIGSTOP)
        seconds = node.wait_until_replaced("front 1", stopped)
        load.wait_for(_ANSWERS)
    assert load.answers.keys() == {200}
    assert not load.wrong
    assert len(load.broken) <= _CLIENTS
    assert not is_alive(stopped)
    figure(f"replaced {seconds:.1f} s after it was stopped, limit 4 s")


def test_32_a_front_that_cannot_reach_the_pool_refuses_until_it_can(
    node: NodeServer, tmp_path: Path
) -> None:
    fronts = {role: pid for role, pid in node.children().items() if role.startswith("front")}
    unix_sockets = Path("/proc/net/unix").read_text().splitlines()
    [path] = {Path(line.split()[-1]) for line in unix_sockets if is_pool_of(line, node)}
    path.rename(tmp_path / "elsewhere")
    for role, pid in fronts.items():
        os.kill(pid, signal.SIGKILL)
        node.wait_until_replaced(role, pid)
    refusal = node.translate("a")
    assert (refusal.status_code, refusal.json()["type"]) == (503, "urn:m2m-server:unavailable")
    assert int(refusal.headers["Retry-After"]) > 0
    health = httpx.get(f"{node.url}/health_check", timeout=TIMEOUT, verify=NO_TLS)
    assert (health.status_code, health.json()["detail"]) == (
        503, "the pool cannot be reached: No such file or directory",
    )  # fmt: skip
    assert node.admin.get("/health_check").json()["status"] == "ok"
    (tmp_path / "elsewhere").rename(path)
    assert node.translate("a").json()["translation"] == "A de"


def test_33_a_thousand_idle_connections(shared_node: NodeServer, figure: Figure) -> None:
    with many_descriptors(), ExitStack() as stack:
        idle_connections(shared_node.url, 1_000, stack)
        begun = time.monotonic()
        for i in range(20):
            assert shared_node.translate(f"text {i}").json()["translation"] == f"TEXT {i} de"
        figure(f"20 requests beside them in {(time.monotonic() - begun) * 1e3:.0f} ms")
        assert shared_node.admin.get("/health_check").status_code == 200


def test_34_without_descriptors_a_front_serves_the_connections_it_has(node: NodeServer) -> None:
    with httpx.Client(base_url=node.url, timeout=TIMEOUT) as early, ExitStack() as stack:
        assert early.post("/translation", json={"text": "a", **PAIR}).status_code == 200
        for role in ("front 0", "front 1"):
            pid = node.children()[role]
            used = len(list(Path(f"/proc/{pid}/fd").iterdir()))
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (used + 4, used + 4))
        waiting = idle_connections(node.url, 40, stack)  # most of them in the backlog
        assert early.post("/translation", json={"text": "b", **PAIR}).status_code == 200
        assert node.admin.get("/health_check").status_code == 200
        for connection in waiting:
            connection.close()
        assert node.translate("c").json()["translation"] == "C de"
    assert "died" not in node.log


def test_34_without_descriptors_the_pool_process_takes_a_front_later(node: NodeServer) -> None:
    pid = node.children()["pool"]
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, before[1]))  # all are in use
    for role in ("front 0", "front 1"):
        killed = node.kill(role)
        node.wait_until_replaced(role, killed)
    wait_for(lambda: "no front can be accepted: Too many open files" in node.log, "it is reported")
    resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
    wait_for(lambda: node.translate("a").status_code == 200, "the fronts are accepted")
    node.wait_until_ok()
    assert node.children()["pool"] == pid
    assert "Traceback" not in node.log
