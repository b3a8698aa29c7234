"""DeepL's official client works unchanged; what this server cannot do as asked is refused."""

from contextlib import closing
from typing import Any

import deepl
import deepl.http_client
import pytest
from flask.testing import FlaskClient

from gpu_pool.errors import OverloadedError
from server.app import create_app
from server.core.settings import Settings
from server.http.waitress_server import HttpServer
from server.schemas.deepl import UNSUPPORTED, DeepLForm
from server.services import make_services
from tests.fakes import FakePool, one_model
from tests.http.deepl.conftest import KEY, KEYS, Server
from translator.models.languages import NAMES


@pytest.fixture
def settings() -> Settings:
    return Settings(port=0, max_texts=4, max_characters=1000, api_keys_toml=KEYS)


def translate(translator: deepl.DeepLClient, text: str, **options: Any) -> deepl.TextResult:
    """Return the translation of one text into German; the client's type allows a list."""
    result = translator.translate_text(
        text, **{"source_lang": "EN", "target_lang": "DE", **options}
    )
    assert isinstance(result, deepl.TextResult)
    return result


def test_texts(translator: deepl.DeepLClient) -> None:
    result = translate(translator, "Hello.", target_lang="PT-BR")
    assert (result.text, result.detected_source_lang) == ("HELLO.", "EN")
    assert result.billed_characters == len("Hello.")
    several = translator.translate_text(
        ["Where is the nearest railway station?"] * 5,
        target_lang="DE",
        split_sentences="nonewlines",
        preserve_formatting=True,
        formality="prefer_more",
        context="A traveller asks.",
    )
    assert isinstance(several, list)
    assert [each.detected_source_lang for each in several] == ["EN"] * 5


def test_markup(translator: deepl.DeepLClient) -> None:
    markup = '<p id="x">one <b>two</b></p>'
    result = translate(translator, markup, tag_handling="html")
    assert result.text == '<p id="x">ONE <b>TWO</b></p>'


def test_lists_of_tags_in_html(translator: deepl.DeepLClient, pool: FakePool) -> None:
    markup = "<p>a <x>b</x> c<y>d</y> <p>e<x/>f"
    result = translate(translator, markup, tag_handling="html", ignore_tags=["x"])
    assert result.text == "<p>A <x>b</x> C<y>D</y> <p>E<x/>F"
    pool.submitted.clear()
    translate(
        translator,
        "a <p>b</p> c <x>d</x> e",
        tag_handling="html",
        splitting_tags=["x"],
        non_splitting_tags=["p"],
    )
    assert [segment.text for segment in pool.submitted] == ["a b c", "b", "d", "e"]


def test_xml(translator: deepl.DeepLClient, pool: FakePool) -> None:
    markup = '<doc><par>one <x id="1"/> two</par><c>three</c><code>four</code></doc>'
    result = translate(translator, markup, tag_handling="xml", ignore_tags="code")
    assert result.text == ('<doc><par>ONE <x id="1"/> TWO</par><c>THREE</c><code>four</code></doc>')
    pool.submitted.clear()
    lists = {"splitting_tags": ["a", "b,c"], "non_splitting_tags": ["d"]}
    translate(
        translator,
        "<p>a <c>b</c> c <e>d</e></p>",
        tag_handling="xml",
        outline_detection=False,
        **lists,
    )
    assert [segment.text for segment in pool.submitted] == ["a", "b", "c d", "d"]


@pytest.mark.parametrize("form", [True, False])
@pytest.mark.parametrize("outline", ["0", "1"])
def test_lists_of_tags_in_forms_and_json(
    client: FlaskClient, pool: FakePool, outline: str, *, form: bool
) -> None:
    body = {
        "text": "<p>a</p> <q>b</q> <r>c</r>",
        "source_lang": "EN",
        "target_lang": "DE",
        "tag_handling": "xml",
        "ignore_tags": "q, r",
        "outline_detection": outline,
    }
    headers = {"Authorization": f"DeepL-Auth-Key {KEY}"}
    sent = {"data": body} if form else {"json": body}
    answer = client.post("/v2/translate", headers=headers, **sent).get_json()
    assert answer["translations"][0]["text"] == "<p>A</p> <q>b</q> <r>c</r>"


def test_null_means_not_given_and_unknown_parameters_are_ignored(client: FlaskClient) -> None:
    body = {"text": ["one"], "source_lang": "EN", "target_lang": "DE"}
    others = dict.fromkeys([*DeepLForm.__annotations__, *UNSUPPORTED], None)
    headers = {"Authorization": f"DeepL-Auth-Key {KEY}"}
    given = others | body | {"some_new_option": {"a": 1}}
    response = client.post("/v2/translate", json=given, headers=headers)
    assert response.status_code == 200
    assert response.get_json()["translations"][0]["text"] == "ONE"


