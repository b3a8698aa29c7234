"""Stored glossaries: what DeepL's client creates, finds and uses, and what is refused."""

from collections.abc import Callable
from typing import Any

import deepl
import httpx
import pytest
from deepl.api_data import MultilingualGlossaryDictionaryEntries as Entries

from tests.http.deepl.conftest import KEY, OTHER, Server

Connect = Callable[..., deepl.DeepLClient]
GREETINGS = {"Hello": "Moin", "Good bye": "Tschüs"}
EN_DE = {"source_lang": "en", "target_lang": "de"}


def post(server: Server, path: str, **body: Any) -> httpx.Response:
    return request(server, "POST", path, json=body)


def request(server: Server, method: str, path: str, **more: Any) -> httpx.Response:
    headers = {"Authorization": f"DeepL-Auth-Key {KEY}"}
    return httpx.request(method, f"{server.url}{path}", headers=headers, **more)


def told(response: httpx.Response) -> str:
    """Return the message of an error, and its detail if it has one."""
    body = response.json()
    assert list(body) in (["message"], ["message", "detail"])
    return "".join(body.values())


def test_a_glossary_for_a_pair(translator: deepl.DeepLClient) -> None:
    made = translator.create_glossary("greetings", "EN", "DE", GREETINGS)
    assert (made.name, made.source_lang, made.target_lang) == ("greetings", "EN", "DE")
    assert (made.entry_count, made.ready) == (2, True)
    found = translator.get_glossary(made.glossary_id)
    assert (found.glossary_id, found.creation_time) == (made.glossary_id, made.creation_time)
    assert translator.get_glossary_entries(made) == GREETINGS
    assert [each.glossary_id for each in translator.list_glossaries()] == [made.glossary_id]
    translator.delete_glossary(made)
    with pytest.raises(deepl.GlossaryNotFoundException):
        translator.get_glossary(made.glossary_id)
    assert translator.list_glossaries() == []


def test_entries_as_csv(translator: deepl.DeepLClient) -> None:
    csv = 'Hello,Moin,en,de\r\n"say ""when""","a, b"\r\n\r\n'
    made = translator.create_glossary_from_csv("csv", "EN", "DE", csv)
    assert translator.get_glossary_entries(made) == {"Hello": "Moin", 'say "when"': "a, b"}


def test_a_translation_uses_them(translator: deepl.DeepLClient, pool: Any) -> None:
    made = translator.create_glossary("greetings", "EN", "DE", GREETINGS)
    translator.translate_text(
        "Hello you.", source_lang="EN", target_lang="DE", glossary=made.glossary_id
    )
    assert pool.submitted[-1].options.glossary == (("Hello", "Moin"),)
    translator.translate_text(
        "<p>Hello you.</p>",
        source_lang="EN",
        target_lang="DE",
        glossary=made,
        tag_handling="html",
    )
    assert pool.submitted[-1].options.glossary == (("Hello", "Moin"),)


def test_several_glossaries_of_which_the_first_wins(server: Server, pool: Any) -> None:
    ids = [
        post(server, "/v2/glossaries", name="x", **EN_DE, entries=entries).json()["glossary_id"]
        for entries in ("Hello\tMoin", "Hello\tServus\nyou\tdu")
    ]
    text = {"text": ["Hello you."], "source_lang": "EN", "target_lang": "DE"}
    assert post(server, "/v2/translate", **text, glossary_ids=ids).status_code == 200
    assert pool.submitted[-1].options.glossary == (("Hello", "Moin"), ("you", "du"))
    both = post(server, "/v2/translate", **text, glossary_ids=ids, glossary_id=ids[0])
    assert both.status_code == 400
    assert post(server, "/v2/translate", **text, glossary_ids=ids * 3).status_code == 400


def test_a_glossary_for_several_pairs(translator: deepl.DeepLClient) -> None:
    made = translator.create_multilingual_glossary(
        "both", [Entries("EN", "DE", {"one": "eins"}), Entries("DE", "EN", {"zwei": "two"})]
    )
    shown = [(each.source_lang, each.target_lang, each.entry_count) for each in made.dictionaries]
    assert shown == [("EN", "DE", 1), ("DE", "EN", 1)]
    translator.update_multilingual_glossary_name(made, "new")
    translator.update_multilingual_glossary_dictionary(
        made, Entries("EN", "DE", {"one": "ein", "two": "zwei"})
    )
    translator.replace_multilingual_glossary_dictionary(made, Entries("FR", "DE", {"un": "eins"}))
    found = translator.get_multilingual_glossary(made.glossary_id)
    assert found.name == "new"
    assert [each.entry_count for each in found.dictionaries] == [2, 1, 1]
    entries = translator.get_multilingual_glossary_entries(made, "EN", "DE").dictionaries[0]
    assert str(entries.entries) == "one\tein\ntwo\tzwei"
    translator.delete_multilingual_glossary_dictionary(made, source_lang="FR", target_lang="DE")
    with pytest.raises(deepl.GlossaryNotFoundException):
        translator.get_multilingual_glossary_entries(made, "FR", "DE")
    assert [each.name for each in translator.list_multilingual_glossaries()] == ["new"]
    assert translator.list_glossaries() == []  # version 2 has glossaries for one pair
    with pytest.raises(deepl.GlossaryNotFoundException):
        translator.get_glossary(made.glossary_id)
    translator.delete_multilingual_glossary(made)
    with pytest.raises(deepl.GlossaryNotFoundException):
        translator.get_multilingual_glossary(made.glossary_id)


