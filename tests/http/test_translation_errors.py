"""POST /translation: every way in which a request fails, and what the client learns."""

import json
import logging
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from gpu_pool.errors import (
    DeadlineError,
    OverloadedError,
    PoolError,
    QuarantinedError,
    TranslationError,
    UnavailableError,
)
from tests.fakes import FakePool
from tests.http.test_translation import GOOD, post, problem


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"", "not valid JSON"),
        (b"{", "not valid JSON"),
        (b'{"text": "secret}', "not valid JSON"),
        (b'{"text": NaN}', "NaN"),
        (b'{"text": -Infinity}', "NaN and Infinity"),
        (b'{"text": "a", "text": "b"}', "two members of one name"),
        (b'{"text": ' + b"9" * 5000 + b"}", "too many digits"),
        (b'{"text": "\xff"}', "not UTF-8 at byte 10"),
        (b"\xef\xbb\xbf" * 2 + b"{}", "not valid JSON"),
        (b"\xef\xbb\xbf\xff", "not UTF-8 at byte 3"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "nested too deeply"),
    ],
)
def test_malformed_json(app: Flask, body: bytes, detail: str) -> None:
    app.config["MAX_CONTENT_LENGTH"] = 1_000_000
    answer = problem(post(app.test_client(), body), 400, "malformed-json")
    assert detail in answer["detail"]
    assert "secret" not in answer["detail"]


@pytest.mark.parametrize("body", [b"[]", b'"text"', b"null", b"1"])
def test_a_body_that_is_no_object(client: FlaskClient, body: bytes) -> None:
    assert "object" in problem(post(client, body), 400, "invalid-field")["detail"]


@pytest.mark.parametrize(
    ("changes", "field", "detail"),
    [
        ({"text": 5}, "text", "must be a string or an array of strings"),
        ({"text": None}, "text", "must be a string or an array of strings"),
        ({"text": {"a": "b"}}, "text", "must be a string or an array of strings"),
        ({"text": ["a", 5]}, "text[1]", "text[1] must be a string"),
        ({"text": ["a", ["b"]]}, "text[1]", "must be a string"),
        ({"text": ["a", "b", None, 1]}, "text[2]", "must be a string"),
        ({"text": []}, "text", "at least one"),
        ({"text": "a\0"}, "text", "NUL"),
        ({"text": ["", "a\0"]}, "text[1]", "NUL"),
        ({"text": "\ud800"}, "text", "surrogate"),
        ({"text": ["", "\udfff a"]}, "text[1]", "surrogate"),
        ({"source_language": 1}, "source_language", "must be a string"),
        ({"target_language": ["de"]}, "target_language", "must be a string"),
        ({"target_language": "en"}, "target_language", "both en"),
        ({"target_language": "en-GB"}, "target_language", "both en"),
        ({"beams": 5}, "beams", "not a field"),
    ],
)
def test_a_wrong_field_is_named(
    client: FlaskClient, changes: dict[str, Any], field: str, detail: str
) -> None:
    answer = problem(post(client, **changes), 400, "invalid-field")
    assert answer["field"] == field
    assert detail in answer["detail"]


@pytest.mark.parametrize("field", list(GOOD))
def test_a_missing_field_is_named(client: FlaskClient, field: str) -> None:
    body = {name: value for name, value in GOOD.items() if name != field}
    answer = problem(post(client, json.dumps(body).encode()), 400, "invalid-field")
    assert (answer["field"], answer["detail"]) == (field, f"{field} is missing")


@pytest.mark.parametrize("name", ["Dear Sir or Madam", "\ud800", "", "x" * 1000])
def test_a_text_where_a_name_should_be_is_not_repeated(client: FlaskClient, name: str) -> None:
    answer = problem(post(client, **{name: 1}), 400, "invalid-field")
    assert "field" not in answer
    assert answer["detail"] == "a name is not a field of this request"


