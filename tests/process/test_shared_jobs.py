"""All fronts see, add, cancel and stream the same jobs, which another process works on."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from server.database.interface import StoreError
from server.database.sqlite import SqliteDatabase
from server.jobs.schema import JOBS
from server.jobs.store import JobStore
from tests.http.jobs.client import events
from tests.http.test_access import bearer
from tests.process.conftest import TIMEOUT, wait_for
from tests.process.shared_jobs import KEYS, MAX_JOBS, table

PAIR = {"source_language": "en", "target_language": "de"}
pytestmark = pytest.mark.slow


class Processes:
    """The parent, and what it has reported of its children."""

    def __init__(self, folder: Path) -> None:
        self.parent = subprocess.Popen(
            [sys.executable, "-m", "tests.process.shared_jobs", str(folder)],
            stdout=subprocess.PIPE,
            text=True,
        )
        self.pids: dict[str, int] = {}
        self.clients: dict[str, httpx.Client] = {}
        for _ in range(3):
            self._read()

    def __getitem__(self, name: str) -> httpx.Client:
        return self.clients[name]

    def kill(self, name: str) -> None:
        """Kill a child; return once another one has taken its place."""
        os.kill(self.pids[name], signal.SIGKILL)
        self._read()

    def close(self) -> None:
        self.parent.terminate()
        self.parent.wait()
        for pid in self.pids.values():
            os.kill(pid, signal.SIGKILL)
        for client in self.clients.values():
            client.close()
        assert self.parent.stdout is not None
        self.parent.stdout.close()

    def _read(self) -> None:
        assert self.parent.stdout is not None
        child = json.loads(self.parent.stdout.readline())
        self.pids[child["name"]] = child["pid"]
        if child["url"]:
            if child["name"] in self.clients:
                self.clients[child["name"]].close()
            self.clients[child["name"]] = httpx.Client(
                base_url=child["url"], timeout=TIMEOUT, headers=bearer("ann")
            )


@contextmanager
def running(folder: Path) -> Iterator[Processes]:
    (folder / KEYS).write_text(table("ann"))
    with ExitStack() as held:
        processes = Processes(folder / "jobs")
        held.callback(processes.close)
        yield processes


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    with running(tmp_path) as processes:
        yield processes


@pytest.fixture(scope="module")
def shared_processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    """Shared by tests that do not mind what others have left; who is killed is replaced."""
    with running(tmp_path_factory.mktemp("shared")) as processes:
        yield processes


def post(front: httpx.Client, texts: list[str]) -> str:
    response = front.post("/translation/jobs", json={"text": texts, **PAIR})
    assert response.status_code == 202, response.text
    return str(response.json()["url"])


def state(front: httpx.Client, url: str) -> dict[str, Any]:
    body: dict[str, Any] = front.get(url).json()
    return body


def done(front: httpx.Client, url: str) -> int:
    return int(state(front, url)["progress"]["done"])


def slow(count: int) -> list[str]:
    """Return texts that take 50 ms each, about ten of them per batch."""
    return [f"slow {i} {'x' * 90}" for i in range(count)]


def test_every_front_has_every_job(shared_processes: Processes) -> None:
    texts = slow(30)
    url = post(shared_processes["a"], texts)
    found = events(shared_processes["b"].get(f"{url}/events"))
    assert [data["translation"] for name, data, _ in found if name == "text"] == [
        text.upper() for text in texts
    ]
    progress = [data["progress"] for name, data, _ in found if name == "progress"]
    assert len(progress) > 1, "the stream has waited for the end"
    assert any(each["eta"] for each in progress)
    assert found[-1][0] == "done"
    assert shared_processes["a"].get(f"{url}/result").json()["translation"][0] == texts[0].upper()
    assert shared_processes["b"].delete(url).status_code == 204
    assert shared_processes["a"].get(url).status_code == 404


def test_a_front_cancels_what_another_process_works_on(
    processes: Processes, tmp_path: Path
) -> None:
    long = post(processes["a"], slow(10_000))
    wait_for(lambda: done(processes["b"], long) > 0, "it is running")
    with processes["a"].stream("GET", f"{long}/events") as stream:
        assert processes["b"].delete(long).status_code == 204
        assert "event: cancelled" in list(stream.iter_lines())
    assert state(processes["a"], long)["status"] == "cancelled"
    url = post(processes["b"], ["a"])
    wait_for(lambda: state(processes["a"], url)["status"] == "done", "the next job is done")
    assert done(processes["a"], long) == done(processes["b"], long)
    folder = tmp_path / "jobs"
    wait_for(
        lambda: not any(b"slow" in file.read_bytes().lower() for file in folder.iterdir()),
        "its texts are erased",
    )


def test_jobs_resume_when_their_process_is_killed(shared_processes: Processes) -> None:
    texts = slow(90)
    url = post(shared_processes["a"], texts)
    before = 0
    for _ in range(3):
        wait_for(lambda: done(shared_processes["b"], url) > before, "more texts are done")  # noqa: B023
        shared_processes.kill("jobs")
        assert done(shared_processes["a"], url) >= before
        before = done(shared_processes["a"], url)
    wait_for(lambda: state(shared_processes["b"], url)["status"] == "done", "the job is done")
    result = shared_processes["b"].get(f"{url}/result").json()
    assert result["translation"] == [text.upper() for text in texts]


def test_a_killed_front_takes_no_job_along(shared_processes: Processes) -> None:
    texts = slow(30)
    with ThreadPoolExecutor(1) as executor:
        streaming = executor.submit(
            events_of, shared_processes["b"], post(shared_processes["a"], texts)
        )
        for _ in range(3):
            shared_processes.kill("a")
        url = post(shared_processes["a"], ["a"])
        wait_for(lambda: state(shared_processes["b"], url)["status"] == "done", "a new job is done")
        assert streaming.result(TIMEOUT)[-1][0] == "done"


def events_of(front: httpx.Client, url: str) -> list[tuple[str, Any, str | None]]:
    return events(front.get(f"{url}/events"))


def test_the_limits_are_those_of_all_fronts_together(processes: Processes) -> None:
    body = {"text": ["a"], **PAIR}

    def add(i: int) -> int:
        return processes["ab"[i % 2]].post("/translation/jobs", json=body).status_code

    with ThreadPoolExecutor(8) as executor:
        codes = list(executor.map(add, range(3 * MAX_JOBS)))
    assert sorted(codes) == [202] * MAX_JOBS + [429] * (2 * MAX_JOBS)


def test_a_key_that_came_later_is_known_to_the_jobs_process(
    processes: Processes, tmp_path: Path
) -> None:
    (tmp_path / KEYS).write_text(table("ann") + table("bob"))
    bob = bearer("bob")
    wait_for(
        lambda: processes["b"].get("/v2/usage", headers=deepl("bob")).status_code == 200,
        "the new key is known",
    )
    body = {"text": ["a", "bc"], **PAIR}
    response = processes["b"].post("/translation/jobs", json=body, headers=bob)
    url = response.json()["url"]
    wait_for(
        lambda: processes["b"].get(url, headers=bob).json()["status"] == "done", "the job is done"
    )
    usage = processes["b"].get("/v2/usage", headers=deepl("bob")).json()
    assert usage["character_count"] == len("abc")  # as counted by the jobs process


def deepl(key: str) -> dict[str, str]:
    return {"Authorization": f"DeepL-Auth-Key {key}"}


def test_no_other_server_uses_the_folder_while_one_process_is_left(
    processes: Processes, tmp_path: Path
) -> None:
    processes.parent.terminate()
    processes.parent.wait()
    for name in ("a", "b"):
        os.kill(processes.pids.pop(name), signal.SIGKILL)
    for shared in (False, True):
        with pytest.raises(StoreError, match="another server uses it"):
            JobStore(SqliteDatabase(tmp_path / "jobs", JOBS, shared=shared))
    os.kill(processes.pids.pop("jobs"), signal.SIGKILL)
    wait_for(lambda: opens(tmp_path / "jobs"), "the last process has ended")


def opens(folder: Path) -> bool:
    try:
        JobStore(SqliteDatabase(folder, JOBS)).close()
    except StoreError:
        return False
    return True
