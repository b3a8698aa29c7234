"""A request for a job that is repeated with its Idempotency-Key makes one job."""

from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.fakes import FakePool
from tests.http.jobs.client import wait_for_end
from tests.http.test_translation import problem

PAIR = {"source_language": "en", "target_language": "de"}


def send(client: FlaskClient, key: str, **changes: Any) -> Any:
    headers = {"Idempotency-Key": key}
    return client.post(
        "/translation/jobs", json={"text": ["a"], **PAIR, **changes}, headers=headers
    )


def test_a_repetition_gets_the_same_job(client: FlaskClient, pool: FakePool) -> None:
    first = send(client, "k1")
    assert first.status_code == 202
    wait_for_end(client, first.get_json()["url"])
    again = send(client, "k1")
    assert again.status_code == 202
    assert again.get_json()["id"] == first.get_json()["id"]
    assert again.get_json()["status"] == "done"
    assert len(pool.submitted) == 1
    assert send(client, "k2").get_json()["id"] != first.get_json()["id"]


def test_a_document_too(client: FlaskClient) -> None:
    ids = set()
    for _ in range(2):
        form = {**PAIR, "file": (BytesIO(b"one\ntwo"), "a.txt")}
        headers = {"Idempotency-Key": "k"}
        job = client.post("/translation/jobs", data=form, headers=headers).get_json()
        wait_for_end(client, job["url"])
        ids.add(job["id"])
    assert len(ids) == 1


@pytest.mark.parametrize(
    "changes", [{"text": ["ab"]}, {"target_language": "fr"}, {"alternatives": 1}]
)
def test_a_key_for_another_job_is_refused(client: FlaskClient, changes: dict[str, Any]) -> None:
    assert send(client, "k").status_code == 202
    problem(send(client, "k", **changes), 409, "key-reused")


@pytest.mark.parametrize("key", ["", "x" * 256, "a\x00b"])
def test_an_invalid_key_is_refused(client: FlaskClient, key: str) -> None:
    detail = problem(send(client, key), 400, "invalid-field")
    assert "Idempotency-Key" in str(detail)
