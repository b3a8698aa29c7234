"""POST /translation: what it answers."""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from server.schemas.translation import TranslationRequest
from tests.fakes import FakePool

GOOD = {"text": "Hello", "source_language": "en", "target_language": "de"}


def post(client: FlaskClient, body: Any = GOOD, **changes: Any) -> TestResponse:
    data = body if isinstance(body, bytes) else json.dumps({**body, **changes})
    return client.post("/translation", data=data, content_type="application/json")


def problem(response: TestResponse, status: int, slug: str) -> dict[str, Any]:
    """Check that the answer is this problem; return its body."""
    assert response.status_code == status, response.text
    assert response.mimetype == "application/problem+json"
    body: dict[str, Any] = response.get_json(force=True)
    assert body["type"] == f"urn:m2m-server:{slug}"
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    return body


def test_one_text(client: FlaskClient, pool: FakePool) -> None:
    response = post(client)
    assert response.status_code == 200
    assert response.get_json() == {
        "translation": "HELLO", "source_language": "en", "target_language": "de", "model": "fake",
    }  # fmt: skip
    assert pool.timeouts == [pytest.approx(9.0, abs=1)]


def test_a_request_may_name_its_timeout_and_its_priority(
    client: FlaskClient, pool: FakePool
) -> None:
    assert post(client, timeout=2, priority="bulk").status_code == 200
    assert post(client, timeout=0.5).status_code == 200
    assert pool.timeouts == [pytest.approx(2.0, abs=0.4), pytest.approx(0.5, abs=0.4)]
    assert pool.askers == [("127.0.0.1", True), ("127.0.0.1", False)]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("timeout", 0),
        ("timeout", -1),
        ("timeout", "5"),
        ("timeout", True),
        ("timeout", 1e9),
        ("timeout", []),
        ("priority", "urgent"),
        ("priority", 1),
    ],
)
def test_a_wrong_timeout_or_priority_is_named(
    client: FlaskClient, field: str, value: object
) -> None:
    body = problem(post(client, **{field: value}), 400, "invalid-field")
    assert body["field"] == field


def test_null_means_not_given(client: FlaskClient, pool: FakePool) -> None:
    optional = set(TranslationRequest.model_fields) - set(GOOD)
    assert post(client, **dict.fromkeys(optional)).get_json() == post(client).get_json()
    assert pool.askers == [("127.0.0.1", False)] * 2
    for field in GOOD:
        assert problem(post(client, **{field: None}), 400, "invalid-field")["field"] == field
    assert problem(post(client, beams=None), 400, "invalid-field")["field"] == "beams"


def test_many_texts_keep_shape_and_order(client: FlaskClient) -> None:
    assert post(client, text=["b", " ", "a\n\nc"]).get_json()["translation"] == ["B", " ", "A\n\nC"]
    assert post(client, text=["b"]).get_json()["translation"] == ["B"]


def test_the_answer_is_utf8_without_escapes(client: FlaskClient) -> None:
    response = post(client, text="ünï 😀 שלום")
    assert "ÜNÏ 😀 שלום".encode() in response.data


def test_codes_of_other_standards_are_understood(client: FlaskClient, pool: FakePool) -> None:
    body = post(client, source_language="pt-BR", target_language="IW").get_json()
    assert (body["source_language"], body["target_language"]) == ("pt", "he")
    options = pool.submitted[0].options
    assert (options.source, options.target) == ("pt", "he")


@pytest.mark.parametrize("state", ["loading", "draining", "dead"])
def test_blank_texts_need_no_worker(client: FlaskClient, pool: FakePool, state: Any) -> None:
    pool.state = state
    assert post(client, text=["", " \n"]).get_json()["translation"] == ["", " \n"]
    assert post(client, text="").status_code == 200


def test_a_source_that_is_to_be_detected(client: FlaskClient, pool: FakePool) -> None:
    body = {
        "text": ["Where is the nearest railway station?", "Wo ist denn bitte der nächste Bahnhof?"],
        "source_language": "auto",
        "target_language": "de",
    }
    answer = client.post("/translation", json=body).get_json()
    # What is in the target language already stays as it is.
    assert answer["translation"] == ["WHERE IS THE NEAREST RAILWAY STATION?", body["text"][1]]
    assert answer["source_language"] == ["en", "de"]
    assert [found["language"] for found in answer["detected"]] == ["en", "de"]
    assert all(0 < found["confidence"] <= 1 for found in answer["detected"])
    assert [segment.options.source for segment in pool.submitted] == ["en"]


def test_alternatives_are_joined_rank_by_rank(client: FlaskClient, pool: FakePool) -> None:
    body = {"source_language": "en", "target_language": "de", "alternatives": 2}
    answer = client.post("/translation", json=body | {"text": "One. Two."}).get_json()
    assert answer["alternatives"] == ["ONE. (2) TWO. (2)", "ONE. (3) TWO. (3)"]
    assert client.post("/translation", json=body | {"text": ["a"]}).get_json()["alternatives"] == [
        ["A (2)", "A (3)"]
    ]
    assert {segment.options.alternatives for segment in pool.submitted} == {2}


def test_what_is_doubtful_is_said_once_a_text(client: FlaskClient, pool: FakePool) -> None:
    pool.warnings = {"Two.": ("repetition",), "Three.": ("repetition", "length")}
    body = {"source_language": "en", "target_language": "de"}
    answer = client.post("/translation", json=body | {"text": ["One.", "Two. Three."]}).get_json()
    assert [(w["field"], w["code"]) for w in answer["warnings"]] == [
        ("text[1]", "repetition"),
        ("text[1]", "length"),
    ]
    assert "warnings" not in client.post("/translation", json=body | {"text": "One."}).get_json()


def test_glossary_entries_travel_with_the_segments_that_hold_them(
    client: FlaskClient, pool: FakePool
) -> None:
    body = {
        "text": "The GPU pool. Nothing here.",
        "source_language": "en",
        "target_language": "de",
        "glossary": {"gpu pool": "GPU-Pool", "server": "Server"},
    }
    assert client.post("/translation", json=body).status_code == 200
    assert [segment.options.glossary for segment in pool.submitted] == [
        (("gpu pool", "GPU-Pool"),),
        (),
    ]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("format", "xml"),
        ("alternatives", -1),
        ("alternatives", 11),
        ("alternatives", True),
        ("glossary", ["a"]),
        ("glossary", {"secret": 1}),
        ("glossary", {" ": "x"}),
        ("glossary", {"secret": "line\nbreak"}),
        ("glossary", {f"{i}": "x" for i in range(1001)}),
        ("target_language", "auto"),
    ],
)
def test_further_fields_are_checked_and_named(
    client: FlaskClient, field: str, value: object
) -> None:
    body = {"text": "a", "source_language": "en", "target_language": "de", field: value}
    response = client.post("/translation", json=body)
    assert response.status_code == 400
    assert response.get_json()["field"] == field
    assert "secret" not in response.get_data(as_text=True)


@pytest.mark.parametrize(
    ("headers", "cached"),
    [
        ({}, True),
        ({"Cache-Control": "no-store"}, False),
        ({"Cache-Control": "max-age=0, No-Store"}, False),
        ({"Cache-Control": "no-cache"}, True),
    ],
)
def test_no_store_keeps_translations_out_of_the_cache(
    client: FlaskClient, pool: FakePool, headers: dict[str, str], cached: bool
) -> None:
    assert client.post("/translation", json=GOOD, headers=headers).status_code == 200
    assert pool.cached == [cached]
