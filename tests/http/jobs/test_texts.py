"""Jobs over HTTP: taken, worked on, watched, fetched, cancelled, refused."""

import io
import json
import sqlite3
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gpu_pool.errors import OverloadedError, QuarantinedError, TranslationError, UnavailableError
from server.app import create_app
from server.auth.access import digest_of
from server.core.settings import Settings, default_jobs
from server.http.waitress_server import HttpServer
from server.jobs.database import Database, StoreError
from server.jobs.store import JobStore, open_jobs
from server.services import Services, make_services
from tests.fakes import FakePool, served_model
from tests.http.test_translation import problem

PATIENCE = 20.0
PAIR = {"source_language": "en", "target_language": "de"}
KEYS = f'[ann]\nsha256 = "{digest_of("a")}"\n[bob]\nsha256 = "{digest_of("b")}"\n'
Start = Callable[..., FlaskClient]


@pytest.fixture
def start(pool: FakePool, tmp_path: Path) -> Iterator[Start]:
    """`start(**settings)`: a client of a server that works on jobs; again: after a restart."""
    running: list[Services] = []

    def run(*, working: bool = True, **changes: Any) -> FlaskClient:
        while running:
            stop(running.pop())
        values = {
            "port": 0, "max_texts": 4, "max_characters": 100, "http_threads": 8,
            "jobs": tmp_path / "jobs", **changes,
        }  # fmt: skip
        settings = Settings(**values)
        services = make_services(pool, served_model(), settings, open_jobs(settings))
        running.append(services)
        if working and services.jobs is not None:
            services.jobs.start()
        return create_app(services).test_client()

    yield run
    pool.refusal = None
    for services in running:
        stop(services)


def stop(services: Services) -> None:
    if services.jobs is not None:
        services.jobs.close()


@pytest.fixture
def client(start: Start) -> FlaskClient:
    return start()


def post(client: FlaskClient, texts: Any, **fields: Any) -> TestResponse:
    return client.post("/translation/jobs", json={"text": texts, **PAIR, **fields})


def post_file(client: FlaskClient, data: bytes, name: str, **fields: Any) -> TestResponse:
    form = {**PAIR, "file": (io.BytesIO(data), name), **fields}
    return client.post("/translation/jobs", data=form, content_type="multipart/form-data")


def taken(response: TestResponse) -> str:
    assert response.status_code == 202, response.text
    return str(response.get_json()["url"])


