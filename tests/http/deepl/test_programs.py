"""The requests of programs that speak DeepL's API, as they send them."""

from typing import Any

import httpx
import pytest

from tests.fakes import FakePool
from tests.http.deepl.conftest import KEY, SMALL, Server

HEADERS = {"Authorization": f"DeepL-Auth-Key {KEY}"}


def call(server: Server, method: str, path: str, **more: Any) -> Any:
    response = httpx.request(method, f"{server.url}{path}", headers=HEADERS, **more)
    assert response.is_success, response.text
    return response.json() if response.content else None


# --- Weblate: weblate/machinery/deepl.py --------------------------------------------------------


def test_weblate_asks_for_languages_and_pairs(server: Server) -> None:
    sources = call(server, "GET", "/v2/languages?type=source")
    targets = call(server, "GET", "/v2/languages?type=target&enable_beta_languages=1")
    assert {"EN", "DE"} <= {each["language"] for each in sources}
    assert {"EN-GB", "DE"} <= {each["language"] for each in targets}
    assert not any(each["supports_formality"] for each in targets)  # no `DE@FORMAL` is offered
    pairs = call(server, "GET", "/v2/glossary-language-pairs")["supported_languages"]
    upper = {(each["source_lang"].upper(), each["target_lang"].upper()) for each in pairs}
    assert ("EN", "DE") in upper


def test_weblate_translates_with_its_placeholders_and_its_glossary(
    server: Server, pool: FakePool
) -> None:
    entries = "Hello\tMoin\nDelete\tLöschen"
    glossary = {"name": "weblate:1:EN:DE:7f", "source_lang": "EN", "target_lang": "DE"}
    call(
        server, "POST", "/v2/glossaries", json={**glossary, "entries": entries}
        | {"entries_format": "tsv"},
    )  # fmt: skip
    listed = call(server, "GET", "/v2/glossaries")["glossaries"]
    ids = {each["name"]: each["glossary_id"] for each in listed}
    assert list(ids) == ["weblate:1:EN:DE:7f"]
    assert listed[0]["creation_time"]
    texts = ['Hello <x id="6"></x>, you have <x id="18"></x> &lt;new&gt; messages', "Delete"]
    body = {
        "text": texts,
        "source_lang": "EN",
        "target_lang": "DE",
        "formality": "default",
        "tag_handling": "xml",
        "ignore_tags": ["x"],
        "context": "A mail program",
        "model_type": "prefer_quality_optimized",
        "glossary_id": ids["weblate:1:EN:DE:7f"],
    }
    answer = call(server, "POST", "/v2/translate", json=body)
    assert [each["text"] for each in answer["translations"]] == [
        'HELLO <x id="6"></x>, YOU HAVE <x id="18"></x> &lt;NEW&gt; MESSAGES', "DELETE",
    ]  # fmt: skip
    used = [each.options.glossary for each in pool.submitted if each.text == "Delete"]
    assert used == [(("Delete", "Löschen"),)]
    call(server, "DELETE", f"/v2/glossaries/{ids['weblate:1:EN:DE:7f']}")
    gone = httpx.delete(f"{server.url}/v2/glossaries/{ids['weblate:1:EN:DE:7f']}", headers=HEADERS)
    assert gone.status_code == 404  # which Weblate takes for: it does not exist


def test_weblate_shows_what_is_wrong(idle: Server) -> None:
    body = {"text": ["a"], "source_lang": "EN", "target_lang": "DE", "formality": "more"}
    response = httpx.post(f"{idle.url}/v2/translate", json=body, headers=HEADERS)
    assert response.status_code == 400
    assert response.json()["message"] == "Target language does not support formality"


# --- Mastodon: app/lib/translation_service/deepl.rb ---------------------------------------------


@pytest.mark.parametrize("source", ["source_lang=EN", "source_lang=", "source_lang"])
def test_mastodon_translates_a_post(server: Server, source: str) -> None:
    form = (
        "text=%3Cp%3EWhere+is+the+nearest+railway+station%3F%3C%2Fp%3E&text=Good+morning+all+of+you"
        f"&{source}&target_lang=de&tag_handling=html"
    )
    headers = {"Content-Type": "application/x-www-form-urlencoded"} | HEADERS
    answer = httpx.post(f"{server.url}/v2/translate", content=form, headers=headers).json()
    assert [each["text"] for each in answer["translations"]] == [
        "<p>WHERE IS THE NEAREST RAILWAY STATION?</p>", "GOOD MORNING ALL OF YOU",
    ]  # fmt: skip
    assert {each["detected_source_language"] for each in answer["translations"]} == {"EN"}


@pytest.mark.parametrize("target", ["en", "pt", "pt-BR", "EN-GB"])
def test_mastodon_targets(server: Server, target: str) -> None:
    form = {"text": "Guten Morgen", "source_lang": "DE", "target_lang": target}
    assert call(server, "POST", "/v2/translate", data=form)["translations"][0]["text"]


def test_mastodon_tells_a_quota_from_a_rate(server: Server) -> None:
    form = {"text": "x" * 99, "target_lang": "de"}
    headers = {"Authorization": f"DeepL-Auth-Key {SMALL}"}
    assert httpx.post(f"{server.url}/v2/translate", data=form, headers=headers).status_code == 456