@pytest.mark.parametrize("field", ["source_language", "target_language"])
@pytest.mark.parametrize("code", ["tlh", "", "de\0", "\ud800"])
def test_an_unsupported_language_lists_the_supported(
    client: FlaskClient, field: str, code: str
) -> None:
    answer = problem(post(client, **{field: code}), 400, "unsupported-language")
    assert answer["field"] == field
    assert "de, en, fr, he, pt" in answer["detail"]


def test_limits_are_inclusive(client: FlaskClient) -> None:
    assert post(client, text=["a"] * 4).status_code == 200
    assert post(client, text=["a" * 50, "é" * 50]).status_code == 200
    answer = problem(post(client, text=["a"] * 5), 413, "too-many-texts")
    assert "4 texts" in answer["detail"]
    answer = problem(post(client, text=["a" * 50, "é" * 51]), 413, "too-long")
    assert "100 characters" in answer["detail"]


def test_the_longest_text_fits_the_body_limit_however_it_is_escaped(client: FlaskClient) -> None:
    assert post(client, text="😀" * 100).status_code == 200


def test_a_body_beyond_the_limit(client: FlaskClient) -> None:
    problem(post(client, b" " * 100_000), 413, "request-entity-too-large")


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded"])
def test_another_content_type(client: FlaskClient, content_type: str | None) -> None:
    response = client.post("/translation", data=json.dumps(GOOD), content_type=content_type)
    problem(response, 415, "unsupported-media-type")


@pytest.mark.parametrize(
    ("retry_after", "header"), [(0.0, "1"), (2.01, "3"), (float("inf"), "3600")]
)
def test_overload_says_when_to_come_back(
    client: FlaskClient, pool: FakePool, retry_after: float, header: str
) -> None:
    pool.refusal = OverloadedError(retry_after)
    response = post(client)
    problem(response, 429, "overloaded")
    assert response.headers["Retry-After"] == header


@pytest.mark.parametrize("state", ["loading", "draining", "dead"])
def test_no_worker(client: FlaskClient, pool: FakePool, state: Any) -> None:
    pool.state = state
    response = post(client)
    problem(response, 503, "unavailable")
    assert int(response.headers["Retry-After"]) > 0


@pytest.mark.parametrize(
    ("failure", "status", "slug", "field"),
    [
        (DeadlineError("late"), 504, "deadline", None),
        (UnavailableError("closed"), 503, "unavailable", None),
        (QuarantinedError("two workers died"), 500, "quarantined", "text[1]"),
        (TranslationError(), 500, "translation-failed", "text[1]"),
    ],
)
def test_what_the_pool_gives_up_on(
    client: FlaskClient,
    pool: FakePool,
    failure: PoolError,
    status: int,
    slug: str,
    field: str | None,
) -> None:
    pool.failures["bad"] = failure
    answer = problem(post(client, text=["good", "bad"]), status, slug)
    assert answer.get("field") == field


def test_a_single_text_that_fails_is_called_text(client: FlaskClient, pool: FakePool) -> None:
    pool.failures["bad"] = TranslationError("out of memory")
    answer = problem(post(client, text="Good. bad"), 500, "translation-failed")
    assert (answer["field"], answer["detail"]) == ("text", "out of memory")


def test_an_unexpected_exception_shows_and_logs_no_text(
    client: FlaskClient, pool: FakePool, caplog: pytest.LogCaptureFixture
) -> None:
    pool.failures["secret"] = ValueError("cannot handle 'secret'")
    response = post(client, text="secret")
    problem(response, 500, "internal")
    assert "secret" not in response.text
    assert "unexpected ValueError in" in caplog.text
    assert "secret" not in caplog.text


def test_an_access_is_logged_without_text_or_query(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    client.get("/languages?secret=1")
    post(client, text="secret")
    client.get("/secret")
    lines = [record.getMessage() for record in caplog.records if record.name.startswith("server")]
    assert [" ".join(line.split()[:3]) for line in lines] == [
        "GET /languages 200", "POST /translation 200", "GET none 404",
    ]  # fmt: skip
    assert "secret" not in caplog.text
