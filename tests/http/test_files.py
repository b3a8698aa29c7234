"""POST /translation/file: documents come back translated, or it is said what is wrong with them."""

import io
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from documents import FORMATS, OPTIONS, DocumentOptions
from gpu_pool.errors import OverloadedError, TranslationError
from server.app import create_app
from server.core.settings import Settings
from server.services import make_services
from tests.fakes import FakePool, add_recording_format, one_model
from tests.http.test_translation import problem

FORM = {"source_language": "en", "target_language": "de"}


@pytest.fixture
def app(pool: FakePool, settings: Settings) -> Flask:
    return create_app(make_services(pool, one_model(), settings))


def post(
    client: FlaskClient, data: bytes = b"hello", name: str | None = "a.txt", **form: Any
) -> TestResponse:
    fields: dict[str, Any] = {**FORM, **form}
    if name is not None:
        fields["file"] = (io.BytesIO(data), name)
    fields = {field: value for field, value in fields.items() if value is not None}
    return client.post("/translation/file", data=fields, content_type="multipart/form-data")


@pytest.mark.parametrize(
    ("name", "data", "translated"),
    [
        ("a.txt", b"one\r\n  two", b"ONE\r\n  TWO"),
        ("a.MD", b"# one `two`", b"# ONE `two`"),
        ("a.html", b"<p title=x>one <b>two</b>", b'<p title="X">ONE <b>TWO</b>'),
        ("a.json", b'{"a": "b"}', b'{"a": "B"}'),
        ("a.po", b'msgid "a"\nmsgstr ""\n', b'#, fuzzy\nmsgid "a"\nmsgstr "A"\n'),
        ("a.srt", b"00:00:01,000 --> 00:00:02,000\nyo", b"00:00:01,000 --> 00:00:02,000\nYO"),
        ("a.vtt", b"WEBVTT\n\n00:01.0 --> 00:02.0\nyo", b"WEBVTT\n\n00:01.0 --> 00:02.0\nYO"),
        ("a.xml", b"<resources><string name='a'>one</string></resources>",
         b"<resources><string name='a'>ONE</string></resources>"),
        ("a.csv", b"id,text\n1,yo\n", b"id,text\n1,YO\n"),
        ("a.txt", b"", b""),
    ],
)  # fmt: skip
def test_a_file_comes_back_translated(
    client: FlaskClient, name: str, data: bytes, translated: bytes
) -> None:
    response = post(client, data, name)
    assert response.status_code == 200, response.text
    assert response.data == translated
    assert response.mimetype == "application/octet-stream"
    stem, suffix = name.split(".")
    assert response.headers["Content-Disposition"] == f"attachment; filename={stem}.de.{suffix}"
    assert response.headers["Content-Language"] == "de"
    assert "X-Detected-Language" not in response.headers
    assert "X-Translation-Warnings" not in response.headers


def test_all_rounds_share_one_deadline_and_one_client(client: FlaskClient, pool: FakePool) -> None:
    pool.failures = {}
    assert post(client, b"<b>a</b> x <b>ab</b> x", "a.html").status_code == 200
    assert all(timeout is not None and 0 < timeout <= 9 for timeout in pool.timeouts)
    assert set(pool.askers) == {("127.0.0.1", False)}


def test_the_language_is_told_by_the_whole_file(client: FlaskClient, pool: FakePool) -> None:
    data = "Bonjour.\nOK\nOù est la gare, s'il vous plaît ?".encode()
    response = post(client, data, source_language="auto")
    assert response.headers["X-Detected-Language"] == "fr"
    assert {segment.options.source for segment in pool.submitted} == {"fr"}
    same = post(client, data, source_language="auto", target_language="fr")
    assert same.data == data


def test_a_glossary_goes_with_every_text(client: FlaskClient, pool: FakePool) -> None:
    assert post(client, b"a pool\nb", glossary='{"pool": "Becken"}').status_code == 200
    assert [segment.options.glossary for segment in pool.submitted] == [(("pool", "Becken"),), ()]


