"""What other programs send, byte for byte where it matters, and what they read in the answer.

Each was taken from the program's source or from its traffic. The server is one with API keys where
the program sends one.
"""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient

from server.app import create_app
from server.auth.keys import digest_of
from server.core.settings import Settings
from server.services import make_services
from tests.fakes import FakePool, one_model

KEY = "the-key"
KEYS = f'[tool]\nsha256 = "{digest_of(KEY)}"\n'
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
GERMAN = "Wo ist denn der nächste Bahnhof?"
GOOGLE = "/language/translate/v2"
AZURE = "/translator/text/v3.0"  # of a domain of one's own
SUBSCRIPTION = {"Ocp-Apim-Subscription-Key": KEY, "Ocp-Apim-Subscription-Region": "westeurope"}

Read = dict[str, Any]  # paths in the answer, such as "data/translations/0", and what is there


@dataclass(frozen=True)
class Call:
    """One request of a program."""

    program: str
    request: str  # method and address
    read: Read
    body: Any = None  # JSON, or a text as it is
    type: str = JSON
    headers: dict[str, str] = field(default_factory=dict)


def form(**fields: str) -> str:
    return urlencode(fields)


CALLS = [
    # mastodon 4.2 and later, app/lib/translation_service/libre_translate.rb
    Call(
        "mastodon", "POST /translate",
        {"translatedText/0": f"<p>{GERMAN.upper()}</p>", "detectedLanguage/0/language": "de"},
        json.dumps({
            "q": [f"<p>{GERMAN}</p>", "<p>two</p>"], "source": "auto", "target": "en",
            "format": "html", "api_key": KEY,
        }),
    ),
    Call("mastodon", "GET /languages", {"0/code": "de", "0/targets/0": "en"}),
    # discourse-translator in February 2026, app/services/discourse_translator/provider
    Call(
        "discourse libretranslate", "POST /detect", {"0/language": "de"},
        form(q=GERMAN, api_key=KEY), FORM,
    ),
    Call("discourse libretranslate", "GET /languages", {"1/code": "en"}),
    Call(
        "discourse libretranslate", "POST /translate", {"translatedText": "<p>ONE</p>"},
        form(q="<p>one</p>", source="en", target="de", format="html", api_key=KEY), FORM,
    ),
    Call(
        "discourse google", f"POST {GOOGLE}/detect",
        {"data/detections/0/0/language": "de"}, form(q=GERMAN, key=KEY), FORM,
    ),
    Call(
        "discourse google", f"POST {GOOGLE}/languages",
        {"data/languages/1/language": "en"}, form(target="en", key=KEY), FORM,
    ),
    Call(
        "discourse google", f"POST {GOOGLE}",
        {"data/translations/0/translatedText": "<p>ONE</p>"},
        form(q="<p>one</p>", target="de", key=KEY), FORM,
    ),
    Call(
        "discourse microsoft", f"POST {AZURE}/detect?api-version=3.0", {"0/language": "de"},
        json.dumps([{"Text": GERMAN}]), JSON, SUBSCRIPTION,
    ),
    Call(
        "discourse microsoft", "POST /translate?api-version=3.0&from=en&to=de&textType=html",
        {"0/translations/0/text": "<p>ONE</p>"},
        json.dumps([{"Text": "<p>one</p>"}]), JSON, SUBSCRIPTION,
    ),
    # weblate 5.14, weblate/machinery
    Call("weblate libretranslate", "GET /languages", {"4/code": "pt"}),
    Call(
        "weblate libretranslate", "POST /translate", {"translatedText/1": "TWO"},
        json.dumps({"api_key": KEY, "q": ["one", "two"], "source": "en", "target": "de"}),
    ),
    Call(
        "weblate google", f"GET {GOOGLE}/languages?key={KEY}", {"data/languages/0/language": "de"}
    ),
    Call(
        "weblate google",
        f"GET {GOOGLE}/?key={KEY}&q=one+%26+two&source=en&target=de&format=text",
        {"data/translations/0/translatedText": "ONE & TWO"},
    ),
    Call("weblate microsoft", "GET /languages?api-version=3.0", {"translation/de/name": "German"}),
    Call(
        "weblate microsoft",
        "POST /translate?api-version=3.0&from=en&to=de&category=general&textType=html",
        {"0/translations/0/text": 'ONE <span class="notranslate" id="4">%s</span>'},
        json.dumps([{"Text": 'one <span class="notranslate" id="4">%s</span>'}]),
        JSON, {"Authorization": f"Bearer {KEY}"},
    ),
    # Subtitle Edit 5.2, src/libuilogic/AutoTranslate; version 4 differs only where it says so
    Call(
        "subtitle edit libretranslate", "POST /translate", {"translatedText": "ONE\n- TWO"},
        f'{{"q": "One\\n- two", "source": "en", "target": "de", "api_key": "{KEY}"}}',
        JSON, {"accept": JSON},
    ),
    Call(
        "subtitle edit nllb-serve, without a key", "POST /translate",
        {"translation/0": "ONE", "translation/1": "- TWO"},
        '{"source":["One", "- two"], "src_lang": "eng_Latn", "tgt_lang": "deu_Latn"}',
        JSON, {"accept": JSON},
    ),
    Call(
        "subtitle edit nllb-api, without a key", "POST /api/v4/translator", {"result": "ONE"},
        '{ "text": "One",  "source": "eng_Latn", "target": "deu_Latn" }',
        f"{JSON}; charset=utf-8", {"accept": JSON},
    ),
    Call(
        "subtitle edit 4 nllb-api, without a key", "POST /api/v2/translator", {"result": "ONE"},
        '{ "text": "One",  "source": "eng_Latn", "target": "deu_Latn" }',
        f"{JSON}; charset=utf-8", {"accept": JSON},
    ),
    Call(
        "subtitle edit google",
        f"POST {GOOGLE}/?q=One%0Atwo&target=de&source=en&format=text&key={KEY}",
        {"data/translations/0/translatedText": "ONE\nTWO"}, "", "text/plain; charset=utf-8",
    ),
    Call(
        "subtitle edit microsoft", "GET /languages?api-version=3.0&scope=translation",
        {"translation/fr/name": "French"},
    ),
    Call(
        "subtitle edit microsoft", "POST /translate?api-version=3.0&from=en&to=de",
        {"0/translations/0/text": "ONE"},
        '[{ "Text":"One"}]', JSON, {"Authorization": f"Bearer {KEY}"},
    ),
    # kiss-translator 2.0.31, src/apis/trans.js: "AzureAI"
    Call(
        "kiss-translator", "POST /translate?api-version=3.0&from=&to=de",
        {"0/translations/0/text": "WHERE IS THE STATION?", "1/detectedLanguage/language": "de"},
        json.dumps([{"Text": "Where is the station?"}, {"Text": GERMAN}]),
        JSON, {"Ocp-Apim-Subscription-Key": KEY, "Ocp-Apim-Subscription-Region": ""},
    ),
    # argos-translate 1.11, argostranslate/apis.py
    Call(
        "argos", "POST /translate", {"translatedText": "ONE"},
        form(q="one", source="en", target="de", api_key=KEY), FORM,
    ),
    # deep-translator 1.11, whose addresses for Microsoft are fixed
    Call(
        "deep-translator microsoft", "GET /languages?api-version=3.0&scope=translation%20",
        {"translation/de/name": "German"},
    ),
    Call(
        "deep-translator microsoft", "POST /translate?api-version=3.0&from=en&to=de",
        {"0/translations/0/text": "ONE"}, json.dumps([{"text": "one"}]), JSON, SUBSCRIPTION,
    ),
    # google-cloud-translate 3.28, its client of version 2
    Call(
        "google-cloud-translate", f"POST {GOOGLE}?prettyPrint=false",
        {
            "data/translations/0/translatedText": "WHERE IS THE STATION?",
            "data/translations/0/detectedSourceLanguage": "en",
        },
        json.dumps({
            "target": "de", "q": ["Where is the station?"], "cid": [], "format": None,
            "source": None, "model": None,
        }),
        JSON, {"X-Goog-Api-Key": KEY},
    ),
    Call(
        "google-cloud-translate", f"POST {GOOGLE}/detect?prettyPrint=false",
        {"data/detections/0/0/language": "de"},
        json.dumps({"q": [GERMAN]}), JSON, {"X-Goog-Api-Key": KEY},
    ),
    Call(
        "google-cloud-translate", f"GET {GOOGLE}/languages?target=en&prettyPrint=false",
        {"data/languages/0/name": "German"}, headers={"X-Goog-Api-Key": KEY},
    ),
]  # fmt: skip


