"""The clients of nllb-serve and nllb-api: what they send, what they get, how it fails."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from gpu_pool.errors import OverloadedError
from server.app import create_app
from server.auth.keys import digest_of
from server.core.settings import Settings
from server.services import make_services
from tests.fakes import FakePool, one_model

KEY = "the-key"
KEYS = f'[subtitles]\nsha256 = "{digest_of(KEY)}"\n'
PAIR = {"src_lang": "eng_Latn", "tgt_lang": "deu_Latn"}
API = "/api/v4/translator"


def test_nllb_serve_by_query_form_and_json(client: FlaskClient) -> None:
    for many in (["one", "", "two"], ["one"], "one"):
        fields: dict[str, Any] = PAIR | {"source": many}
        texts = [many] if isinstance(many, str) else many
        for response in (
            client.get("/translate", query_string=fields),
            client.post("/translate", query_string=fields),
            client.post("/translate", data=fields),
            client.post("/translate", json=fields),
        ):
            shown = response.get_json()
            assert shown.pop("time_taken") >= 0
            assert shown == {
                "source": texts,
                "translation": [text.upper() for text in texts],
                "time_units": "s",
                **PAIR,
            }


def test_nllb_serve_assumes_english(client: FlaskClient, pool: FakePool) -> None:
    shown = client.post("/translate", json={"source": "one", "tgt_lang": "fra_Latn"}).get_json()
    assert (shown["src_lang"], shown["translation"]) == ("eng_Latn", ["ONE"])
    assert [segment.options.source for segment in pool.submitted] == ["en"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"source": None}, "source is missing"),
        ({"source": []}, "source is missing"),
        ({"source": ["a", 1]}, "source[1] must be a string"),
        ({"source": ["a"] * 5}, "4 texts at most"),
        ({"source": "a" * 101}, "100 characters"),
        ({"tgt_lang": None}, "tgt_lang is missing"),
        ({"tgt_lang": "ace_Arab"}, "tgt_lang must be one of"),
        ({"src_lang": "ace_Arab"}, "src_lang must be one of"),
    ],
)
def test_nllb_serve_says_what_is_wrong(
    client: FlaskClient, change: dict[str, Any], message: str
) -> None:
    response = client.post("/translate", json={"source": "a", **PAIR} | change)
    assert response.status_code == 400
    assert message in response.get_json()["error"]


@pytest.mark.parametrize("version", ["v2", "v3", "v4"])
def test_nllb_api_at_its_addresses(client: FlaskClient, version: str) -> None:
    body = {"text": "one", "source": "eng_Latn", "target": "deu_Latn"}
    path = f"/api/{version}/translator"
    assert client.post(path, json=body).get_json() == {"result": "ONE"}
    assert client.get(path, query_string=body).get_json() == {"result": "ONE"}
    assert client.post(f"{path}/", data=body).get_json() == {"result": "ONE"}


@pytest.mark.parametrize(
    ("path", "query"),
    [
        (API, {"text": "one", "source": "eng_Latn", "target": "deu_Latn"}),
        ("/translate", {"source": "one", **PAIR}),
        ("/language/translate/v2", {"q": "one", "source": "en", "target": "de"}),
        ("/v2/languages", {"type": "source"}),
    ],
)
def test_a_get_may_say_that_its_missing_body_is_json(
    client: FlaskClient, path: str, query: dict[str, str]
) -> None:
    """Subtitle Edit, among others, has this header in every request."""
    response = client.get(path, query_string=query, content_type="application/json")
    assert response.status_code == 200, response.text


def test_nllb_api_detects(client: FlaskClient) -> None:
    query = {"text": "Wo ist denn der nächste Bahnhof?"}
    shown = client.get("/api/v4/language", query_string=query).get_json()
    assert shown["language"] == "deu_Latn"
    assert 0 < shown["confidence"] <= 1


@pytest.mark.parametrize(
    ("change", "status", "message"),
    [
        ({"text": ""}, 400, "text is missing"),
        ({"text": 1}, 400, "text must be a string"),
        ({"text": "a" * 101}, 413, "100 characters"),
        ({"source": None}, 400, "source and target"),
        ({"target": "ace_Arab"}, 400, "target must be one of"),
    ],
)
def test_nllb_api_says_what_is_wrong(
    client: FlaskClient, change: dict[str, Any], status: int, message: str
) -> None:
    body = {"text": "a", "source": "eng_Latn", "target": "deu_Latn"}
    response = client.post(API, json=body | change)
    assert response.status_code == response.get_json()["status_code"] == status
    assert message in response.get_json()["detail"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("PUT", API, 405),
        ("POST", "/api/v4/language", 405),
        ("GET", f"{API}/stream", 404),
        ("POST", "/api/v1/translator", 404),
    ],
)
def test_nllb_api_has_its_shape_for_a_wrong_path_or_method(
    client: FlaskClient, method: str, path: str, status: int
) -> None:
    response = client.open(path, method=method)
    assert response.status_code == response.get_json()["status_code"] == status


def test_an_overloaded_pool(client: FlaskClient, pool: FakePool) -> None:
    pool.refusal = OverloadedError(2.0)
    for response in (
        client.post("/translate", json={"source": "one", **PAIR}),
        client.get(API, query_string={"text": "one", "target": "de"}),
    ):
        assert (response.status_code, response.headers["Retry-After"]) == (429, "2")


def test_keys(pool: FakePool) -> None:
    settings = Settings(port=0, api_keys_toml=KEYS)
    client = create_app(make_services(pool, one_model(), settings)).test_client()
    good = {"Authorization": f"Bearer {KEY}"}
    query = {"text": "one", "source": "eng_Latn", "target": "deu_Latn"}
    assert client.get(API, query_string=query).status_code == 401
    assert client.get(API, query_string=query, headers=good).status_code == 200
    assert client.get("/api/v4/language?text=a").status_code == 401
    fields = {"source": "one", **PAIR}
    assert client.post("/translate", json=fields).status_code == 400
    assert client.post("/translate", json=fields, headers=good).status_code == 200
    assert client.get("/translate", query_string=fields | {"api_key": KEY}).status_code == 200
    assert {asker[0] for asker in pool.askers} == {"subtitles"}
