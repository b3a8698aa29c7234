"""What the tests of jobs send, and how they read the answers."""

import io
import json
import time
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import httpx
from flask.testing import FlaskClient
from werkzeug import Response
from werkzeug.test import TestResponse

from server.auth.keys import digest_of

TIMEOUT = 20.0  # seconds
PAIR = {"source_language": "en", "target_language": "de"}
KEYS = f'[ann]\nsha256 = "{digest_of("a")}"\n[bob]\nsha256 = "{digest_of("b")}"\n'
ANN, BOB = ({"Authorization": f"Bearer {key}"} for key in "ab")


class Start(Protocol):
    """Starts a server with these settings, after stopping the previous one."""

    def __call__(self, **settings: Any) -> FlaskClient: ...


def post(client: FlaskClient, texts: object, **fields: object) -> TestResponse:
    return client.post("/translation/jobs", json={"text": texts, **PAIR, **fields})


def post_as(client: FlaskClient, user: dict[str, str], texts: list[str]) -> TestResponse:
    return client.post("/translation/jobs", json={"text": texts, **PAIR}, headers=user)


def post_file(client: FlaskClient, data: bytes, name: str, **fields: str) -> TestResponse:
    form = {**PAIR, "file": (io.BytesIO(data), name), **fields}
    return client.post("/translation/jobs", data=form, content_type="multipart/form-data")


def accepted(response: TestResponse) -> str:
    """Check that the server has accepted a job; return its URL."""
    assert response.status_code == 202, response.text
    return str(response.get_json()["url"])


def state(client: FlaskClient, url: str, user: dict[str, str] | None = None) -> dict[str, Any]:
    body: dict[str, Any] = client.get(url, headers=user).get_json()
    return body


def result(client: FlaskClient, url: str, query: str = "") -> dict[str, Any]:
    body: dict[str, Any] = client.get(f"{url}/result{query}").get_json()
    return body


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < deadline, f"not true after {TIMEOUT} s"
        time.sleep(0.01)


def wait_for_end(client: FlaskClient, url: str) -> dict[str, Any]:
    """Return the final state of a job."""
    wait_until(lambda: state(client, url)["status"] in ("done", "failed", "cancelled"))
    return state(client, url)


def events(response: Response | httpx.Response) -> list[tuple[str, Any, str | None]]:
    """Return the name, data and id of each event."""
    text = (
        response.text if isinstance(response, httpx.Response) else response.get_data(as_text=True)
    )
    found = []
    for block in text.split("\n\n"):
        lines = [line.partition(": ") for line in block.split("\n") if not line.startswith(":")]
        fields = {name: value for name, _, value in lines if name}
        if fields:
            found.append((fields["event"], json.loads(fields["data"]), fields.get("id")))
    return found


def next_event(lines: Iterator[str]) -> tuple[str, Any]:
    """Wait for the next event; return its name and data."""
    name = ""
    for line in lines:
        field, _, value = line.partition(": ")
        if field == "event":
            name = value
        if field == "data":
            return name, json.loads(value)
    raise AssertionError("the stream has ended")