def test_doubtful_texts_are_counted(client: FlaskClient, pool: FakePool) -> None:
    pool.warnings = {"a": ("repetition", "length"), "b": ("length",)}
    response = post(client, b"a\nb\nc")
    assert response.headers["X-Translation-Warnings"] == "length=2, repetition=1"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/a.b.txt", "filename=a.b.de.txt"),
        ("é.txt", "filename*=UTF-8''%C3%A9.de.txt"),
        ("x" * 300 + ".txt", "filename=" + "x" * 196 + ".de.txt"),
    ],
)
def test_names(client: FlaskClient, name: str, shown: str) -> None:
    assert shown in post(client, name=name).headers["Content-Disposition"]


@pytest.mark.parametrize("name", ["a", ".txt", "secret.xyz"])
def test_an_unknown_format_names_the_known(client: FlaskClient, name: str) -> None:
    answer = problem(post(client, name=name), 415, "unsupported-media-type")
    assert answer["field"] == "file"
    assert all(suffix in answer["detail"] for suffix in FORMATS)
    assert "secret" not in answer["detail"]


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("a.pdf", ".pdf files are not read; convert it to .docx, .html or .txt"),
        ("secret.DOC", ".doc files are not read; save it as .docx"),
        ("a.b.png", ".png files are not read; send a text with a description"),
        ("a.zip", ".zip files are not read; unpack it, and send its files"),
    ],
)
def test_a_format_that_is_not_read_is_told_what_to_convert_to(
    client: FlaskClient, name: str, advice: str
) -> None:
    answer = problem(post(client, name=name), 415, "unsupported-media-type")
    assert (answer["field"], answer["detail"]) == ("file", advice)


