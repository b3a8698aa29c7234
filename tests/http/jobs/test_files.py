"""Jobs that are documents."""

import pytest
from flask.testing import FlaskClient

from gpu_pool.errors import QuarantinedError
from tests.fakes import FakePool
from tests.http.jobs.client import (
    accepted,
    events,
    post_file,
    wait_for_end,
)
from tests.http.test_translation import problem


def test_a_file_is_translated(client: FlaskClient) -> None:
    url = accepted(post_file(client, b"1\n00:00:01,000 --> 00:00:02,000\nyo\n", "../my film.SRT"))
    final = wait_for_end(client, url)
    assert (final["status"], final["file"]) == ("done", "my film.SRT")
    response = client.get(f"{url}/result")
    assert response.data == b"1\n00:00:01,000 --> 00:00:02,000\nYO\n"
    assert "my film.de.SRT" in response.headers["Content-Disposition"]
    problem(client.get(f"{url}/result?from=0"), 400, "invalid-field")
    names = {name for name, _, _ in events(client.get(f"{url}/events", buffered=True))}
    assert names == {"progress", "done"}


@pytest.mark.parametrize("data", [b"", b"\n \n"])
def test_a_file_without_text_stays_the_same(client: FlaskClient, data: bytes) -> None:
    url = accepted(post_file(client, data, "a.txt"))
    assert wait_for_end(client, url)["status"] == "done"
    assert client.get(f"{url}/result").data == data


def test_one_language_is_detected_for_a_file(client: FlaskClient) -> None:
    data = "Das Wetter ist heute schön.\nOK\nWir gehen in den Wald.\n".encode()
    url = accepted(post_file(client, data, "a.txt", source_language="auto", target_language="en"))
    assert wait_for_end(client, url)["source_language"] == "de"
    assert client.get(f"{url}/result").data == data.decode().upper().encode()


def test_a_text_of_a_file_that_fails_stays_untranslated(
    client: FlaskClient, pool: FakePool
) -> None:
    pool.failures["two"] = QuarantinedError()
    url = accepted(post_file(client, b"one\ntwo\nthree\n", "a.txt"))
    final = wait_for_end(client, url)
    assert (final["status"], final["progress"]["failed"]) == ("done", 1)
    assert client.get(f"{url}/result").data == b"ONE\ntwo\nTHREE\n"


def test_a_damaged_file_is_rejected_at_once(client: FlaskClient) -> None:
    body = problem(post_file(client, b"{", "a.json"), 400, "invalid-field")
    assert body["field"] == "file"
    problem(post_file(client, b"x", "a.exe"), 415, "unsupported-media-type")
    problem(client.post("/translation/jobs", data=b"x"), 415, "unsupported-media-type")
