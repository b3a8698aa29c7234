"""DeepL's official client works unchanged; what this server cannot do as asked is refused."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import deepl
import deepl.http_client
import pytest
from flask import Flask
from flask.testing import FlaskClient

from gpu_pool.errors import OverloadedError
from server.app import create_app
from server.auth.keys import digest_of
from server.core.settings import Settings
from server.http.waitress_server import HttpServer
from server.services import make_services
from tests.fakes import FakePool, served_model

KEY = "the-key"
KEYS = f'[cat-tool]\nsha256 = "{digest_of(KEY)}"\n'


@pytest.fixture
def settings() -> Settings:
    return Settings(port=0, max_texts=4, max_characters=1000, api_keys_toml=KEYS)


@pytest.fixture
def url(app: Flask, settings: Settings) -> Iterator[str]:
    server = HttpServer(app, settings)
    server.start()
    yield server.url
    server.close()


@pytest.fixture
def translator(url: str) -> Iterator[deepl.DeepLClient]:
    with closing(deepl.DeepLClient(KEY, server_url=url)) as client:
        yield client


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


def test_languages_and_usage(translator: deepl.DeepLClient) -> None:
    assert [each.code for each in translator.get_source_languages()] == [
        "DE", "EN", "FR", "HE", "PT",
    ]  # fmt: skip
    targets = translator.get_target_languages()
    assert [each.code for each in targets] == ["DE", "EN-GB", "EN-US", "FR", "HE", "PT-BR", "PT-PT"]
    translator.translate_text("12345", source_lang="EN", target_lang="DE")
    assert translator.get_usage().character.count == 5
    assert not translator.get_usage().any_limit_reached


def test_a_wrong_key(url: str) -> None:
    with (
        closing(deepl.DeepLClient("wrong", server_url=url)) as stranger,
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


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"formality": "more"}, "formality must be one of"),
        ({"glossary": "some-id", "source_lang": "EN"}, "glossary_id is not supported"),
        ({"tag_handling": "html", "ignore_tags": ["x"]}, "ignore_tags is not supported"),
        ({"source_lang": "XX"}, "source_lang must be one of"),
    ],
)
def test_what_cannot_be_done_as_asked_is_refused(
    translator: deepl.DeepLClient, options: dict[str, object], message: str
) -> None:
    with pytest.raises(deepl.DeepLException, match=message):
        translator.translate_text("a", target_lang="DE", **options)  # type: ignore[arg-type]


def test_forms_with_repeated_texts_and_the_key_among_them(client: FlaskClient) -> None:
    form = {"text": ["one", "two"], "target_lang": "de", "source_lang": "en", "auth_key": KEY}
    response = client.post("/v2/translate", data=form)
    assert [each["text"] for each in response.get_json()["translations"]] == ["ONE", "TWO"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"text": ["a"]}, 400),
        ({"target_lang": "DE"}, 400),
        ({"text": [], "target_lang": "DE"}, 400),
        ({"text": ["a", 1], "target_lang": "DE"}, 400),
        ({"text": ["a"] * 51, "target_lang": "DE"}, 413),
        ({"text": ["a" * 1001], "target_lang": "DE"}, 413),
        ({"text": ["a"], "target_lang": "DE", "split_sentences": "2"}, 400),
        ({"text": ["a"], "target_lang": "DE", "split_sentences": []}, 400),
        ({"text": ["a"], "target_lang": "DE", "a text gone astray": 1}, 400),
    ],
)
def test_what_is_wrong_is_said_in_its_own_way(
    client: FlaskClient, body: dict[str, object], status: int
) -> None:
    headers = {"Authorization": f"DeepL-Auth-Key {KEY}"}
    response = client.post("/v2/translate", json=body, headers=headers)
    assert response.status_code == status
    assert list(response.get_json()) == ["message"]
    assert "astray" not in response.text


def test_a_form_whose_parts_have_no_names(client: FlaskClient) -> None:
    part = b'--x\r\nContent-Disposition: form-data; file="a"\r\n\r\nb\r\n'
    response = client.post(
        "/v2/translate",
        data=part * 2 + part.replace(b"file", b"name") + b"--x--\r\n",
        content_type="multipart/form-data; boundary=x",
    )
    assert response.status_code == 400
    assert response.get_json() == {"message": "a part of the form has no name"}


def test_without_a_key(client: FlaskClient) -> None:
    assert client.get("/v2/usage").status_code == 403


def test_an_open_server_takes_any_key(pool: FakePool) -> None:
    app = create_app(make_services(pool, served_model(), Settings(port=0)))
    server = HttpServer(app, Settings(port=0))
    server.start()
    with closing(deepl.DeepLClient("any", server_url=server.url)) as client:
        assert translate(client, "a").text == "A"
    server.close()
