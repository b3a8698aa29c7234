"""LibreTranslate's clients work unchanged: its own library, and what others are known to send."""

import urllib.error
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from libretranslatepy import LibreTranslateAPI

from gpu_pool.errors import OverloadedError, TranslationError
from server.app import create_app
from server.auth.keys import digest_of
from server.core.settings import Settings
from server.http.waitress_server import HttpServer
from server.services import make_services
from tests.fakes import FakePool, one_model

KEY = "the-key"
KEYS = f'[weblate]\nsha256 = "{digest_of(KEY)}"\n'


@pytest.fixture
def url(app: Flask, settings: Settings) -> Iterator[str]:
    server = HttpServer(app, settings)
    server.start()
    yield server.url
    server.close()


def guarded(pool: FakePool) -> Flask:
    settings = Settings(port=0, api_keys_toml=KEYS)
    return create_app(make_services(pool, one_model(), settings))


def test_its_own_library(url: str) -> None:
    api = LibreTranslateAPI(url)
    assert api.translate("Hello\r\n", "en", "de") == "HELLO"
    assert {
        "code": "de",
        "tag": "de",
        "name": "German",
        "detected": True,
        "targets": ["en", "fr", "he", "pt"],
        "native_name": "Deutsch",
        "script": "Latn",
        "models": [{"name": "fake", "licence": "MIT"}],
        "direction": "ltr",
        "aliases": ["deu", "ger"],
    } in api.languages()
    best = api.detect("Where is the nearest railway station?")[0]
    assert best["language"] == "en"
    assert 50 < best["confidence"] <= 100


def test_its_own_library_raises_what_it_raises(url: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        LibreTranslateAPI(url).translate("hello", "en", "zz")
    assert caught.value.code == 400
    caught.value.close()


def test_an_array_of_json_as_weblate_sends_it(client: FlaskClient) -> None:
    body = {"q": ["one", "", "two"], "source": "en", "target": "de", "api_key": ""}
    response = client.post("/translate", json=body)
    assert response.get_json() == {"translatedText": ["ONE", "", "TWO"]}


def test_html_and_detection_by_item_as_mastodon_sends_it(client: FlaskClient) -> None:
    body = {
        "q": ["<p>Where is the <b>station</b>?</p>", "<p>Wo ist denn der nächste Bahnhof?</p>"],
        "source": "auto",
        "target": "de",
        "format": "html",
    }
    answer = client.post("/translate", json=body).get_json()
    assert answer["translatedText"] == ["<p>WHERE IS THE <b>STATION</b>?</p>", body["q"][1]]
    assert [each["language"] for each in answer["detectedLanguage"]] == ["en", "de"]
    assert all(0 < each["confidence"] <= 100 for each in answer["detectedLanguage"])


@pytest.mark.parametrize("path", ["/translate", "/detect"])
def test_null_means_not_given_as_mastodon_sends_it(client: FlaskClient, path: str) -> None:
    body = {"q": "one", "source": "en", "target": "de"}
    nulls = dict.fromkeys(["api_key", "format", "alternatives", "unknown"])
    answer = client.post(path, json=body | nulls)
    assert answer.status_code == 200
    assert answer.get_json() == client.post(path, json=body).get_json()


def test_a_required_parameter_that_is_null_is_missing(client: FlaskClient) -> None:
    body = {"q": "one", "source": "en", "target": "de"}
    for name in body:
        answer = client.post("/translate", json=body | {name: None})
        assert answer.status_code == 400
        assert answer.get_json() == {"error": f"Invalid request: missing {name} parameter"}


@pytest.mark.parametrize(
    "content_type", ["application/x-www-form-urlencoded", "multipart/form-data"]
)
def test_a_repeated_text_of_a_form_is_an_array(client: FlaskClient, content_type: str) -> None:
    pair = {"source": "en", "target": "de"}
    for texts, expected in ((["one", "", "two\r\n"], ["ONE", "", "TWO"]), (["one"], "ONE")):
        data = {"q": texts, **pair}
        answer = client.post("/translate", data=data, content_type=content_type).get_json()
        assert answer == {"translatedText": expected}
    found = client.post("/detect", data={"q": ["one", "two"]}, content_type=content_type)
    assert len(found.get_json()) == 2


def test_alternatives_come_only_where_asked_for(client: FlaskClient) -> None:
    body: dict[str, Any] = {"q": "one", "source": "en", "target": "pt-BR", "alternatives": "2"}
    answer = client.post("/translate", data=body).get_json()
    assert answer == {"translatedText": "ONE", "alternatives": ["ONE (2)", "ONE (3)"]}
    assert client.post("/translate", query_string=body | {"alternatives": "0"}).get_json() == {
        "translatedText": "ONE"
    }


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"source": "en", "target": "de"}, "Invalid request: missing q parameter"),
        ({"q": "", "source": "en", "target": "de"}, "Invalid request: missing q parameter"),
        ({"q": "a", "target": "de"}, "Invalid request: missing source parameter"),
        ({"q": "a", "source": "en"}, "Invalid request: missing target parameter"),
        ({"q": "a", "source": "zz", "target": "de"}, "zz is not supported"),
        ({"q": "a", "source": "en", "target": "zh-Hant"}, "zh-Hant is not supported"),
        ({"q": "a", "source": "in words", "target": "de"}, "source must be one of auto, de"),
        ({"q": "a", "source": "en", "target": "auto"}, "target must be one of de"),
        ({"q": 1, "source": "en", "target": "de"}, "q must be a string"),
        ({"q": ["a", None], "source": "en", "target": "de"}, "q[1] must be a string"),
        ({"q": "a\0", "source": "en", "target": "de"}, "q contains a NUL"),
        ({"q": "a", "source": 1, "target": "de"}, "source must be a string"),
        ({"q": "a", "source": "en", "target": "de", "format": "xml"}, "format must be"),
        ({"q": "a", "source": "en", "target": "de", "alternatives": -1}, "alternatives must be"),
        ({"q": "a", "source": "en", "target": "de", "alternatives": "99999999"}, "alternatives"),
        ({"q": "a" * 101, "source": "en", "target": "de"}, "100 characters"),
        ({"q": ["a"] * 5, "source": "en", "target": "de"}, "4 texts at most"),
    ],
)
def test_what_is_wrong_is_said_in_its_own_way(
    client: FlaskClient, body: dict[str, Any], message: str
) -> None:
    response = client.post("/translate", json=body)
    assert response.status_code == 400
    assert list(response.get_json()) == ["error"]
    assert response.get_json()["error"].startswith(message) or message in response.text


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"q": "a", "q": "b"}'])
def test_json_that_is_none(client: FlaskClient, content: bytes) -> None:
    response = client.post("/translate", data=content, content_type="application/json")
    assert (response.status_code, list(response.get_json())) == (400, ["error"])


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/translate", 405),
        ("DELETE", "/detect/", 405),
        ("GET", "/suggest", 405),
        ("POST", "/health", 405),
        ("GET", "/translate_file", 405),
        ("POST", "/download_file/x", 405),
        ("GET", "/frontend/nothing", 404),
        ("GET", "/translate/nothing", 404),
    ],
)
def test_a_wrong_path_or_method(client: FlaskClient, method: str, path: str, status: int) -> None:
    response = client.open(path, method=method)
    assert response.status_code == status
    assert response.mimetype == "application/json"
    assert list(response.get_json()) == ["error"]
    assert ("Allow" in response.headers) == (status == 405)
    assert response.headers["X-Request-Id"]