def test_line_breaks_and_sentences(translator: deepl.DeepLClient, pool: FakePool) -> None:
    text = "A train is\nlate. We wait.\n\nYou too."
    pieces = {}
    for splitting in ("1", "nonewlines", "0"):
        pool.submitted.clear()
        result = translate(translator, text, split_sentences=splitting)
        pieces[splitting] = [segment.text for segment in pool.submitted]
        assert result.text == text.upper()
    assert pieces == {
        "1": ["A train is", "late.", "We wait.", "You too."],
        "nonewlines": ["A train is\nlate.", "We wait.", "You too."],
        "0": [text],
    }


def test_what_is_told_beside_the_text(client: FlaskClient) -> None:
    body = {"text": ["one"], "source_lang": "EN", "target_lang": "DE"}
    plain = {"detected_source_language": "EN", "text": "ONE"}
    for option, told in (
        ({}, {}),
        ({"show_billed_characters": True}, {"billed_characters": 3}),
        ({"show_billed_characters": "0"}, {}),
        ({"model_type": "latency_optimized"}, {"model_type_used": "latency_optimized"}),
        ({"model_type": "prefer_quality_optimized"}, {"model_type_used": "quality_optimized"}),
        ({"tag_handling": "xml"}, {"tag_handling_version": "v2"}),
        (
            {"tag_handling": "html", "tag_handling_version": "v1"},
            {"tag_handling_version": "v1"},
        ),
    ):
        headers = {"Authorization": f"DeepL-Auth-Key {KEY}"}
        answer = client.post("/v2/translate", json={**body, **option}, headers=headers)
        assert answer.get_json() == {"translations": [{**plain, **told}]}


def test_languages_and_usage(translator: deepl.DeepLClient) -> None:
    assert [each.code for each in translator.get_source_languages()] == [
        "DE", "EN", "FR", "HE", "PT",
    ]  # fmt: skip
    targets = translator.get_target_languages()
    assert [each.code for each in targets] == ["DE", "EN-GB", "EN-US", "FR", "HE", "PT-BR", "PT-PT"]
    translator.translate_text("12345", source_lang="EN", target_lang="DE")
    assert translator.get_usage().character.count == 5
    assert not translator.get_usage().any_limit_reached


def test_a_wrong_key(idle: Server) -> None:
    with (
        closing(deepl.DeepLClient("wrong", server_url=idle.url)) as stranger,
        pytest.raises(deepl.AuthorizationException),
    ):
        stranger.translate_text("a", target_lang="DE")


def test_too_much_work(
    translator: deepl.DeepLClient, pool: FakePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deepl.http_client, "max_network_retries", 0)
    pool.refusal = OverloadedError(1.0)
    with pytest.raises(deepl.TooManyRequestsException):
        translator.translate_text("a", source_lang="EN", target_lang="DE")


def test_forms_with_repeated_texts_and_the_key_among_them(client: FlaskClient) -> None:
    form = {"text": ["one", "two"], "target_lang": "de", "source_lang": "en", "auth_key": KEY}
    response = client.post("/v2/translate", data=form)
    assert [each["text"] for each in response.get_json()["translations"]] == ["ONE", "TWO"]


def test_an_open_server_takes_any_key(pool: FakePool) -> None:
    app = create_app(make_services(pool, one_model(), Settings(port=0)))
    server = HttpServer(app, Settings(port=0))
    server.start()
    with closing(deepl.DeepLClient("any", server_url=server.url)) as client:
        assert translate(client, "a").text == "A"
    server.close()


def test_every_language_that_deepl_and_m2m100_share(pool: FakePool) -> None:
    """Its codes are DeepL's, in what is listed and in what is accepted and answered."""
    codes = {
        "AR", "BG", "CS", "DA", "DE", "EL", "EN", "ES", "ET", "FI", "FR", "HE", "HU", "ID", "IT",
        "JA", "KO", "LT", "LV", "NB", "NL", "PL", "PT", "RO", "RU", "SK", "SL", "SV", "TH", "TR",
        "UK", "VI", "ZH",
    }  # fmt: skip
    model = one_model(languages=tuple(NAMES))
    client = create_app(make_services(pool, model, Settings(port=0))).test_client()
    listed = {
        kind: {each["language"] for each in client.get(f"/v2/languages?type={kind}").get_json()}
        for kind in ("source", "target")
    }
    assert codes <= listed["source"]
    assert {*codes, "EN-GB", "EN-US", "PT-BR", "PT-PT"} - {"EN", "PT"} <= listed["target"]
    for code in listed["source"]:
        body = {"text": ["123 x"], "source_lang": code, "target_lang": "DE"}
        answer = client.post("/v2/translate", json=body).get_json()
        assert answer["translations"][0]["detected_source_language"] == code
    for code in (*listed["target"], "ZH-HANS", "ZH-HANT"):
        body = {"text": ["123 x"], "source_lang": "DE", "target_lang": code}
        assert client.post("/v2/translate", json=body).status_code == 200
