"""Google Cloud Translation's clients, version 2: what they send, what they get, how it fails."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from gpu_pool.errors import DeadlineError, OverloadedError, TranslationError, UnavailableError
from server.app import create_app
from server.auth.keys import digest_of
from server.core.settings import Settings
from server.services import make_services
from tests.fakes import FakePool, one_model

PATH = "/language/translate/v2"
KEY = "the-key"
KEYS = f'[weblate]\nsha256 = "{digest_of(KEY)}"\nrequests_per_minute = 3\n'


def translations(response: Any) -> list[dict[str, str]]:
    found: list[dict[str, str]] = response.get_json()["data"]["translations"]
    return found


def test_texts_in_the_query_a_form_and_json(client: FlaskClient) -> None:
    pair = {"source": "en", "target": "de"}
    expected = [{"translatedText": "ONE"}, {"translatedText": "TWO"}]
    for many in (["one", "two"], ["one"], "one"):
        fields: dict[str, Any] = pair | {"q": many}
        shown = expected if len(many) == 2 else expected[:1]
        assert translations(client.get(PATH, query_string=fields)) == shown
        assert translations(client.post(PATH, query_string=fields)) == shown
        assert translations(client.post(PATH, data=fields)) == shown
        assert translations(client.post(PATH, json=fields)) == shown
    assert translations(client.post(PATH, query_string=pair, json={"q": "one"})) == expected[:1]


def test_html_is_the_default(client: FlaskClient) -> None:
    body = {"q": "<b>one</b> &amp; two", "source": "en", "target": "de"}
    assert translations(client.post(PATH, json=body)) == [
        {"translatedText": "<b>ONE</b> &amp; TWO"}
    ]
    text = translations(client.post(PATH, json=body | {"format": "text", "q": "1 < two &amp;"}))
    assert text == [{"translatedText": "1 < TWO &AMP;"}]


def test_each_language_is_detected_and_named_as_google_does(client: FlaskClient) -> None:
    texts = ["Wo ist denn der nächste Bahnhof?", "היכן נמצאת תחנת הרכבת הקרובה?"]
    got = translations(client.post(PATH, json={"q": texts, "target": "en"}))
    assert [each["detectedSourceLanguage"] for each in got] == ["de", "iw"]
    found = client.post(f"{PATH}/detect", json={"q": texts}).get_json()["data"]["detections"]
    assert [[each["language"] for each in every] for every in found] == [["de"], ["iw"]]
    assert all(0 < every[0]["confidence"] <= 1 for every in found)
    assert client.get(f"{PATH}/detect", query_string={"q": texts}).get_json()["data"] == {
        "detections": found
    }


def test_languages_have_names_where_asked_for(client: FlaskClient) -> None:
    plain = client.get(f"{PATH}/languages").get_json()["data"]["languages"]
    assert plain == [{"language": code} for code in ("de", "en", "fr", "he", "iw", "pt")]
    for response in (
        client.get(f"{PATH}/languages?target=en"),
        client.post(f"{PATH}/languages", data={"target": "en"}),
        client.post(f"{PATH}/languages", json={"target": "en"}),
    ):
        named = response.get_json()["data"]["languages"]
        assert named[0] == {"language": "de", "name": "German"}


def test_a_model_of_nllb_has_googles_codes_too(pool: FakePool) -> None:
    codes = ("eng_Latn", "heb_Hebr", "nob_Latn", "zho_Hans", "zho_Hant")
    model = one_model(languages=codes)
    client = create_app(make_services(pool, model, Settings(port=0))).test_client()
    listed = client.get(f"{PATH}/languages").get_json()["data"]["languages"]
    written = [each["language"] for each in listed]
    assert written == ["en", "he", "iw", "nb", "no", "zh", "zh-CN", "zh-TW"]
    for code in written:
        body = {"q": "one", "source": "en", "target": code}
        assert client.post(PATH, json=body).status_code == 200


@pytest.mark.parametrize("code", ["iw", "he", "heb"])
def test_languages_go_by_several_codes(client: FlaskClient, code: str) -> None:
    body = {"q": "one", "source": "en", "target": code}
    assert translations(client.post(PATH, json=body)) == [{"translatedText": "ONE"}]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"q": None}, "q is missing"),
        ({"q": []}, "q is missing"),
        ({"q": ["a", 1]}, "q[1] must be a string"),
        ({"q": "a\0"}, "q contains a NUL"),
        ({"q": ["a"] * 5}, "4 texts at most"),
        ({"q": "a" * 101}, "100 characters"),
        ({"target": None}, "target is missing"),
        ({"target": "zz"}, "target must be one of de"),
        ({"source": "zz"}, "source must be one of auto, de"),
        ({"format": "xml"}, "format must be"),
    ],
)
def test_what_is_wrong(client: FlaskClient, change: dict[str, Any], message: str) -> None:
    body = {"q": "a", "source": "en", "target": "de"} | change
    response = client.post(PATH, json=body)
    error = response.get_json()["error"]
    assert response.status_code == error["code"] == 400
    assert message in error["message"]
    assert error["status"] == "INVALID_ARGUMENT"
    assert error["errors"] == [
        {"message": error["message"], "domain": "global", "reason": "invalid"}
    ]


@pytest.mark.parametrize(
    ("failure", "status", "word"),
    [
        (OverloadedError(2.0), 429, "RESOURCE_EXHAUSTED"),
        (UnavailableError("gone"), 503, "UNAVAILABLE"),
        (DeadlineError("late"), 504, "DEADLINE_EXCEEDED"),
        (ValueError("secret"), 500, "INTERNAL"),
        (TranslationError("too little memory"), 500, "INTERNAL"),
    ],
)
def test_what_fails(
    client: FlaskClient, pool: FakePool, failure: Exception, status: int, word: str
) -> None:
    pool.failures["one"] = failure
    response = client.post(PATH, json={"q": "one", "source": "en", "target": "de"})
    assert response.status_code == status
    assert response.get_json()["error"]["status"] == word
    assert "secret" not in response.text
    assert ("Retry-After" in response.headers) == (status in (429, 503))


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("PUT", PATH, 405), ("GET", f"{PATH}/nothing", 404), ("GET", "/language/translate/v3", 404)],
)
def test_a_wrong_path_or_method(client: FlaskClient, method: str, path: str, status: int) -> None:
    response = client.open(path, method=method)
    assert (response.status_code, response.get_json()["error"]["code"]) == (status, status)


@pytest.mark.parametrize(
    "given",
    [
        {"query_string": {"key": KEY}},
        {"headers": {"X-Goog-Api-Key": KEY}},
        {"headers": {"Authorization": f"Bearer {KEY}"}},
        {"form": {"key": KEY}},
    ],
)
def test_keys(pool: FakePool, given: dict[str, Any]) -> None:
    settings = Settings(port=0, api_keys_toml=KEYS)
    client = create_app(make_services(pool, one_model(), settings)).test_client()
    body = {"q": "one", "source": "en", "target": "de"}
    missing = client.post(PATH, data=body)
    assert missing.status_code == 403
    assert missing.get_json()["error"]["status"] == "PERMISSION_DENIED"
    assert client.post(PATH, data=body | {"key": "wrong"}).status_code == 400
    assert client.get(f"{PATH}/languages", headers={"X-Goog-Api-Key": "wrong"}).status_code == 400
    form = given.pop("form", {})
    answers = [client.post(PATH, data=body | form, **given).status_code for _ in range(4)]
    assert answers == [200, 200, 200, 429]
    assert {asker[0] for asker in pool.askers} == {"weblate"}