def test_an_unexpected_exception_shows_no_text(client: FlaskClient, pool: FakePool) -> None:
    pool.failures["secret"] = ValueError("secret")
    response = client.post("/translate", json={"q": "secret", "source": "en", "target": "de"})
    assert (response.status_code, list(response.get_json())) == (500, ["error"])
    assert "secret" not in response.text


def test_a_suggestion_is_not_stored_and_the_answer_says_so(client: FlaskClient) -> None:
    body = {"q": "Hi", "s": "Hallo", "source": "en", "target": "de"}
    assert client.post("/suggest", json=body).get_json() == {"success": False}
    assert client.post("/suggest", data=body).get_json() == {"success": False}
    assert not client.get("/frontend/settings").get_json()["suggestions"]
    for name in body:
        response = client.post("/suggest", json=body | {name: None})
        assert response.status_code == 400
        assert response.get_json() == {"error": f"Invalid request: missing {name} parameter"}


def test_errors_of_the_pool_keep_their_status(client: FlaskClient, pool: FakePool) -> None:
    body = {"q": ["good", "bad"], "source": "en", "target": "de"}
    pool.failures["bad"] = TranslationError("too little memory")
    response = client.post("/translate", json=body)
    assert (response.status_code, response.get_json()) == (500, {"error": "too little memory"})
    pool.refusal = OverloadedError(2.5)
    response = client.post("/translate", json=body)
    assert (response.status_code, response.headers["Retry-After"]) == (429, "3")


def test_the_health_and_the_settings(client: FlaskClient, pool: FakePool) -> None:
    assert client.get("/health").get_json() == {"status": "ok"}
    pool.state = "dead"
    assert client.get("/health").status_code == 503
    shown = client.get("/frontend/settings").get_json()
    assert (shown["charLimit"], shown["keyRequired"]) == (100, False)
    assert shown["language"]["source"]["code"] == "auto"


def test_keys(pool: FakePool) -> None:
    client = guarded(pool).test_client()
    body = {"q": "one", "source": "en", "target": "de"}
    assert client.post("/translate", data=body).status_code == 400
    assert client.post("/translate", data=body | {"api_key": "wrong"}).status_code == 403
    assert client.post("/translate", data=body | {"api_key": KEY}).status_code == 200
    assert client.post("/detect", data={"q": "one"}).status_code == 400
    assert client.post("/suggest", data=body | {"s": "eins"}).status_code == 400
    assert client.post("/suggest", data=body | {"s": "eins", "api_key": "x"}).status_code == 403
    assert client.get("/frontend/settings").get_json()["keyRequired"]
    assert [asker[0] for asker in pool.askers] == ["weblate"]
