"""Documents of DeepL's clients: our jobs translate them."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import deepl
import httpx
import pytest

from tests.fakes import FakePool
from tests.http.deepl.conftest import KEY, OTHER, Server
from tests.http.jobs.client import wait_until

TEXT = b"one\ntwo\n"


def translate(translator: deepl.DeepLClient, data: bytes = TEXT, **more: Any) -> bytes:
    output = io.BytesIO()
    options = {"source_lang": "EN", "target_lang": "DE", "filename": "a.txt", **more}
    translator.translate_document(data, output, **options)
    return output.getvalue()


def upload(
    server: Server, name: str = "a.txt", data: bytes = TEXT, key: str = KEY, **form: str
) -> httpx.Response:
    return httpx.post(
        f"{server.url}/v2/document",
        headers={"Authorization": f"DeepL-Auth-Key {key}"},
        data={"source_lang": "EN", "target_lang": "DE", **form},
        files={"file": (name, data)},
    )


def test_a_file(translator: deepl.DeepLClient, tmp_path: Path) -> None:
    source, target = tmp_path / "a.html", tmp_path / "b.html"
    source.write_text("<p>one <b>two</b></p>")
    status = translator.translate_document_from_filepath(
        source, target, source_lang="EN", target_lang="DE", formality="prefer_more"
    )
    assert target.read_text() == "<p>ONE <b>TWO</b></p>"
    assert status.done
    assert status.billed_characters


def test_the_language_is_detected(translator: deepl.DeepLClient) -> None:
    text = b"Where is the nearest railway station?"
    assert translate(translator, text, source_lang=None) == text.upper()


def test_a_stored_glossary(translator: deepl.DeepLClient, pool: FakePool) -> None:
    entries = {f"term {i}": f"Begriff {i}" for i in range(99)}
    made = translator.create_glossary("x", "EN", "DE", {**entries, "one": "eins"})
    translate(translator, glossary=made)
    assert [each.options.glossary for each in pool.submitted] == [(("one", "eins"),), ()]


def test_states_and_keys(server: Server, pool: FakePool, translator: deepl.DeepLClient) -> None:
    pool.holding = True
    answer = upload(server)
    assert answer.status_code == 200
    handle = deepl.DocumentHandle(answer.json()["document_id"], answer.json()["document_key"])
    pool.wait_until_holding(2)
    status = translator.translate_document_get_status(handle)
    assert (status.status.value, status.ok, status.done) == ("translating", True, False)
    assert status.seconds_remaining
    with pytest.raises(deepl.DocumentNotReadyException):
        translator.translate_document_download(handle)
    pool.holding = False
    pool.release()
    wait_until(lambda: translator.translate_document_get_status(handle).done)
    wrong = deepl.DocumentHandle(handle.document_id, "0" * 64)
    for attempt in (
        translator.translate_document_get_status,
        translator.translate_document_download,
    ):
        with pytest.raises(deepl.DeepLException, match="Not found"):
            attempt(wrong)
    translator.translate_document_download(handle, output := io.BytesIO())
    assert output.getvalue() == b"ONE\nTWO\n"
    with pytest.raises(deepl.DeepLException, match="Not found"):  # only once
        translator.translate_document_download(handle)


def test_a_document_belongs_to_its_key(server: Server) -> None:
    made = upload(server).json()
    path = f"{server.url}/v2/document/{made['document_id']}"
    headers = {"Authorization": f"DeepL-Auth-Key {OTHER}"}
    key = {"document_key": made["document_key"]}
    for address in (path, f"{path}/result"):
        assert httpx.post(address, data=key, headers=headers).status_code == 404
        assert httpx.post(address, json={}, headers=headers).status_code == 400
        assert httpx.post(address, data=key).status_code == 403


def test_the_same_language(translator: deepl.DeepLClient) -> None:
    with pytest.raises(
        deepl.DocumentTranslationException, match="Source and target language"
    ) as raised:
        translate(translator, target_lang="EN-US")
    assert len(raised.value.document_handle.document_id) == 32
    assert len(raised.value.document_handle.document_key) == 64


@pytest.mark.parametrize(
    ("name", "data", "form", "message"),
    [
        ("a.pdf", TEXT, {}, "Invalid file: .pdf files are not read"),
        ("a", TEXT, {}, "Invalid file"),
        ("a.txt", TEXT, {"filename": "b.xyz"}, "Invalid file"),
        ("a.txt", TEXT, {"output_format": "docx"}, "output_format must be txt"),
        ("a.json", b"{", {}, "file: "),
        ("a.txt", TEXT, {"formality": "more"}, "does not support formality"),
        ("a.txt", TEXT, {"target_lang": ""}, "target_lang is missing"),
        ("a.txt", TEXT, {"target_lang": "XX"}, "Value for 'target_lang' not supported"),
        ("a.txt", TEXT, {"glossary_id": "x"}, "no glossary with this id"),
        ("a.txt", TEXT, {"glossary_id": "x", "source_lang": ""}, "source_lang is required"),
        ("a.txt", TEXT, {"style_id": "x"}, "style_id is not supported"),
    ],
)
def test_what_is_wrong_with_a_document(
    idle: Server, name: str, data: bytes, form: dict[str, str], message: str
) -> None:
    response = upload(idle, name, data, **form)
    assert response.status_code == 400, response.text
    assert message in response.json()["message"]


def test_other_names_and_formats(server: Server) -> None:
    assert upload(server, "blob", filename="b.txt", output_format="TXT").status_code == 200


def test_no_file(idle: Server) -> None:
    headers = {"Authorization": f"DeepL-Auth-Key {KEY}"}
    bodies: list[dict[str, Any]] = [
        {"json": {}},
        {"data": {"target_lang": "DE"}},
        {"files": {"x": b""}},
    ]
    for more in bodies:
        response = httpx.post(f"{idle.url}/v2/document", headers=headers, **more)
        assert response.status_code == 400
        assert "file" in response.json()["message"]


def test_a_document_that_is_too_large(start: Callable[..., Server]) -> None:
    server = start(max_job_characters=4)
    assert upload(server).status_code == 413
    assert upload(server, data=b"x" * 100_000).status_code == 413


def test_a_server_without_jobs(start: Callable[..., Server]) -> None:
    response = upload(start(jobs=None))
    assert response.status_code == 404
    assert "jobs are off" in response.json()["message"]