def test_a_missing_package_is_named_with_its_extra(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("documents.formats.find_spec", lambda name: None)
    answer = problem(post(client, name="a.parquet"), 415, "unsupported-media-type")
    assert "m2m-server[parquet]" in answer["detail"]


def test_an_option_chooses_what_is_translated(client: FlaskClient) -> None:
    response = post(client, b"one,two\na,b\n", "a.csv", columns="two")
    assert response.data == b"one,two\na,B\n"
    wrong = problem(post(client, b"one\na\n", "a.csv", columns="secret"), 400, "invalid-field")
    assert "entry 1 of columns" in wrong["detail"]
    assert "secret" not in wrong["detail"]


def test_an_assumed_encoding_is_said(client: FlaskClient) -> None:
    response = post(client, "café".encode("cp1252"))
    assert response.data == "CAFÉ".encode("cp1252")
    assert "read as windows-1252" in response.headers["X-Document-Notices"]


@pytest.mark.parametrize("content_type", [None, "application/json", "text/plain"])
def test_a_body_that_is_no_form(client: FlaskClient, content_type: str | None) -> None:
    response = client.post("/translation/file", data=b"{}", content_type=content_type)
    problem(response, 415, "unsupported-media-type")


@pytest.mark.parametrize(
    ("name", "data", "detail"),
    [
        ("a.txt", b"secret \xff", "not UTF-8 at byte 7"),
        ("a.json", b'{"secret": }', "not valid JSON at line 1"),
        ("a.srt", b"secret", "00:00:01,000 -->"),
        ("a.docx", b"secret", "not a .docx"),
        ("a.txt", b"%PDF-1.4 secret", "is a PDF file"),
        ("a.xlsx", b"secret", "not a .xlsx"),
        ("a.epub", b"secret", "not a .epub"),
        ("a.xlf", b"<secret", "not valid XML at line 1"),
        ("a.ts", b"const secret = 1", "not of Qt Linguist"),
    ],
)
def test_a_broken_file_is_told_what_is_wrong(
    client: FlaskClient, name: str, data: bytes, detail: str
) -> None:
    answer = problem(post(client, data, name), 400, "invalid-field")
    assert answer["field"] == "file"
    assert detail in answer["detail"]
    assert "secret" not in answer["detail"]


@pytest.mark.parametrize(
    ("form", "status", "slug", "field"),
    [
        ({"name": None}, 400, "invalid-field", "file"),
        ({"source_language": None}, 400, "invalid-field", "source_language"),
        ({"target_language": None}, 400, "invalid-field", "target_language"),
        ({"target_language": "en"}, 400, "invalid-field", "target_language"),
        ({"target_language": "auto"}, 400, "unsupported-language", "target_language"),
        ({"source_language": "tlh"}, 400, "unsupported-language", "source_language"),
        ({"glossary": "[]"}, 400, "invalid-field", "glossary"),
        ({"glossary": "{"}, 400, "malformed-json", None),
        ({"secret": "x"}, 400, "invalid-field", None),
        ({"data": b"a" * 101}, 413, "too-long", "file"),
    ],
)
def test_wrong_fields(
    client: FlaskClient, form: dict[str, Any], status: int, slug: str, field: str | None
) -> None:
    answer = problem(post(client, **form), status, slug)
    assert answer.get("field") == field
    assert "secret" not in answer["detail"]


def test_two_files_are_one_too_many(client: FlaskClient) -> None:
    files = [(io.BytesIO(b"a"), "a.txt"), (io.BytesIO(b"b"), "b.txt")]
    response = client.post("/translation/file", data={**FORM, "file": files})
    assert problem(response, 400, "invalid-field")["field"] == "file"


def test_a_text_that_fails_is_said_to_be_in_the_file(client: FlaskClient, pool: FakePool) -> None:
    pool.failures["bad"] = TranslationError("out of memory")
    answer = problem(post(client, b"good\nbad"), 500, "translation-failed")
    assert (answer["field"], answer["detail"]) == ("file", "out of memory")


def test_overload(client: FlaskClient, pool: FakePool) -> None:
    pool.refusal = OverloadedError(2.0)
    assert problem(post(client), 429, "overloaded")
    pool.refusal = None
    for _ in range(3):  # no slot is lost
        assert post(client).status_code == 200


def test_a_large_body_is_refused(client: FlaskClient) -> None:
    response = client.post(
        "/translation/file",
        content_type="multipart/form-data; boundary=x",
        environ_overrides={"CONTENT_LENGTH": str(17 << 20)},
    )
    problem(response, 413, "request-entity-too-large")


@pytest.fixture
def read_options(monkeypatch: pytest.MonkeyPatch) -> list[DocumentOptions]:
    """Adds a format, .stub, that reads all options; returns those that it is given."""
    return add_recording_format(monkeypatch, "one notice", "another")


@pytest.mark.parametrize(
    ("field", "value", "read"),
    [
        ("only_untranslated", "false", False),
        ("fuzzy", "again", "again"),
        ("keys", "title, *.label,", ("title", "*.label")),
        ("exclude", "id", ("id",)),
        ("columns", "1,text", ("1", "text")),
        ("include_front_matter", "true", True),
        ("line_breaks", "keep", "keep"),
    ],
)
def test_the_format_gets_its_options(
    client: FlaskClient, read_options: list[DocumentOptions], field: str, value: str, read: object
) -> None:
    form: dict[str, Any] = {field: value}
    assert post(client, name="a.stub", **form).data == b"HELLO"
    assert getattr(read_options[-1], field) == read
    refused = problem(post(client, name="a.html", **form), 400, "invalid-field")
    assert (refused["field"], "has no effect on .html" in refused["detail"]) == (field, True)


@pytest.mark.parametrize("field", [name for name in OPTIONS if OPTIONS[name].values])
def test_a_wrong_value_names_the_right_ones(
    client: FlaskClient, read_options: list[DocumentOptions], field: str
) -> None:
    form: dict[str, Any] = {field: "secret"}
    answer = problem(post(client, name="a.stub", **form), 400, "invalid-field")
    assert answer["field"] == field
    assert all(value in answer["detail"] for value in OPTIONS[field].values)
    assert "secret" not in answer["detail"]


@pytest.mark.usefixtures("read_options")
def test_options_are_documented(app: Flask) -> None:
    document = app.test_client().get("/openapi.json").get_json()
    form = document["components"]["schemas"]["FileRequest"]["properties"]
    assert set(OPTIONS) <= set(form)
    assert form["fuzzy"]["enum"] == ["keep", "again"]
    assert form["only_untranslated"]["default"] == "true"


@pytest.mark.usefixtures("read_options")
def test_notices_are_in_a_header(client: FlaskClient) -> None:
    assert post(client, name="a.stub").headers["X-Document-Notices"] == "one notice; another"
    # In upper case, µ is a Greek letter.
    srt = "1\n00:00:01,000 --> 00:00:02,000\nThe café is 5 µ away.\n".encode("cp1252")
    response = post(client, srt, "a.srt")
    assert "UTF-8 now" in response.headers["X-Document-Notices"]
    assert "X-Document-Notices" not in post(client).headers