def wait_until(condition: Callable[[], Any]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true"
        time.sleep(0.01)


def ended(client: FlaskClient, url: str) -> dict[str, Any]:
    def state() -> dict[str, Any]:
        body: dict[str, Any] = client.get(url).get_json()
        return body

    wait_until(lambda: state()["status"] in ("done", "failed", "cancelled"))
    return state()


def events(response: TestResponse | httpx.Response) -> list[tuple[str, Any, str | None]]:
    """Return the name, data and id of each event."""
    found = []
    for block in response.text.split("\n\n"):
        lines = [line.partition(": ") for line in block.split("\n") if not line.startswith(":")]
        fields = {name: value for name, _, value in lines if name}
        if fields:
            found.append((fields["event"], json.loads(fields["data"]), fields.get("id")))
    return found


def test_a_job_is_taken_done_and_fetched(client: FlaskClient, pool: FakePool) -> None:
    texts = [f"text {i}\n\n  b" for i in range(50)]
    response = post(client, texts)
    url = taken(response)
    assert response.headers["Location"] == url
    state = ended(client, url)
    assert (state["status"], state["url"]) == ("done", url)
    assert state["progress"] == {"done": 50, "total": 50, "failed": 0, "eta": None}
    assert state["created"] <= state["started"] <= state["finished"] < state["expires"]
    body = client.get(state["result_url"]).get_json()
    assert body["translation"] == [text.upper() for text in texts]
    assert (body["from"], body["next"], body["total"]) == (0, 50, 50)
    assert (body["source_language"], body["target_language"]) == ("en", "de")
    assert (body["model"], body["status"]) == ("fake", "done")
    assert not {"errors", "warnings", "detected", "alternatives"} & body.keys()
    assert set(pool.askers) == {("127.0.0.1", True)}


def test_all_that_a_request_may_ask_for_a_job_may_too(client: FlaskClient, pool: FakePool) -> None:
    pool.warnings["Das ist ein schönes Haus"] = ("repetition",)
    texts = ["The weather is nice today", "Das ist ein schönes Haus"]
    url = taken(
        post(client, texts, source_language="auto", target_language="fr", alternatives=1,
             glossary={"weather": "météo"})
    )  # fmt: skip
    assert ended(client, url)["source_language"] == "auto"
    body = client.get(f"{url}/result").get_json()
    assert body["source_language"] == ["en", "de"]
    assert [found["language"] for found in body["detected"]] == ["en", "de"]
    assert body["alternatives"] == [[f"{text.upper()} (2)"] for text in texts]
    [warning] = body["warnings"]
    assert (warning["field"], warning["code"]) == ("text[1]", "repetition")
    assert {segment.glossary for segment in pool.submitted} == {(), (("weather", "météo"),)}


def test_html_in_a_job(client: FlaskClient) -> None:
    url = taken(post(client, ["<p>one</p>"], format="html"))
    assert ended(client, url)["status"] == "done"
    assert client.get(f"{url}/result").get_json()["translation"] == ["<p>ONE</p>"]


def test_a_text_that_cannot_be_translated_costs_the_others_nothing(
    client: FlaskClient, pool: FakePool
) -> None:
    texts = [f"text {i}" for i in range(40)]
    for text in ("text 0", "text 7", "text 39"):
        pool.failures[text] = QuarantinedError()
    pool.failures["text 8"] = TranslationError("it is too odd")
    url = taken(post(client, texts))
    state = ended(client, url)
    assert (state["status"], state["progress"]["failed"]) == ("done", 4)
    body = client.get(f"{url}/result").get_json()
    poison = [0, 7, 8, 39]
    assert body["translation"] == [
        None if i in poison else text.upper() for i, text in enumerate(texts)
    ]
    assert [error["field"] for error in body["errors"]] == [f"text[{i}]" for i in poison]
    assert body["errors"][0]["type"] == "urn:m2m-server:quarantined"
    assert body["errors"][2]["detail"] == "it is too odd"


def test_partial_results_come_in_order(client: FlaskClient, pool: FakePool) -> None:
    pool.holding = True
    texts = ["x" * 90 + f" {i}" for i in range(40)]  # several pieces of work
    url = taken(post(client, texts))
    wait_until(lambda: len(pool.submitted) > 10)
    early = client.get(f"{url}/result?from=0").get_json()
    assert (early["status"], early["translation"], early["next"]) == ("running", [], 0)
    problem(client.get(f"{url}/result"), 409, "no-result")
    pool.holding = False
    pool.release()
    ended(client, url)
    part = client.get(f"{url}/result?from=38").get_json()
    assert part["translation"] == [text.upper() for text in texts[38:]]
    assert (part["from"], part["next"], part["total"]) == (38, 40, 40)
    assert client.get(f"{url}/result?from=40").get_json()["translation"] == []


@pytest.mark.parametrize("first", ["41", "-1", "x", "", "٣", "9" * 5000])
def test_a_wrong_start_is_named(client: FlaskClient, first: str) -> None:
    url = taken(post(client, ["a"] * 3))
    assert (
        problem(client.get(f"{url}/result?from={first}"), 400, "invalid-field")["field"] == "from"
    )
    problem(client.get(f"{url}/events?from={first}"), 400, "invalid-field")


def test_events_tell_of_progress_each_text_and_the_end(client: FlaskClient, pool: FakePool) -> None:
    pool.failures["c"] = TranslationError("it is too odd")
    pool.warnings["b"] = ("repetition",)
    url = taken(post(client, ["a", "b", "c"]))
    response = client.get(f"{url}/events", buffered=True)
    assert response.mimetype == "text/event-stream"
    found = events(response)
    progress = [data["progress"]["done"] for name, data, _ in found if name == "progress"]
    assert progress == sorted(progress)
    assert progress[-1] == 3
    texts = [(data, id_) for name, data, id_ in found if name == "text"]
    assert [(data["index"], data["translation"]) for data, _ in texts] == [
        (0, "A"), (1, "B"), (2, None),
    ]  # fmt: skip
    assert [id_ for _, id_ in texts] == ["1", "2", "3"]
    assert texts[1][0]["warnings"][0]["code"] == "repetition"
    assert texts[2][0]["error"]["detail"] == "it is too odd"
    name, data, last = found[-1]
    assert (name, data["status"], data["progress"]["failed"]) == ("done", "done", 1)
    resumed = events(client.get(f"{url}/events", headers={"Last-Event-ID": "2"}, buffered=True))
    assert [data["index"] for name, data, _ in resumed if name == "text"] == [2]
    over = client.get(f"{url}/events", headers={"Last-Event-ID": str(last)})
    assert over.status_code == 204


@contextmanager
def serving(client: FlaskClient) -> Iterator[httpx.Client]:
    """The application behind real sockets."""
    settings = Settings(port=0, http_threads=8)
    server = HttpServer(client.application, settings)
    server.start()
    try:
        with httpx.Client(base_url=server.url, timeout=PATIENCE) as http:
            yield http
    finally:
        server.close()


def next_event(lines: Iterator[str]) -> tuple[str, Any]:
    """Return the next event's name and data, as soon as it is there."""
    name = ""
    for line in lines:
        field, _, value = line.partition(": ")
        if field == "event":
            name = value
        if field == "data":
            return name, json.loads(value)
    raise AssertionError("the stream has ended")


def test_events_arrive_while_the_job_is_under_way(client: FlaskClient, pool: FakePool) -> None:
    pool.holding = True
    with serving(client) as http:
        url = http.post("/translation/jobs", json={"text": ["a", "b"], **PAIR}).json()["url"]
        with http.stream("GET", f"{url}/events") as response:
            lines = response.iter_lines()
            name, data = next_event(lines)
            assert (name, data["progress"]["done"]) == ("progress", 0)
            pool.wait_until_holding(2)
            pool.release()
            names = [next_event(lines)[0] for _ in range(4)]
        # Texts that are stored between two looks at the job come before its progress.
        assert (sorted(names[:3]), names[3]) == (["progress", "text", "text"], "done")


def test_watchers_do_not_take_all_threads(client: FlaskClient, pool: FakePool) -> None:
    """Of eight threads two may wait for events."""
    pool.holding = True
    with serving(client) as http:
        url = http.post("/translation/jobs", json={"text": ["a"], **PAIR}).json()["url"]
        with http.stream("GET", f"{url}/events"), http.stream("GET", f"{url}/events"):
            refused = http.get(f"{url}/events")
            assert (refused.status_code, refused.headers["Retry-After"]) == (429, "5")
            assert http.get(url).status_code == 200

        def freed() -> bool:
            with http.stream("GET", f"{url}/events") as response:
                return response.status_code == 200

        wait_until(freed)  # those that went away gave their places back
        pool.wait_until_holding(1)
        pool.holding = False
        pool.release()


def test_a_file_is_a_job_too(client: FlaskClient) -> None:
    url = taken(post_file(client, b"1\n00:00:01,000 --> 00:00:02,000\nyo\n", "../my film.SRT"))
    state = ended(client, url)
    assert (state["status"], state["file"]) == ("done", "my film.SRT")
    response = client.get(f"{url}/result")
    assert response.data == b"1\n00:00:01,000 --> 00:00:02,000\nYO\n"
    assert "my film.de.SRT" in response.headers["Content-Disposition"]
    problem(client.get(f"{url}/result?from=0"), 400, "invalid-field")
    names = {name for name, _, _ in events(client.get(f"{url}/events", buffered=True))}
    assert names == {"progress", "done"}


@pytest.mark.parametrize("data", [b"", b"\n \n"])
def test_a_file_without_text_comes_back_as_it_is(client: FlaskClient, data: bytes) -> None:
    url = taken(post_file(client, data, "a.txt"))
    assert ended(client, url)["status"] == "done"
    assert client.get(f"{url}/result").data == data


def test_the_language_of_a_file_is_told_once(client: FlaskClient) -> None:
    data = "Das Wetter ist heute schön.\nOK\nWir gehen in den Wald.\n".encode()
    url = taken(post_file(client, data, "a.txt", source_language="auto", target_language="en"))
    assert ended(client, url)["source_language"] == "de"
    assert client.get(f"{url}/result").data == data.decode().upper().encode()


def test_a_part_of_a_file_that_fails_stays_as_it_was(client: FlaskClient, pool: FakePool) -> None:
    pool.failures["two"] = QuarantinedError()
    url = taken(post_file(client, b"one\ntwo\nthree\n", "a.txt"))
    state = ended(client, url)
    assert (state["status"], state["progress"]["failed"]) == ("done", 1)
    assert client.get(f"{url}/result").data == b"ONE\ntwo\nTHREE\n"


def test_a_broken_file_is_refused_at_once(client: FlaskClient) -> None:
    body = problem(post_file(client, b"{", "a.json"), 400, "invalid-field")
    assert body["field"] == "file"
    problem(post_file(client, b"x", "a.exe"), 415, "unsupported-media-type")
    problem(client.post("/translation/jobs", data=b"x"), 415, "unsupported-media-type")


def test_cancelling_gives_up_the_work_and_forgets_the_texts(
    start: Start, pool: FakePool, tmp_path: Path
) -> None:
    client = start()
    pool.holding = True
    url = taken(post(client, ["secret one", "secret two"]))
    pool.wait_until_holding(2)
    with client.get(f"{url}/events") as watching:
        assert client.delete(url).status_code == 204
        assert events(watching)[-1][0] == "cancelled"
    wait_until(lambda: all(future.cancelled() for future in pool.futures))
    state = client.get(url).get_json()
    assert (state["status"], state["progress"]["done"]) == ("cancelled", 0)
    problem(client.get(f"{url}/result"), 409, "no-result")
    assert client.get(f"{url}/result?from=0").get_json()["translation"] == []
    assert client.delete(url).status_code == 204
    problem(client.get(url), 404, "unknown-job")
    problem(client.delete(url), 404, "unknown-job")
    pool.release()
    assert not any(b"secret" in file.read_bytes() for file in (tmp_path / "jobs").iterdir())


def test_what_is_deleted_is_not_on_the_disk_any_more(start: Start, tmp_path: Path) -> None:
    client = start()
    urls = [taken(post(client, [f"secret {i} {j}" for j in range(100)])) for i in range(3)]
    urls.append(taken(post_file(client, b"secret\n" * 2000, "secret.txt")))

    def held() -> list[bool]:
        files = [file.read_bytes().lower() for file in (tmp_path / "jobs").iterdir()]
        return [b"secret" in data for data in files]

    for url in urls:
        assert ended(client, url)["status"] == "done"
        assert any(held())
    for url in urls:
        client.delete(url)
    assert held()
    assert not any(held())
    assert (tmp_path / "jobs" / "jobs.sqlite3").stat().st_size < 100_000


def test_a_result_is_kept_for_its_time(start: Start, tmp_path: Path) -> None:
    client = start(job_retention=1000.0)
    url = taken(post(client, ["secret"]))
    state = ended(client, url)
    assert state["finished"][:4] == state["expires"][:4]
    client = start(job_retention=0.001)  # comes into force with the next step
    wait_until(lambda: client.get(url).status_code == 404)
    # Nobody asked for it, so nobody waits: the log is emptied after the row is gone.
    jobs = tmp_path / "jobs"
    wait_until(lambda: not any(b"SECRET" in file.read_bytes() for file in jobs.iterdir()))


def test_the_file_is_readable_by_its_owner_only(client: FlaskClient, tmp_path: Path) -> None:
    taken(post(client, ["a"]))
    assert stat.S_IMODE((tmp_path / "jobs").stat().st_mode) == 0o700
    modes = {stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "jobs").iterdir()}
    assert modes == {0o600}


