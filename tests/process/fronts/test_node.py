"""A server of several processes looks like one server."""

import os
import re
import signal
import subprocess
import sys
from itertools import chain
from pathlib import Path

import httpx
import pytest

from tests.process.conftest import NO_TLS, TIMEOUT, wait_for
from tests.process.fronts.conftest import PAIR, NodeServer, StartNode

pytestmark = pytest.mark.slow  # several processes for each test


def sample(metrics: str, name: str) -> float:
    found = re.search(rf"^{re.escape(name)} (\S+)$", metrics, re.MULTILINE)
    assert found, f"no {name} in {metrics}"
    return float(found[1])


def test_one_scrape_sees_all_processes(node: NodeServer) -> None:
    for i in range(30):
        assert node.translate(f"text {i}").status_code == 200
    metrics = node.admin.get("/metrics").text
    assert sample(metrics, 'm2m_texts_total{client=""}') == 30
    name = 'm2m_http_requests_total{method="POST",route="/translation",status="200"}'
    assert sample(metrics, name) == 30
    assert sample(metrics, 'm2m_worker_state{device="cpu:0",model="plain",state="ready"}') == 1


def test_all_fronts_answer(shared_node: NodeServer) -> None:
    pids = {role: pid for role, pid in shared_node.children().items() if role.startswith("front")}
    for role in pids:  # the other one is stopped for a moment
        others = [other for other in pids if other != role]
        for other in others:
            shared_node.kill(other, signal.SIGSTOP)
        assert shared_node.translate(f"by {role}").json()["translation"] == f"BY {role.upper()} de"
        for other in others:
            shared_node.kill(other, signal.SIGCONT)


def test_a_worker_is_restarted_from_the_admin_port(shared_node: NodeServer) -> None:
    before = shared_node.admin.get("/gpus").json()["gpus"][0]
    assert shared_node.admin.post("/gpus/cpu:0/restart").status_code == 202
    wait_for(lambda: shared_node.health() == "ok", "it is back")
    rows = httpx.get(f"{shared_node.url}/gpus", timeout=TIMEOUT, verify=NO_TLS).json()["gpus"]
    assert rows[0]["pid"] != before["pid"]
    assert rows[0]["restarts"] == before["restarts"] + 1


def test_a_text_that_crashes_workers_is_blamed(shared_node: NodeServer) -> None:
    answer = shared_node.translate(["a", "die", "b"])
    assert (answer.status_code, answer.json()["type"]) == (500, "urn:m2m-server:quarantined")
    assert answer.json()["field"] == "text[1]"
    assert "secret" not in shared_node.log


def test_without_jobs_there_is_no_process_for_them(shared_node: NodeServer) -> None:
    assert set(shared_node.children()) == {"pool", "front 0", "front 1"}
    answer = httpx.post(
        f"{shared_node.url}/translation/jobs",
        json={"text": ["a"], **PAIR},
        timeout=TIMEOUT,
        verify=NO_TLS,
    )
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:m2m-server:jobs-off")


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--api-keys", "missing.toml"], "API keys: missing.toml: No such file"),
        (["--detector", "missing.bin"], "detector missing.bin: No such file"),
        (["--detector", __file__], "it is not a file of fastText"),
        (["--glossaries", "missing"], "glossary"),
        (["--model", "/"], "is not a checkpoint"),
    ],
)
def test_an_error_at_the_start_is_explained_and_leaves_nothing(
    tmp_path: Path, flags: list[str], message: str
) -> None:
    command = [sys.executable, "-m", "server", "--fronts", "2", "--port", "0", "--devices", "cpu"]
    result = subprocess.run(
        [*command, *flags, "--jobs", "off"],
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert (result.returncode, result.stdout) == (1, "")
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert not list(tmp_path.iterdir())


def test_fronts_and_pool_keep_to_a_core_and_workers_do_not(shared_node: NodeServer) -> None:
    cores = os.sched_getaffinity(0)
    confined = [pid for role, pid in shared_node.children().items() if role != "jobs"]
    assert {len(os.sched_getaffinity(pid)) for pid in confined} == {1}
    assert {*chain.from_iterable(map(os.sched_getaffinity, confined))} <= cores
    rows = shared_node.admin.get("/gpus").json()["gpus"]
    assert all(os.sched_getaffinity(row["pid"]) == cores for row in rows)


def test_without_pin_processes_use_all_cores(start_node: StartNode) -> None:
    node = start_node("--pin", "false")
    cores = os.sched_getaffinity(0)
    assert all(os.sched_getaffinity(pid) == cores for pid in node.children().values())
