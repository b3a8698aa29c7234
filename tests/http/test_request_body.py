"""Request bodies as clients send them: compressed, with a byte order mark; paths with a slash."""

import gzip
import io
import json
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from server.app import create_app
from server.core.settings import Settings
from server.jobs.store import open_jobs
from server.services import make_services
from tests.fakes import FakePool, one_model
from tests.http.test_translation import GOOD, problem

BOM = b"\xef\xbb\xbf"
JSON = json.dumps(GOOD).encode()
LIBRE = {"q": "one", "source": "en", "target": "de"}
DEEPL = {"text": ["one"], "source_lang": "EN", "target_lang": "DE"}


def raw_deflate(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(data) + compressor.flush()


def in_members(data: bytes) -> bytes:
    return b"".join(gzip.compress(data[i : i + 9]) for i in range(0, len(data), 9))


CODINGS: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("gzip", gzip.compress),
    ("GZip", in_members),
    ("x-gzip", gzip.compress),
    ("deflate", zlib.compress),
    ("deflate", raw_deflate),
    ("identity", bytes),
]


@pytest.mark.parametrize(("coding", "compress"), CODINGS)
def test_compressed_bodies(
    client: FlaskClient, coding: str, compress: Callable[[bytes], bytes]
) -> None:
    def post(path: str, body: bytes, content_type: str = "application/json") -> object:
        headers = {"Content-Encoding": coding}
        response = client.post(
            path, data=compress(body), content_type=content_type, headers=headers
        )
        assert response.status_code == 200, response.text
        return response.get_json() if response.is_json else response.text

    assert post("/translation", JSON) == client.post("/translation", json=GOOD).get_json()
    assert post("/translate", json.dumps(LIBRE).encode()) == {"translatedText": "ONE"}
    form = b"q=one&source=en&target=de"
    assert post("/translate", form, "application/x-www-form-urlencoded") == {
        "translatedText": "ONE"
    }
    assert "ONE" in str(post("/v2/translate", json.dumps(DEEPL).encode()))
    parts = {"source_language": b"en", "target_language": b"de", 'file"; filename="a.txt': b"one"}
    multipart = b"".join(
        b'--x\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n' % (name.encode(), value)
        for name, value in parts.items()
    )
    assert post("/translation/file", multipart + b"--x--", "multipart/form-data; boundary=x") == (
        "ONE"
    )


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_decompression_bomb_is_never_in_memory(client: FlaskClient, coding: str) -> None:
    size = 64 << 20
    compress = gzip.compress if coding == "gzip" else zlib.compress
    bomb = compress(b" " * size)
    tracemalloc.start()
    try:
        response = client.post(
            "/translation",
            data=bomb,
            content_type="application/json",
            headers={"Content-Encoding": coding},
        )
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    problem(response, 413, "request-entity-too-large")
    assert peak < size / 16


@pytest.mark.parametrize("extra", [0, 1])
def test_the_limit_is_that_of_the_decoded_body(
    client: FlaskClient, settings: Settings, extra: int
) -> None:
    body = JSON.ljust(settings.max_body_bytes + extra)
    response = client.post(
        "/translation",
        data=gzip.compress(body),
        content_type="application/json",
        headers={"Content-Encoding": "gzip"},
    )
    assert response.status_code == (413 if extra else 200)


@pytest.mark.parametrize(
    "body",
    [
        gzip.compress(JSON)[:-1],
        gzip.compress(JSON)[:20],
        gzip.compress(JSON) + b"x",
        gzip.compress(JSON)[:-8] + b"\0" * 8,
        JSON,
        zlib.compress(JSON),
    ],
    # gzip has the time in its header: without names, no two processes would find the same tests.
    ids=["cut", "begun", "followed", "wrong checksum", "plain", "deflate"],
)
@pytest.mark.parametrize("path", ["/translation", "/translate", "/v2/translate"])
def test_a_damaged_body(client: FlaskClient, path: str, body: bytes) -> None:
    response = client.post(
        path,
        data=body,
        content_type="application/json",
        headers={"Content-Encoding": "gzip"},
    )
    assert response.status_code == 400
    assert "compressed body" in response.text


@pytest.mark.parametrize(
    ("path", "member"),
    [("/translation", "detail"), ("/translate", "error"), ("/v2/translate", "message")],
)
@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, gzip", "secret"])
def test_another_coding(client: FlaskClient, path: str, member: str, coding: str) -> None:
    response = client.post(
        path, data=JSON, content_type="application/json", headers={"Content-Encoding": coding}
    )
    assert response.status_code == 415
    assert response.headers["Accept-Encoding"] == "gzip, deflate"
    assert "Content-Encoding" in json.loads(response.text)[member]
    assert "secret" not in response.text


def test_a_request_without_a_body_may_claim_a_coding(client: FlaskClient) -> None:
    headers = {"Content-Encoding": "gzip"}
    assert client.get("/languages", headers=headers).status_code == 200
    assert client.get("/v2/usage", headers=headers).status_code == 200


def test_a_compressed_job(tmp_path: Path) -> None:
    settings = Settings(port=0, jobs=tmp_path / "jobs")
    services = make_services(FakePool(), one_model(), settings, open_jobs(settings))
    assert services.jobs is not None
    response = (
        create_app(services)
        .test_client()
        .post(
            "/translation/jobs",
            data=gzip.compress(JSON),
            content_type="application/json",
            headers={"Content-Encoding": "gzip"},
        )
    )
    services.jobs.close()
    assert response.status_code == 202


@pytest.mark.parametrize(
    ("path", "body"), [("/translation", GOOD), ("/translate", LIBRE), ("/v2/translate", DEEPL)]
)
def test_a_byte_order_mark_is_skipped(
    client: FlaskClient, path: str, body: dict[str, object]
) -> None:
    data = BOM + json.dumps(body).encode()
    response = client.post(path, data=data, content_type="application/json")
    assert response.status_code == 200
    assert response.get_json() == client.post(path, json=body).get_json()


def test_a_glossary_with_a_byte_order_mark_or_null(client: FlaskClient) -> None:
    for glossary in ("\ufeff{}", "null"):
        data = {
            "file": (io.BytesIO(b"one"), "a.txt"),
            "source_language": "en",
            "target_language": "de",
            "glossary": glossary,
        }
        assert client.post("/translation/file", data=data).text == "ONE"


def test_every_route_may_end_with_a_slash(app: Flask, client: FlaskClient) -> None:
    """The same answer, without a redirect; the page of the API needs one for its links."""
    for rule in app.url_map.iter_rules():
        path = (
            (rule.rule.rstrip("/") or "/")
            .replace("<job_id>", "x")
            .replace("<digest>", "x")
            .replace("<name>", "x")
        )
        for method in (rule.methods or set()) - {"OPTIONS", "HEAD"}:
            plain, slash = (client.open(p, method=method, json={}) for p in (path, f"{path}/"))
            if path == "/docs":
                assert (slash.status_code, slash.headers["Location"]) == (308, "../docs")
            elif path != "/":
                assert (slash.status_code, slash.text) == (plain.status_code, plain.text), path