def test_they_belong_to_the_key_and_outlive_the_server(
    server: Server, start: Callable[..., Server], connect: Connect
) -> None:
    made = connect().create_glossary("mine", "EN", "DE", GREETINGS)
    assert connect(OTHER).list_glossaries() == []
    for attempt in (
        connect(OTHER).get_glossary,
        connect(OTHER).delete_glossary,
        connect(OTHER).get_glossary_entries,
    ):
        with pytest.raises(deepl.GlossaryNotFoundException):
            attempt(made.glossary_id)
    with pytest.raises(deepl.DeepLException, match="no glossary with this id"):
        connect(OTHER).translate_text(
            "a", source_lang="EN", target_lang="DE", glossary=made.glossary_id
        )
    server.stop()
    assert connect(url=start().url).get_glossary_entries(made) == GREETINGS


def test_every_pair_of_languages(translator: deepl.DeepLClient) -> None:
    pairs = {(each.source_lang, each.target_lang) for each in translator.get_glossary_languages()}
    assert {("en", "de"), ("de", "en"), ("fr", "he")} <= pairs
    assert len(pairs) == 5 * 4


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": ""}, "name is missing"),
        ({"name": 1}, "name must be a string"),
        ({"name": "x" * 1025}, "name may have"),
        ({"target_lang": "XX"}, "target_lang' not supported"),
        ({"source_lang": "de"}, "Source and target language are equal"),
        ({"entries": ""}, "entries is empty"),
        ({"entries": "secret"}, "line 1: must be a term"),
        ({"entries": "a\tb\n\nsecret\tb\tc"}, "line 3: must be a term"),
        ({"entries": "secret\tb\nsecret\tc"}, "line 2: the term occurs twice"),
        ({"entries": "secret\t "}, "line 1: the translation of a term is empty"),
        ({"entries": f"a\tb\n{'secret' * 99}\tb"}, "line 2: a term is longer than"),
        ({"entries": "a\0\tb"}, "NUL character"),
        ({"entries": 'a,"secret', "entries_format": "csv"}, "line 1: unexpected end of data"),
        ({"entries": "secret,b,de,en", "entries_format": "csv"}, "other languages"),
        ({"entries": "a\tb", "entries_format": "xml"}, "entries_format must be one of"),
    ],
)
def test_what_is_wrong_with_a_glossary(
    idle: Server, change: dict[str, object], message: str
) -> None:
    good = {"name": "x", **EN_DE, "entries": "a\tb", "entries_format": "tsv"}
    response = post(idle, "/v2/glossaries", **good | change)
    assert response.status_code == 400, response.text
    assert message in told(response)
    assert "secret" not in response.text
    if "name" not in change:
        several = {"name": "x", "dictionaries": [good | change]}
        response = post(idle, "/v3/glossaries", **several)
        assert response.status_code == 400, response.text
        assert message in told(response)
    assert request(idle, "GET", "/v3/glossaries").json() == {"glossaries": []}


@pytest.mark.parametrize(
    "dictionaries", [None, [], {}, [1], [{**EN_DE, "entries": "a\tb"}] * 2], ids=str
)
def test_wrong_dictionaries(idle: Server, dictionaries: object) -> None:
    response = post(idle, "/v3/glossaries", name="x", dictionaries=dictionaries)
    assert response.status_code == 400
    assert "dictionar" in response.json()["message"]


@pytest.mark.parametrize("id_", ["x", "%ED%A0%80", "%00", "x" * 5000, "%F0%9F%98%80"])
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_unknown_ids(idle: Server, method: str, id_: str) -> None:
    for version in ("v2", "v3"):
        response = request(idle, method, f"/{version}/glossaries/{id_}")
        assert response.status_code == 404
        assert list(response.json()) == ["message"]


def test_limits(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.glossaries.store.MAX_GLOSSARIES", 1)
    monkeypatch.setattr("server.glossaries.store.MAX_BYTES", 100)
    good = {"name": "x", **EN_DE, "entries": "a\tb"}
    large = {**good, "entries": "\n".join(f"{i}\tb" for i in range(40))}
    assert post(server, "/v2/glossaries", **large).status_code == 413
    made = post(server, "/v2/glossaries", **good)
    assert made.status_code == 201
    assert post(server, "/v2/glossaries", **good).status_code == 413
    path = f"/v3/glossaries/{made.json()['glossary_id']}"
    for change in (
        request(server, "PUT", f"{path}/dictionaries", json=large),
        request(server, "PATCH", path, json={"dictionaries": [large]}),
    ):
        assert change.status_code == 413
    assert request(server, "GET", path).json()["dictionaries"][0]["entry_count"] == 1


def test_an_array_of_ten_thousand_entries_is_no_problem(translator: deepl.DeepLClient) -> None:
    entries = {f"term {i}": f"Begriff {i}" for i in range(10_000)}
    made = translator.create_glossary("large", "EN", "DE", entries)
    assert translator.get_glossary_entries(made) == entries


def test_a_body_that_no_glossary_needs(idle: Server) -> None:
    response = post(idle, "/v2/glossaries", name="x" * 21 * 2**20)
    assert response.status_code == 413
    assert list(response.json()) == ["message"]


def test_a_form(server: Server) -> None:
    form = {"name": "x", **EN_DE, "entries": "Hello\tMoin", "entries_format": "tsv"}
    made = request(server, "POST", "/v2/glossaries", data=form)
    assert made.status_code == 201
    path = f"/v2/glossaries/{made.json()['glossary_id']}/entries"
    entries = request(server, "GET", path)
    assert entries.text == "Hello\tMoin"
    assert entries.headers["Content-Type"].startswith("text/tab-separated-values")
