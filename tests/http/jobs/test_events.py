"""Events of a job: progress, texts and the end, over a stream that can be resumed."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from flask.testing import FlaskClient

from gpu_pool.errors import TranslationError
from server.core.settings import Settings
from server.http.waitress_server import HttpServer
from tests.fakes import FakePool
from tests.http.jobs.client import (
    PAIR,
    TIMEOUT,
    accepted,
    events,
    next_event,
    post,
    wait_until,
)


def test_events_report_progress_each_text_and_the_end(client: FlaskClient, pool: FakePool) -> None:
    pool.failures["c"] = TranslationError("no translation found")
    pool.warnings["b"] = ("repetition",)
    url = accepted(post(client, ["a", "b", "c"]))
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
    assert texts[2][0]["error"]["detail"] == "no translation found"
    name, data, last = found[-1]
    assert (name, data["status"], data["progress"]["failed"]) == ("done", "done", 1)
    resumed = events(client.get(f"{url}/events", headers={"Last-Event-ID": "2"}, buffered=True))
    assert [data["index"] for name, data, _ in resumed if name == "text"] == [2]
    finished = client.get(f"{url}/events", headers={"Last-Event-ID": str(last)})
    assert finished.status_code == 204


@contextmanager
def serving(client: FlaskClient) -> Iterator[httpx.Client]:
    """Serve the application over real sockets."""
    settings = Settings(port=0, http_threads=8)
    server = HttpServer(client.application, settings)
    server.start()
    try:
        with httpx.Client(base_url=server.url, timeout=TIMEOUT) as http:
            yield http
    finally:
        server.close()


def test_events_arrive_while_the_job_is_running(client: FlaskClient, pool: FakePool) -> None:
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
        # Texts stored between two checks of the job are sent before its progress.
        assert (sorted(names[:3]), names[3]) == (["progress", "text", "text"], "done")


def test_event_streams_do_not_take_all_threads(client: FlaskClient, pool: FakePool) -> None:
    """At most two of eight threads stream events."""
    pool.holding = True
    with serving(client) as http:
        url = http.post("/translation/jobs", json={"text": ["a"], **PAIR}).json()["url"]
        with http.stream("GET", f"{url}/events"), http.stream("GET", f"{url}/events"):
            rejected = http.get(f"{url}/events")
            assert (rejected.status_code, rejected.headers["Retry-After"]) == (429, "5")
            assert http.get(url).status_code == 200

        def has_capacity() -> bool:
            with http.stream("GET", f"{url}/events") as response:
                return response.status_code == 200

        wait_until(has_capacity)  # once the closed streams have released their threads
        pool.wait_until_holding(1)
        pool.holding = False
        pool.release()
