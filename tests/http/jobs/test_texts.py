"""Jobs of many texts: options, partial results, texts that fail."""

import pytest
from flask.testing import FlaskClient

from gpu_pool.errors import QuarantinedError, TranslationError
from tests.fakes import FakePool
from tests.http.jobs.client import (
    accepted,
    post,
    result,
    wait_for_end,
    wait_until,
)
from tests.http.test_translation import problem


def test_a_job_is_accepted_processed_and_fetched(client: FlaskClient, pool: FakePool) -> None:
    texts = [f"text {i}\n\n  b" for i in range(50)]
    response = post(client, texts)
    url = accepted(response)
    assert response.headers["Location"] == url
    final = wait_for_end(client, url)
    assert (final["status"], final["url"]) == ("done", url)
    assert final["progress"] == {"done": 50, "total": 50, "failed": 0, "eta": None}
    assert final["created"] <= final["started"] <= final["finished"] < final["expires"]
    body = client.get(final["result_url"]).get_json()
    assert body["translation"] == [text.upper() for text in texts]
    assert (body["from"], body["next"], body["total"]) == (0, 50, 50)
    assert (body["source_language"], body["target_language"]) == ("en", "de")
    assert (body["model"], body["status"]) == ("fake", "done")
    assert not {"errors", "warnings", "detected", "alternatives"} & body.keys()
    assert set(pool.askers) == {("127.0.0.1", True)}


def test_a_job_has_the_options_of_a_request(client: FlaskClient, pool: FakePool) -> None:
    pool.warnings["Das ist ein schönes Haus"] = ("repetition",)
    texts = ["The weather is nice today", "Das ist ein schönes Haus"]
    url = accepted(
        post(client, texts, source_language="auto", target_language="fr", alternatives=1,
             glossary={"weather": "météo"})
    )  # fmt: skip
    assert wait_for_end(client, url)["source_language"] == "auto"
    body = result(client, url)
    assert body["source_language"] == ["en", "de"]
    assert [found["language"] for found in body["detected"]] == ["en", "de"]
    assert body["alternatives"] == [[f"{text.upper()} (2)"] for text in texts]
    [warning] = body["warnings"]
    assert (warning["field"], warning["code"]) == ("text[1]", "repetition")
    assert {segment.options.glossary for segment in pool.submitted} == {(), (("weather", "météo"),)}


def test_html_is_translated(client: FlaskClient) -> None:
    url = accepted(post(client, ["<p>one</p>"], format="html"))
    assert wait_for_end(client, url)["status"] == "done"
    assert result(client, url)["translation"] == ["<p>ONE</p>"]


def test_a_text_that_fails_does_not_affect_the_others(client: FlaskClient, pool: FakePool) -> None:
    texts = [f"text {i}" for i in range(40)]
    for text in ("text 0", "text 7", "text 39"):
        pool.failures[text] = QuarantinedError()
    pool.failures["text 8"] = TranslationError("no translation found")
    url = accepted(post(client, texts))
    final = wait_for_end(client, url)
    assert (final["status"], final["progress"]["failed"]) == ("done", 4)
    body = result(client, url)
    failed = [0, 7, 8, 39]
    assert body["translation"] == [
        None if i in failed else text.upper() for i, text in enumerate(texts)
    ]
    assert [error["field"] for error in body["errors"]] == [f"text[{i}]" for i in failed]
    assert body["errors"][0]["type"] == "urn:m2m-server:quarantined"
    assert body["errors"][2]["detail"] == "no translation found"


def test_partial_results_are_in_order(client: FlaskClient, pool: FakePool) -> None:
    pool.holding = True
    texts = ["x" * 90 + f" {i}" for i in range(40)]  # several batches
    url = accepted(post(client, texts))
    wait_until(lambda: len(pool.submitted) > 10)
    begun = result(client, url, "?from=0")
    assert (begun["status"], begun["translation"], begun["next"]) == ("running", [], 0)
    problem(client.get(f"{url}/result"), 409, "no-result")
    pool.holding = False
    pool.release()
    wait_for_end(client, url)
    part = result(client, url, "?from=38")
    assert part["translation"] == [text.upper() for text in texts[38:]]
    assert (part["from"], part["next"], part["total"]) == (38, 40, 40)
    assert result(client, url, "?from=40")["translation"] == []


@pytest.mark.parametrize("first", ["41", "-1", "x", "", "٣", "9" * 5000])
def test_an_invalid_start_is_rejected(client: FlaskClient, first: str) -> None:
    url = accepted(post(client, ["a"] * 3))
    assert (
        problem(client.get(f"{url}/result?from={first}"), 400, "invalid-field")["field"] == "from"
    )
    problem(client.get(f"{url}/events?from={first}"), 400, "invalid-field")