def test_a_pool_without_room_or_worker_is_waited_for(client: FlaskClient, pool: FakePool) -> None:
    pool.refusal = OverloadedError(0.05)
    url = taken(post(client, ["a", "b"]))
    wait_until(lambda: client.get(url).get_json()["status"] == "running")
    pool.refusal = None
    assert ended(client, url)["status"] == "done"
    assert client.get(f"{url}/result").get_json()["translation"] == ["A", "B"]


def test_a_restart_goes_on_where_it_was(start: Start, pool: FakePool) -> None:
    client = start()
    pool.holding = True
    texts = ["x" * 90 + f" {i}" for i in range(60)]
    url = taken(post(client, texts))
    document = taken(post_file(client, "\n".join(texts).encode(), "a.txt"))
    wait_until(lambda: len(pool.submitted) > 5)
    pool.release()
    wait_until(lambda: client.get(url).get_json()["progress"]["done"] > 5)
    done = client.get(url).get_json()["progress"]["done"]
    assert done < len(texts)
    before = client.get(f"{url}/result?from=0").get_json()["translation"]
    pool.submitted.clear()
    pool.holding = False
    client = start()
    assert ended(client, url)["status"] == "done"
    body = client.get(f"{url}/result").get_json()
    assert body["translation"] == [text.upper() for text in texts]
    assert body["translation"][: len(before)] == before
    assert ended(client, document)["status"] == "done"
    assert client.get(f"{document}/result").data == "\n".join(texts).upper().encode()
    assert len(pool.submitted) <= 2 * len(texts) - done


