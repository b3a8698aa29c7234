"""Two servers on one database are one service."""

import json
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest

from benchmarks.drill.postgresql import PostgreSql
from server.auth.keys import digest_of
from tests.conftest import Figure
from tests.process.conftest import wait_for
from tests.process.jobs_main import LEASE, STUB
from tests.process.replicas.conftest import Start, start_both
from tests.process.test_jobs import PAIR, Server, post, slow

JSON = {"Content-Type": "application/json"}
_LEASE_SECONDS = 3.0


def translations(server: Server, job: str) -> list[str]:
    found: list[str] = server.http.get(f"{job}/result").json()["translation"]
    return found


def expected(texts: list[str]) -> list[str]:
    return [f"{text.upper()} de" for text in texts]


def is_done(server: Server, job: str) -> bool:
    return bool(server.state(job)["status"] == "done")


def begun(servers: tuple[Server, Server], texts: list[str]) -> tuple[str, Server, Server]:
    """Start a job; return it once a server works on it, that server, and the other one."""
    job = post(servers[0], texts)
    wait_for(lambda: servers[0].done(job) > 0, "it has begun")
    [busy] = [each for each in servers if worker_texts(each)]
    [other] = [each for each in servers if each is not busy]
    return job, busy, other


@pytest.fixture
def brief_leases(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers that start from now on lose their jobs after less time than elsewhere."""
    monkeypatch.setenv(LEASE, str(_LEASE_SECONDS))


def test_any_server_answers_for_any_job(pair: tuple[Server, Server]) -> None:
    first, second = pair
    job = post(first, ["one", "two"])
    with second.http.stream("GET", f"{job}/events") as stream:
        events = [line for line in stream.iter_lines() if line.startswith("event")]
    assert events[-1] == "event: done"
    assert events.count("event: text") == 2
    assert translations(second, job) == expected(["one", "two"])
    assert second.http.delete(job).status_code == 204
    assert first.http.get(job).status_code == 404


def test_a_job_is_cancelled_on_another_server(pair: tuple[Server, Server]) -> None:
    first, second = pair
    job = post(first, slow(2_000))
    wait_for(lambda: second.done(job) > 0, "it has begun")
    assert second.http.delete(job).status_code == 204
    wait_for(lambda: first.state(job)["status"] == "cancelled", "it is cancelled")
    first.http.post("/translation", json={"text": "a", **PAIR})  # it has nothing else to do


def is_idle(server: Server) -> bool:
    rows = server.http.get("/gpus").json()["gpus"]
    return not any(row["outstanding_segments"] for row in rows)


def test_both_servers_share_the_work(pair: tuple[Server, Server]) -> None:
    wait_for(lambda: all(map(is_idle, pair)), "what other tests left is done")
    before = [worker_texts(server) for server in pair]
    texts = [f"slow {i}" for i in range(8 * 20)]  # different: equal ones are decoded once
    jobs = [post(pair[0], texts[i::8]) for i in range(8)]
    wait_for(lambda: all(is_done(pair[0], job) for job in jobs), "all are done")
    finished = [worker_texts(server) - i for server, i in zip(pair, before, strict=True)]
    assert min(finished) > 0
    assert sum(finished) == len(texts), "nothing was translated twice"


def worker_texts(server: Server) -> int:
    rows = server.http.get("/gpus").json()["gpus"]
    return sum(row["finished_segments"] for row in rows)


@pytest.mark.usefixtures("brief_leases")
def test_a_killed_servers_job_is_finished_by_the_other(start: Start, figure: Figure) -> None:
    texts = slow(150)
    job, first, second = begun(start_both(start), texts)
    seen: list[str] = []
    watcher = threading.Thread(target=watch, args=(second, job, seen))
    watcher.start()
    os.kill(first.process.pid, signal.SIGKILL)
    killed_at, done = time.monotonic(), second.done(job)
    wait_for(lambda: second.done(job) > done, "the other one goes on")
    seconds = time.monotonic() - killed_at
    figure(f"resumed {seconds:.0f} s after the kill, lease {_LEASE_SECONDS:g} s")
    watcher.join()
    assert translations(second, job) == expected(texts)
    assert seen == expected(texts), "each result is seen once, in order"


def watch(server: Server, job: str, seen: list[str]) -> None:
    with server.http.stream("GET", f"{job}/events") as stream:
        kind = ""
        for line in stream.iter_lines():
            if line.startswith("event: "):
                kind = line.removeprefix("event: ")
            if line.startswith("data: ") and kind == "text":
                seen.append(json.loads(line.removeprefix("data: "))["translation"])


@pytest.mark.usefixtures("brief_leases")
def test_a_stopped_server_that_goes_on_doubles_nothing(start: Start) -> None:
    texts = slow(150)
    job, first, second = begun(start_both(start), texts)
    done = second.done(job)
    os.kill(first.process.pid, signal.SIGSTOP)
    # If it was changing something, the other one gets errors until PostgreSQL ends its sessions.
    wait_for(
        lambda: second.state(job).get("progress", {"done": 0})["done"] > done,
        "the other one goes on",
    )
    os.kill(first.process.pid, signal.SIGCONT)
    wait_for(lambda: is_done(second, job), "it is done")
    state: dict[str, Any] = first.state(job)
    assert (state["progress"]["done"], state["progress"]["total"]) == (len(texts), len(texts))
    assert translations(first, job) == expected(texts)


def test_a_server_that_ends_leaves_its_jobs_at_once(start: Start, url: str) -> None:
    job, first, second = begun(start_both(start), slow(150))
    [holder] = holders(url)
    assert first.end(signal.SIGTERM) == 0
    assert holder not in holders(url)
    wait_for(lambda: is_done(second, job), "the other one has finished it")


def test_a_server_that_cannot_translate_leaves_its_jobs(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setenv(STUB, "broken")
        unable = start()
    job = post(unable, ["one", "two"])
    wait_for(lambda: unable.state(job)["status"] == "running", "it has tried")
    able = start()
    wait_for(lambda: is_done(able, job), "the other one has done it")
    assert translations(unable, job) == expected(["one", "two"])


def holders(url: str) -> list[str]:
    """Return who has the leases of jobs."""
    with psycopg.connect(url) as connection:
        return [row[0] for row in connection.execute("SELECT holder FROM leases").fetchall()]


class TestWithoutTheDatabase:
    """It is ended as a crash would, or is there and does not answer; then it comes back."""

    @pytest.fixture
    def server(self, url: str, tmp_path: Path) -> Iterator[Server]:
        """Each text needs a look at the rates and the quota of a key."""
        keys = tmp_path / "keys.toml"
        limits = "requests_per_minute = 600\ncharacters_per_month = 1000000\n"
        keys.write_text(f'[alice]\nsha256 = "{digest_of("secret")}"\n{limits}')
        made = Server(tmp_path / "a", url, str(keys))
        made.http.headers["Authorization"] = "Bearer secret"
        yield made
        made.close()

    @pytest.mark.parametrize("silent", [False, True], ids=["ended", "silent"])
    def test_texts_are_served_and_jobs_say_when_to_come_back(
        self, server: Server, postgresql: PostgreSql, silent: bool
    ) -> None:
        texts = slow(40)
        job = post(server, texts)
        wait_for(lambda: server.done(job) > 0, "it has begun")
        leave, come_back = postgresql.stop, postgresql.start
        if silent:
            leave, come_back = postgresql.pause, postgresql.resume
        leave()
        try:
            for _ in range(60):  # more than has been borrowed of the rate
                answer = server.http.post("/translation", json={"text": "a", **PAIR})
                assert answer.json()["translation"] == "A de"
            for refused in (
                server.http.get(job),
                server.http.get(f"{job}/result"),
                server.http.delete(job),
                server.http.post("/translation/jobs", json={"text": ["a"], **PAIR}),
                server.http.get(
                    "/v2/glossaries", headers={"Authorization": "DeepL-Auth-Key secret"}
                ),
            ):
                assert refused.status_code == 503, refused.text
                assert int(refused.headers["Retry-After"]) > 0
            assert server.http.get("/health_check").status_code == 200
        finally:
            come_back()
        wait_for(lambda: server.http.get(job).status_code == 200, "the jobs are back")
        wait_for(lambda: is_done(server, job), "it is done")
        assert translations(server, job) == expected(texts)

    def test_an_open_event_stream_goes_on(self, server: Server, postgresql: PostgreSql) -> None:
        texts = slow(100)
        job = post(server, texts)
        seen: list[str] = []
        watcher = threading.Thread(target=watch, args=(server, job, seen))
        watcher.start()
        wait_for(lambda: len(seen) > 0, "results come")
        postgresql.stop()
        postgresql.start()
        watcher.join()
        assert seen == expected(texts)[: len(seen)]


def test_many_jobs_are_queued(start: Start, url: str) -> None:
    """Neither server reads all of them at each step."""
    first = start()
    with psycopg.connect(url) as connection:
        connection.execute(
            "INSERT INTO jobs (id, client, owner, status, spec, created, texts, characters)"
            " SELECT 'queued ' || i, 'other', '', 'queued',"
            """ '{"source": "en", "target": "de", "glossary": []}', 0, 1, 6"""
            " FROM generate_series(1, 10000) AS i"
        )
        connection.execute("INSERT INTO items SELECT number, 0, 0, 0, 6, 'slow x' FROM jobs")
    job = post(first, ["one"])
    wait_for(lambda: is_done(first, job), "another client does not wait for them")
    with psycopg.connect(url) as connection:
        leases = connection.execute("SELECT count(*) FROM leases").fetchone()
    assert leases is not None
    assert leases[0] < 100


def test_the_rate_of_a_key_holds_for_both_servers(url: str, tmp_path: Path) -> None:
    """Both are flooded at the same time."""
    keys = tmp_path / "keys.toml"
    keys.write_text(f'[alice]\nsha256 = "{digest_of("secret")}"\nrequests_per_minute = 120\n')
    servers = [Server(tmp_path / name, url, str(keys)) for name in "ab"]
    try:
        for each in servers:
            wait_for(partial(is_ready, each), "it serves")
        accepted: list[int] = []
        begun = time.monotonic()
        threads = [threading.Thread(target=flood, args=(each, accepted)) for each in servers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        allowed = 120 + 2 * (time.monotonic() - begun)
        assert 0.9 * allowed <= sum(accepted) <= 1.1 * allowed
        assert min(accepted) > 0
    finally:
        for each in servers:
            each.close()


def is_ready(server: Server) -> bool:
    return server.http.get("/health_check").status_code == 200


def flood(server: Server, accepted: list[int]) -> None:
    """Send 300 texts, one after the other."""
    headers = {"Authorization": "Bearer secret"}
    codes = [
        server.http.post("/translation", json={"text": "a", **PAIR}, headers=headers).status_code
        for _ in range(300)
    ]
    accepted.append(codes.count(200))
    assert codes.count(200) + codes.count(429) == len(codes), Counter(codes)
