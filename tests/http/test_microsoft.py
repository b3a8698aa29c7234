"""Microsoft Translator's clients, version 3.0: what they send, what they get, how it fails."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from gpu_pool.errors import DeadlineError, OverloadedError, TranslationError, UnavailableError
from server.app import create_app
from server.auth.keys import digest_of
from server.core.errors import InvalidFieldError
from server.core.settings import Settings
from server.routes.microsoft_dictionary import take_terms
from server.services import make_services
from tests.fakes import FakePool, one_model

KEY = "the-key"
KEYS = f'[weblate]\nsha256 = "{digest_of(KEY)}"\nrequests_per_minute = 3\n'
BOTH = pytest.mark.parametrize("root", ["", "/translator/text/v3.0"])
ONE = [{"Text": "one"}]
PAIR = "?api-version=3.0&from=en&to=de"


@BOTH
def test_every_text_in_every_language(client: FlaskClient, root: str) -> None:
    body = [{"Text": "one"}, {"text": "two", "other": 1}]
    response = client.post(f"{root}/translate{PAIR}&to=fr", json=body)
    assert response.get_json() == [
        {"translations": [{"text": text, "to": "de"}, {"text": text, "to": "fr"}]}
        for text in ("ONE", "TWO")
    ]
    assert client.post(f"{root}/translate{PAIR},fr", json=body).get_json() == response.get_json()


@BOTH
def test_the_path_belongs_to_others_without_a_version(client: FlaskClient, root: str) -> None:
    """LibreTranslate and our own list of languages have the same paths."""
    assert isinstance(client.get(f"{root}/languages?api-version=3.0").get_json(), dict)
    assert isinstance(client.get("/languages?scope=translation").get_json(), list)
    assert client.post("/detect?q=Hello", json={"q": "Hello"}).get_json()[0]["confidence"] > 1
    assert client.post("/translate?to=de", json=ONE).get_json().keys() == {"error"}


def test_html(client: FlaskClient) -> None:
    body = [{"Text": "<b>one</b> &amp;"}]
    shown = client.post(f"/translate{PAIR}&textType=html", json=body).get_json()
    assert shown[0]["translations"][0]["text"] == "<b>ONE</b> &amp;"
    shown = client.post(f"/translate{PAIR}&textType=Plain", json=body).get_json()
    assert shown[0]["translations"][0]["text"] != "<b>ONE</b> &amp;"


@pytest.mark.parametrize("type_", ["plain", "html"])
def test_terms_of_the_dynamic_dictionary(client: FlaskClient, pool: FakePool, type_: str) -> None:
    """The pool knows what to do with a glossary; it gets one for each text."""
    tagged = "A <mstrans:dictionary translation='X&amp;Y'>word</mstrans:dictionary>."
    body = [{"Text": tagged}, {"Text": "a word"}]
    response = client.post(f"/translate{PAIR}&textType={type_}", json=body)
    shown = [each["translations"][0]["text"] for each in response.get_json()]
    assert shown == ["A WORD.", "A WORD"]
    terms = [segment.options.glossary for segment in pool.submitted]
    assert terms == [(("word", "X&Y"),), ()]


def test_a_term_with_two_translations() -> None:
    one, other = (
        f"<mstrans:dictionary translation='{each}'>a</mstrans:dictionary>" for each in "bc"
    )
    assert take_terms(one + one, "body") == ("aa", (("a", "b"),))
    with pytest.raises(InvalidFieldError):
        take_terms(one + other, "body")


def test_each_language_is_detected(client: FlaskClient) -> None:
    body = [{"Text": "Wo ist denn der nächste Bahnhof?"}, {"Text": "Where is the railway station?"}]
    shown = client.post("/translate?api-version=3.0&to=fr", json=body).get_json()
    assert [each["detectedLanguage"]["language"] for each in shown] == ["de", "en"]
    assert all(0 < each["detectedLanguage"]["score"] <= 1 for each in shown)
    found = client.post("/detect?api-version=3.0", json=body).get_json()
    assert [each["language"] for each in found] == ["de", "en"]
    assert found[0]["isTranslationSupported"]
    assert not found[0]["isTransliterationSupported"]
    assert all(set(each) == set(found[0]) - {"alternatives"} for each in found[0]["alternatives"])


def test_languages(client: FlaskClient) -> None:
    shown = client.get("/languages?api-version=3.0").get_json()
    assert shown.keys() == {"translation", "transliteration", "dictionary"}
    assert shown["translation"]["he"] == {"name": "Hebrew", "nativeName": "עברית", "dir": "rtl"}
    assert shown["translation"]["de"]["dir"] == "ltr"
    only = client.get("/languages?api-version=3.0&scope=translation%20").get_json()
    assert only == {"translation": shown["translation"]}


@pytest.mark.parametrize(
    "codes",
    [
        {"zh": "zh-Hans", "no": "nb", "sr": "sr-Cyrl", "tl": "fil", "en": "en"},
        {"zho_Hans": "zh-Hans", "zho_Hant": "zh-Hant", "srp_Cyrl": "sr-Cyrl", "eng_Latn": "en"},
    ],
)
def test_languages_have_the_codes_that_microsoft_gives_them(
    pool: FakePool, codes: dict[str, str]
) -> None:
    model = one_model(languages=tuple(codes))
    client = create_app(make_services(pool, model, Settings(port=0))).test_client()
    listed = client.get("/languages?api-version=3.0&scope=translation").get_json()["translation"]
    assert set(listed) == set(codes.values())
    for code in [*codes, *listed, "zh-Hant"]:
        answer = client.post(f"/translate?api-version=3.0&from=en&to={code}", json=ONE)
        assert answer.get_json()[0]["translations"][0]["to"] == code


@pytest.mark.parametrize(
    ("query", "body", "code"),
    [
        (PAIR, {}, 400005),
        (PAIR, [], 400005),
        (PAIR, ["one"], 400005),
        (PAIR, [{"Text": 1}], 400005),
        (PAIR, [{"Text": "a\0"}], 400005),
        (PAIR, ONE * 5, 400072),
        (f"{PAIR}&to=fr", ONE * 3, 400072),
        (PAIR + ",de" * 4, ONE, 400072),
        (PAIR, [{"Text": "a" * 101}], 400050),
        ("?api-version=2.0&to=de", ONE, 400021),
        ("?api-version=3.0", ONE, 400036),
        ("?api-version=3.0&to=", ONE, 400036),
        ("?api-version=3.0&to=zz", ONE, 400036),
        (f"{PAIR}&to=auto", ONE, 400036),
        ("?api-version=3.0&to=de&from=zz", ONE, 400035),
        (f"{PAIR}&textType=xml", ONE, 400071),
        (f"{PAIR}&profanityAction=Marked", ONE, 400042),
        (f"{PAIR}&includeSentenceLength=true", ONE, 400042),
        (f"{PAIR}&toScript=Latn", ONE, 400042),
        *(
            (PAIR, [{"Text": text}], 400005)
            for text in (
                "<mstrans:dictionary>a</mstrans:dictionary>",
                "<mstrans:dictionary translation='b'><b>a</b></mstrans:dictionary>",
                "<mstrans:dictionary translation='b'>a",
                "<mstrans:dictionary translation=' '>a</mstrans:dictionary>",
            )
        ),
    ],
)
def test_what_is_wrong(client: FlaskClient, query: str, body: Any, code: int) -> None:
    response = client.post(f"/translate{query}", json=body)
    assert (response.status_code, response.get_json()["error"]["code"]) == (400, code)
    assert list(response.get_json()["error"]) == ["code", "message"]


def test_options_that_change_nothing_are_accepted(client: FlaskClient) -> None:
    more = "&category=general&profanityAction=NoAction&includeAlignment=false&allowFallback=true"
    assert client.post(f"/translate{PAIR}{more}", json=ONE).status_code == 200


def test_bodies_that_are_no_json(client: FlaskClient) -> None:
    broken = client.post(f"/translate{PAIR}", data=b"[{", content_type="application/json")
    assert (broken.status_code, broken.get_json()["error"]["code"]) == (400, 400074)
    form = client.post(f"/translate{PAIR}", data={"Text": "one"})
    assert (form.status_code, form.get_json()["error"]["code"]) == (415, 415000)
    scope = client.get("/languages?api-version=3.0&scope=other")
    assert (scope.status_code, scope.get_json()["error"]["code"]) == (400, 400001)


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (OverloadedError(2.0), 429000),
        (UnavailableError("gone"), 503000),
        (DeadlineError("late"), 504000),
        (ValueError("secret"), 500000),
        (TranslationError("too little memory"), 500000),
    ],
)
def test_what_fails(client: FlaskClient, pool: FakePool, failure: Exception, code: int) -> None:
    pool.failures["one"] = failure
    response = client.post(f"/translate{PAIR}", json=ONE)
    assert (response.status_code, response.get_json()["error"]["code"]) == (code // 1000, code)
    assert "secret" not in response.text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/translate?api-version=3.0", 405),
        ("GET", "/detect/?api-version=3.0", 405),
        ("POST", "/languages?api-version=3.0", 405),
        ("POST", "/translator/text/v3.0/breaksentence?api-version=3.0", 404),
    ],
)
def test_a_wrong_path_or_method(client: FlaskClient, method: str, path: str, status: int) -> None:
    response = client.open(path, method=method)
    assert response.status_code == status
    assert response.get_json()["error"]["code"] == status * 1000


@pytest.mark.parametrize(
    "given",
    [
        {"headers": {"Ocp-Apim-Subscription-Key": KEY}},
        {"headers": {"Authorization": f"Bearer {KEY}"}},
        {"query_string": {"api-version": "3.0", "to": "de", "Subscription-Key": KEY}},
    ],
)
def test_keys(pool: FakePool, given: dict[str, Any]) -> None:
    settings = Settings(port=0, api_keys_toml=KEYS)
    client = create_app(make_services(pool, one_model(), settings)).test_client()
    wrong = {"Ocp-Apim-Subscription-Key": "wrong"}
    for path in ("/translate", "/detect"):
        for headers in ({}, wrong):
            response = client.post(f"{path}{PAIR}", json=ONE, headers=headers)
            assert (response.status_code, response.get_json()["error"]["code"]) == (401, 401000)
    assert client.get("/languages?api-version=3.0").status_code == 200
    query = {"query_string": {"api-version": "3.0", "to": "de"}}
    answers = [client.post("/translate", json=ONE, **(query | given)) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[3].get_json()["error"]["code"] == 429001
    assert {asker[0] for asker in pool.askers} == {"weblate"}


def test_a_page_may_send_the_key(pool: FakePool) -> None:
    settings = Settings(port=0, cors_origins="*")
    client = create_app(make_services(pool, one_model(), settings)).test_client()
    headers = {"Origin": "https://a.example", "Access-Control-Request-Method": "POST"}
    allowed = client.options(f"/translate{PAIR}", headers=headers).headers
    assert "Ocp-Apim-Subscription-Key" in allowed["Access-Control-Allow-Headers"]
    assert "POST" in allowed["Access-Control-Allow-Methods"]