def test_clients_take_turns(start: Start, pool: FakePool) -> None:
    """With two pieces of work in hand, the second client's job is not behind all of the first's."""
    client = start(api_keys_toml=KEYS)
    pool.holding = True
    texts = ["x" * 90 + f" {i}" for i in range(200)]
    ann, bob = ({"Authorization": f"Bearer {key}"} for key in "ab")
    first = client.post("/translation/jobs", json={"text": texts, **PAIR}, headers=ann)
    wait_until(lambda: len(pool.submitted) > 5)
    second = client.post("/translation/jobs", json={"text": ["b"], **PAIR}, headers=bob)
    pool.release()
    wait_until(lambda: ("bob", True) in pool.askers)
    assert len(pool.askers) <= 4
    pool.holding = False
    pool.release()
    for response, headers in ((first, ann), (second, bob)):
        url = taken(response)
        wait_until(
            lambda url=url, headers=headers: (
                client.get(url, headers=headers).get_json()["status"] == "done"
            )
        )


def test_a_job_belongs_to_its_key(start: Start) -> None:
    client = start(api_keys_toml=KEYS)
    problem(post(client, ["a"]), 401, "missing-key")
    ann, bob = ({"Authorization": f"Bearer {key}"} for key in "ab")
    response = client.post("/translation/jobs", json={"text": ["a"], **PAIR}, headers=ann)
    url = taken(response)
    for path in ("", "/result", "/events"):
        problem(client.get(url + path, headers=bob), 404, "unknown-job")
        problem(client.get(url + path), 401, "missing-key")
    problem(client.delete(url, headers=bob), 404, "unknown-job")
    wait_until(lambda: client.get(f"{url}/result", headers=ann).status_code == 200)


