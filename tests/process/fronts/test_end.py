"""The end of a server with several fronts: in order, or not.

The numbers are those of the rows in docs/reliability.md.
"""

import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.conftest import Figure
from tests.process.conftest import NO_TLS, TIMEOUT, wait_for
from tests.process.fronts.conftest import PAIR, Load, NodeServer, StartNode, is_pool_of, job
from tests.process.test_faults import is_alive

pytestmark = pytest.mark.slow  # several processes for each test

_CLIENTS = 16


def test_35_sigterm_ends_the_events_of_a_job(start_node: StartNode, tmp_path: Path) -> None:
    node = start_node("--jobs", str(tmp_path))
    texts = [f"slow {i} {'x' * 90}" for i in range(200)]
    body = {"text": texts, **PAIR}
    url = httpx.post(
        f"{node.url}/translation/jobs", json=body, timeout=TIMEOUT, verify=NO_TLS
    ).json()["url"]
    wait_for(lambda: job(node, url)["progress"]["done"] > 5, "some texts are translated")
    with httpx.stream("GET", f"{node.url}{url}/events", timeout=TIMEOUT, verify=NO_TLS) as events:
        assert next(events.iter_lines())
        assert node.terminate() == 0


def test_35_sigterm_loses_no_accepted_request(node: NodeServer, figure: Figure) -> None:
    folders = folders_of(node)
    with Load(node, _CLIENTS) as load:
        load.wait_for(40)
        children = node.children()
        assert node.terminate() == 0
    assert load.answers.keys() <= {200, 503}
    assert not load.wrong
    assert {refusal.json()["type"] for refusal in load.refused} <= {"urn:m2m-server:unavailable"}
    assert not any(map(is_alive, children.values()))
    assert folders
    assert not any(folder.exists() for folder in folders)
    figure(f"{load.answers[200]} requests answered, {len(load.refused)} refused, exit 0")


def folders_of(node: NodeServer) -> list[Path]:
    lines = Path("/proc/net/unix").read_text().splitlines()
    return [Path(line.split()[-1]).parent for line in lines if is_pool_of(line, node)]


def test_35_the_drain_waits_for_the_slowest_front(node: NodeServer) -> None:
    with ThreadPoolExecutor(4) as executor:
        requests = [
            executor.submit(node.translate, [f"slow {i} {j}" for j in range(40)]) for i in range(4)
        ]
        wait_for(lambda: node.accepted() == 160, "they are accepted")
        node.process.send_signal(signal.SIGTERM)
        wait_for(
            lambda: node.admin.get("/health_check").json()["status"] == "draining", "it drains"
        )
        assert node.health() in ("draining", "none")
        for request in requests:
            assert request.result(TIMEOUT).status_code == 200
        assert node.process.wait(TIMEOUT) == 0


def test_35_a_second_signal_ends_the_drain(node: NodeServer) -> None:
    with ThreadPoolExecutor(1) as executor:
        request = executor.submit(node.translate, [f"slow {i}" for i in range(100)])
        wait_for(lambda: node.outstanding() > 50, "it is accepted")
        node.process.send_signal(signal.SIGTERM)
        wait_for(
            lambda: node.admin.get("/health_check").json()["status"] == "draining", "it drains"
        )
        assert node.terminate(signal.SIGINT) == 128 + signal.SIGINT
        assert request.result(TIMEOUT).status_code == 503


def test_35_the_drain_ends_after_its_timeout(start_node: StartNode) -> None:
    node = start_node("--drain-timeout", "0.2")
    with ThreadPoolExecutor(1) as executor:
        request = executor.submit(node.translate, [f"slow {i}" for i in range(100)])
        wait_for(lambda: node.outstanding() > 50, "it is accepted")
        assert node.terminate() == 0
        assert request.result(TIMEOUT).status_code == 503


def test_36_no_process_outlives_a_killed_arbiter(node: NodeServer) -> None:
    workers = [row["pid"] for row in node.admin.get("/gpus").json()["gpus"]]
    family = [*node.children().values(), *workers]
    assert len(family) == 5
    node.process.kill()
    wait_for(lambda: not any(map(is_alive, family)), "all have ended")
