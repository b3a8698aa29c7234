"""Client libraries that others wrote work with this server, and fail as they do elsewhere."""

from collections.abc import Iterator

import pytest
from azure.ai.translation.text import TextTranslationClient
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from deep_translator import LibreTranslator
from deep_translator.exceptions import AuthorizationException, ServerException

from server.app import create_app
from server.auth.keys import digest_of
from server.core.settings import Settings
from server.http.waitress_server import HttpServer
from server.services import make_services
from tests.fakes import FakePool, one_model

KEY = "the-key"
KEYS = f'[tool]\nsha256 = "{digest_of(KEY)}"\n'


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    settings = Settings(port=0, api_keys_toml=KEYS)
    server = HttpServer(create_app(make_services(FakePool(), one_model(), settings)), settings)
    server.start()
    yield server.url
    server.close()


def azure(url: str, key: str = KEY) -> TextTranslationClient:
    return TextTranslationClient(endpoint=url, credential=AzureKeyCredential(key))


def test_azure_translates(url: str) -> None:
    with azure(url) as client:
        found = client.translate(
            body=["one", "two"], to_language=["de", "fr"], from_language="en", text_type="Plain"
        )
        assert [[(each.text, each.to) for each in item.translations] for item in found] == [
            [("ONE", "de"), ("ONE", "fr")],
            [("TWO", "de"), ("TWO", "fr")],
        ]
        [german] = client.translate(body=["Wo ist denn der Bahnhof?"], to_language=["en"])
        assert german.detected_language is not None
        assert german.detected_language.language == "de"


def test_azure_lists_languages(url: str) -> None:
    with azure(url) as client:
        languages = client.get_supported_languages(scope="translation").translation
    assert languages is not None
    assert (languages["he"].native_name, languages["he"].dir) == ("עברית", "rtl")


def test_azure_raises(url: str) -> None:
    with azure(url) as client, pytest.raises(HttpResponseError) as failure:
        client.translate(body=["one"], to_language=["zz"])
    assert failure.value.error is not None
    assert (failure.value.status_code, str(failure.value.error.code)) == (400, "400036")
    with azure(url, "wrong") as client, pytest.raises(ClientAuthenticationError):
        client.translate(body=["one"], to_language=["de"])


def test_deep_translator_translates(url: str) -> None:
    translator = LibreTranslator(source="en", target="de", api_key=KEY, custom_url=f"{url}/")
    assert translator.translate("one & two") == "ONE & TWO"
    assert translator.translate_batch(["one", "two"]) == ["ONE", "TWO"]


def test_deep_translator_raises(url: str) -> None:
    wrong = LibreTranslator(source="en", target="de", api_key="wrong", custom_url=f"{url}/")
    with pytest.raises(AuthorizationException):
        wrong.translate("one")
    polish = LibreTranslator(source="en", target="pl", api_key=KEY, custom_url=f"{url}/")
    with pytest.raises(ServerException):
        polish.translate("one")