def test_limits_are_those_of_jobs(start: Start) -> None:
    client = start(max_job_texts=10, max_job_characters=300, max_jobs=2)
    body = problem(post(client, ["a"] * 11), 413, "too-many-texts")
    assert "10" in body["detail"]
    problem(post(client, ["x" * 60] * 6), 413, "too-long")
    body = problem(post(client, ["a", "x" * 101]), 413, "too-long")
    assert body["field"] == "text[1]"
    problem(post_file(client, b"a\n" * 11, "a.txt"), 413, "too-many-texts")
    problem(post_file(client, b"x" * 301, "a.txt"), 413, "too-long")
    urls = [taken(post(client, ["a"])) for _ in range(2)]
    problem(post(client, ["a"]), 429, "too-many-jobs")
    ended(client, urls[0])
    client.delete(urls[0])
    taken(post(client, ["a"]))


def test_a_job_larger_than_the_room_is_refused(start: Start) -> None:
    client = start(max_jobs_bytes=100_000)
    problem(post_file(client, b"x\n" * 20_000, "a.txt"), 507, "storage-full")
    taken(post(client, ["a"]))


def test_a_body_larger_than_any_job_is_refused(start: Start) -> None:
    client = start(max_job_characters=1)
    problem(post(client, ["x" * 70_000]), 413, "request-entity-too-large")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"[]", 400),
        (b'{"text": []}', 400),
        (b'{"text": ["a"], "source_language": "en"}', 400),
        (b'{"text": ["a", 5], "source_language": "en", "target_language": "de"}', 400),
        (b'{"text": ["a"], "source_language": "xx", "target_language": "de"}', 400),
        (b'{"text": ["\\ud800"], "source_language": "en", "target_language": "de"}', 400),
    ],
)
def test_a_malformed_job_is_refused(client: FlaskClient, body: bytes, status: int) -> None:
    response = client.post("/translation/jobs", data=body, content_type="application/json")
    assert response.status_code == status, response.text
    assert response.mimetype == "application/problem+json"


