"""What is wrong with a request to DeepL's API is said in DeepL's way."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing

import deepl
import pytest
from flask.testing import FlaskClient

from server.core.settings import Settings
from tests.http.deepl.conftest import KEY, KEYS, Server


@pytest.fixture
def settings() -> Settings:
    return Settings(port=0, max_texts=4, max_characters=1000, api_keys_toml=KEYS)


@pytest.fixture(scope="module")
def refused(idle: Server) -> Iterator[deepl.DeepLClient]:
    with closing(deepl.DeepLClient(KEY, server_url=idle.url)) as client:
        yield client


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"formality": "more"}, "Target language does not support formality"),
        ({"formality": "invalid"}, "formality must be one of"),
        ({"glossary": "some-id", "source_lang": "EN"}, "no glossary with this id"),
        ({"model_type": "best"}, "model_type must be one of"),
        ({"tag_handling": "xml", "tag_handling_version": "v3"}, "tag_handling_version must be"),
        ({"custom_instructions": ["Be brief."]}, "custom_instructions is not supported"),
        ({"style_rule": "some-id"}, "style_id is not supported"),
        ({"source_lang": "XX"}, "Value for 'source_lang' not supported"),
        ({"target_lang": "XX"}, "Value for 'target_lang' not supported"),
    ],
)
def test_what_cannot_be_done_as_asked_is_refused(
    refused: deepl.DeepLClient, options: dict[str, object], message: str
) -> None:
    with pytest.raises(deepl.DeepLException, match=message):
        refused.translate_text("a", **{"target_lang": "DE", **options})  # type: ignore[arg-type]


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
        ({"text": ["a"], "target_lang": "DE", "ignore_tags": [1]}, 400),
        ({"text": ["a"], "target_lang": "DE", "tag_handling": "xml", "ignore_tags": [1]}, 400),
        ({"text": ["a"], "target_lang": "DE", "tag_handling": "xml", "splitting_tags": {}}, 400),
        ({"text": ["a"], "target_lang": "DE", "tag_handling": "xml", "outline_detection": 2}, 400),
        ({"text": ["a"], "target_lang": "DE", "glossary_id": "astray"}, 400),
        ({"text": ["a"], "target_lang": "DE", "source_lang": "EN", "glossary_id": "\ud800"}, 400),
        ({"text": ["a"], "target_lang": "DE", "glossary_ids": [1]}, 400),
    ],
)
def test_what_is_wrong_is_said_in_its_own_way(
    client: FlaskClient, body: dict[str, object], status: int
) -> None:
    headers = {"Authorization": f"DeepL-Auth-Key {KEY}"}
    sent = json.dumps(body)  # with escapes
    response = client.post(
        "/v2/translate", data=sent, content_type="application/json", headers=headers
    )
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


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v2/nothing", 404),
        ("POST", "/v2/documents", 404),
        ("GET", "/v2", 404),
        ("GET", "/v3/nothing", 404),
        ("GET", "/v3/languages", 404),
        ("POST", "/v2/write/correct", 404),
        ("GET", "/v2/admin/developer-keys", 404),
        ("POST", "/v1/jobs/voice/translate", 404),
        ("GET", "/v2/translate", 405),
        ("DELETE", "/v2/languages/", 405),
    ],
)
def test_a_wrong_path_or_method(client: FlaskClient, method: str, path: str, status: int) -> None:
    response = client.open(path, method=method)
    assert response.status_code == status
    assert response.mimetype == "application/json"
    assert list(response.get_json()) == ["message"]
    assert ("Allow" in response.headers) == (status == 405)


def test_without_a_key(client: FlaskClient) -> None:
    assert client.get("/v2/usage").status_code == 403


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda client: client.rephrase_text("a", target_lang="EN-GB"), "cannot rephrase"),
        (lambda client: client.get_all_style_rules(), "style rules"),
        (lambda client: client.create_style_rule("a", "en"), "style rules"),
        (lambda client: client.list_translation_memories(), "translation memories"),
    ],
)
def test_what_only_deepl_has(
    refused: deepl.DeepLClient, call: Callable[[deepl.DeepLClient], object], message: str
) -> None:
    with pytest.raises(deepl.DeepLException, match=message):
        call(refused)