@pytest.fixture(scope="module")
def guarded() -> FlaskClient:
    settings = Settings(port=0, api_keys_toml=KEYS)
    return create_app(make_services(FakePool(), one_model(), settings)).test_client()


@pytest.fixture(scope="module")
def unguarded() -> FlaskClient:
    return create_app(make_services(FakePool(), one_model(), Settings(port=0))).test_client()


@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call.program}: {call.request}"[:80])
def test_a_request_gets_what_the_program_reads(
    call: Call, guarded: FlaskClient, unguarded: FlaskClient
) -> None:
    client = unguarded if "without a key" in call.program else guarded
    method, address = call.request.split(" ", 1)
    content = {} if call.body is None else {"data": call.body, "content_type": call.type}
    response = client.open(address, method=method, headers=call.headers, **content)
    assert response.status_code == 200, response.text
    for path, expected in call.read.items():
        value = response.get_json()
        for step in path.split("/"):
            value = value[int(step) if isinstance(value, list) else step]
        assert value == expected, path


def test_mastodon_tells_a_full_server_from_a_wrong_key(guarded: FlaskClient) -> None:
    body = {"q": ["one"], "source": "en", "target": "de", "format": "html", "api_key": "wrong"}
    assert guarded.post("/translate", json=body).status_code == 403


def test_a_key_makes_subtitle_edit_4_send_what_is_no_json(guarded: FlaskClient) -> None:
    """A comma is missing; LibreTranslate itself cannot read it, either."""
    body = f'{{"q": "One", "source": "en", "target": "de" "api_key": "{KEY}" }}'
    response = guarded.post("/translate", data=body, content_type=JSON)
    assert (response.status_code, list(response.get_json())) == (400, ["error"])
