"""A server that is killed or terminated at any moment resumes its jobs at the next start."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.process.conftest import TIMEOUT, wait_for

PAIR = {"source_language": "en", "target_language": "de"}
FAILING = {3: "die", 17: "fail"}  # texts that kill the worker or fail, by position


class Server:
    """A server process."""

    def __init__(self, folder: Path, *database: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.process.jobs_server", str(folder), *database],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.http = httpx.Client(base_url=self.process.stdout.readline().strip(), timeout=TIMEOUT)

    def state(self, url: str) -> dict[str, Any]:
        body: dict[str, Any] = self.http.get(url).json()
        return body

    def done(self, url: str) -> int:
        return int(self.state(url)["progress"]["done"])

    def end(self, number: int) -> int:
        """Send a signal; return the exit code."""
        self.process.send_signal(number)
        code = self.process.wait(TIMEOUT)
        self.close()
        return code

    def close(self) -> None:
        self.http.close()
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], Server]]:
    servers: list[Server] = []

    def run() -> Server:
        servers.append(Server(tmp_path / "jobs"))
        return servers[-1]

    yield run
    for server in servers:
        server.close()


def slow(count: int) -> list[str]:
    """Return texts that take 50 ms each, about ten of them per batch."""
    return [f"slow {i} {'x' * 90}" for i in range(count)]


def post(server: Server, texts: list[str]) -> str:
    response = server.http.post("/translation/jobs", json={"text": texts, **PAIR})
    assert response.status_code == 202, response.text
    return str(response.json()["url"])


def has_progressed(server: Server, urls: Sequence[str], before: int) -> bool:
    return sum(map(server.done, urls)) > before


def expected(texts: list[str]) -> list[str | None]:
    return [None if text in FAILING.values() else f"{text.upper()} de" for text in texts]


def test_a_server_killed_repeatedly_completes_its_jobs(
    start: Callable[[], Server],
) -> None:
    texts = slow(50)
    for i, failing in FAILING.items():
        texts[i] = failing
    lines = slow(20)
    server = start()
    url = post(server, texts)
    files = {"file": ("a.txt", "\n".join(lines).encode())}
    form = PAIR | {"line_breaks": "keep"}
    document = server.http.post("/translation/jobs", data=form, files=files).json()["url"]
    done = [0, 0]
    for _ in range(2):
        wait_for(partial(has_progressed, server, (url, document), sum(done)), "more texts are done")
        done = [server.done(url), server.done(document)]
        assert server.end(signal.SIGKILL) == -signal.SIGKILL
        server = start()
        assert server.done(url) >= done[0], "finished texts are translated again"
        assert server.done(document) >= done[1]
    wait_for(lambda: server.state(url)["status"] == "done", "the job is done")
    wait_for(lambda: server.state(document)["status"] == "done", "the file is done")
    result = server.http.get(f"{url}/result").json()
    assert result["translation"] == expected(texts)
    assert [error["field"] for error in result["errors"]] == ["text[3]", "text[17]"]
    assert [error["type"] for error in result["errors"]] == [
        "urn:m2m-server:quarantined", "urn:m2m-server:translation-failed",
    ]  # fmt: skip
    translated = server.http.get(f"{document}/result").text
    assert translated.split("\n") == expected(lines)


def test_sigterm_does_not_wait_for_jobs_and_the_next_start_resumes_them(
    start: Callable[[], Server],
) -> None:
    server = start()
    long = post(server, slow(5_000))  # takes minutes
    url = post(server, slow(30))
    with server.http.stream("GET", f"{long}/events") as stream:
        events = stream.iter_lines()
        wait_for(lambda: server.done(url) > 0, "both are running")
        done = [server.done(url), server.done(long)]
        server.process.send_signal(signal.SIGTERM)
        names = {line for line in events if line.startswith("event:")}  # until the stream ends
    assert "event: done" not in names
    assert server.process.wait(TIMEOUT) == 0
    server = start()
    assert [server.done(url) >= done[0], server.done(long) >= done[1]] == [True, True]
    wait_for(lambda: server.state(url)["status"] == "done", "the job is done")
    assert server.http.get(f"{url}/result").json()["translation"] == expected(slow(30))
    assert server.state(long)["status"] == "running"
    assert server.http.delete(long).status_code == 204
    assert server.end(signal.SIGTERM) == 0


def test_a_stream_of_events_is_resumed_after_a_restart(start: Callable[[], Server]) -> None:
    server = start()
    texts = slow(30)
    url = post(server, texts)
    seen: dict[int, str] = {}
    last = read(server, url, "0", seen, stop_after=5)
    assert server.end(signal.SIGKILL) == -signal.SIGKILL
    server = start()
    read(server, url, last, seen)
    assert [seen[i] for i in range(len(texts))] == expected(texts)


def read(
    server: Server, url: str, last: str, seen: dict[int, str], stop_after: int | None = None
) -> str:
    """Collect the texts after the event `last`; return the id of the last one."""
    headers = {"Last-Event-ID": last}
    with server.http.stream("GET", f"{url}/events", headers=headers) as response:
        for line in response.iter_lines():
            field, _, value = line.partition(": ")
            last = value if field == "id" else last
            data = json.loads(value) if field == "data" else {}
            if "index" in data:
                assert data["index"] not in seen, "the text was sent twice"
                seen[data["index"]] = data["translation"]
                if len(seen) == stop_after:
                    break
    return last