@pytest.mark.parametrize("field", ["timeout", "priority"])
def test_what_is_for_requests_only_is_refused(client: FlaskClient, field: str) -> None:
    value: object = {"timeout": 5, "priority": "bulk"}[field]
    assert problem(post(client, ["a"], **{field: value}), 400, "invalid-field")["field"] == field


def test_without_a_folder_no_jobs_are_taken(start: Start) -> None:
    client = start(jobs="off")
    problem(post(client, ["a"]), 404, "jobs-off")
    problem(client.get("/translation/jobs/x"), 404, "jobs-off")


def test_a_folder_that_cannot_be_used_stops_the_start_only_where_it_was_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(StoreError, match="file"):
        open_jobs(Settings(jobs=blocked / "jobs"))
    monkeypatch.setenv("XDG_STATE_HOME", str(blocked))
    assert open_jobs(Settings()) is None
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert default_jobs() == tmp_path / "m2m-server" / "jobs"
    store = open_jobs(Settings())
    assert store is not None
    store.close()


def test_two_servers_do_not_share_a_folder(tmp_path: Path) -> None:
    store = JobStore(tmp_path)
    with pytest.raises(StoreError, match="another server uses it"):
        JobStore(tmp_path)
    store.close()
    JobStore(tmp_path).close()


def test_a_file_of_another_version_is_refused(tmp_path: Path) -> None:
    Database(tmp_path).close()
    connection = sqlite3.connect(tmp_path / "jobs.sqlite3")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreError, match="version 99"):
        JobStore(tmp_path)
    (tmp_path / "jobs.sqlite3").write_bytes(b"no database" * 1000)
    with pytest.raises(StoreError, match="not a database"):
        JobStore(tmp_path)


def test_an_unavailable_pool_keeps_a_job_queued_or_running(
    client: FlaskClient, pool: FakePool
) -> None:
    pool.refusal = UnavailableError("no worker is ready")
    url = taken(post(client, ["a"]))
    wait_until(lambda: client.get(url).get_json()["status"] == "running")
    assert client.get(url).get_json()["progress"]["eta"] is None
