"""Jobs that are rejected: limits, invalid bodies, other users' jobs."""

import pytest
from flask.testing import FlaskClient

from tests.http.jobs.client import (
    ANN,
    BOB,
    KEYS,
    Start,
    accepted,
    post,
    post_as,
    post_file,
    wait_for_end,
    wait_until,
)
from tests.http.test_translation import problem


def test_a_job_belongs_to_its_key(start: Start) -> None:
    client = start(api_keys_toml=KEYS)
    problem(post(client, ["a"]), 401, "missing-key")
    url = accepted(post_as(client, ANN, ["a"]))
    for path in ("", "/result", "/events"):
        problem(client.get(url + path, headers=BOB), 404, "unknown-job")
        problem(client.get(url + path), 401, "missing-key")
    problem(client.delete(url, headers=BOB), 404, "unknown-job")
    wait_until(lambda: client.get(f"{url}/result", headers=ANN).status_code == 200)


def test_jobs_have_limits_of_their_own(start: Start) -> None:
    client = start(max_job_texts=10, max_job_characters=300, max_jobs=2)
    body = problem(post(client, ["a"] * 11), 413, "too-many-texts")
    assert "10" in body["detail"]
    problem(post(client, ["x" * 60] * 6), 413, "too-long")
    body = problem(post(client, ["a", "x" * 101]), 413, "too-long")
    assert body["field"] == "text[1]"
    problem(post_file(client, b"a\n" * 11, "a.txt"), 413, "too-many-texts")
    problem(post_file(client, b"x" * 301, "a.txt"), 413, "too-long")
    urls = [accepted(post(client, ["a"])) for _ in range(2)]
    problem(post(client, ["a"]), 429, "too-many-jobs")
    wait_for_end(client, urls[0])
    client.delete(urls[0])
    accepted(post(client, ["a"]))


def test_a_job_larger_than_the_free_storage_is_rejected(start: Start) -> None:
    client = start(max_jobs_bytes=100_000)
    problem(post_file(client, b"x\n" * 20_000, "a.txt"), 507, "storage-full")
    accepted(post(client, ["a"]))


def test_a_body_larger_than_any_job_is_rejected(start: Start) -> None:
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
def test_a_malformed_job_is_rejected(client: FlaskClient, body: bytes, status: int) -> None:
    response = client.post("/translation/jobs", data=body, content_type="application/json")
    assert response.status_code == status, response.text
    assert response.mimetype == "application/problem+json"


@pytest.mark.parametrize("field", ["timeout", "priority"])
def test_fields_that_only_requests_have_are_rejected(client: FlaskClient, field: str) -> None:
    value: object = {"timeout": 5, "priority": "bulk"}[field]
    assert problem(post(client, ["a"], **{field: value}), 400, "invalid-field")["field"] == field
