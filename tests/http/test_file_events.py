"""POST /translation/file as events: the texts beside their translations, then the document."""

import io
from base64 import b64decode
from typing import Any

import httpx
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from documents import DocumentOptions, Part, Rounds, TranslatedFile
from gpu_pool.errors import OverloadedError, TranslationError
from server.app import create_app
from server.core.settings import Settings
from server.http.waitress_server import HttpServer
from server.jobs.document_rounds import relate
from server.services import make_services
from tests.fakes import FakePool, add_format, one_model
from tests.http.jobs.client import PAIR, TIMEOUT, events, next_event, wait_until
from tests.http.test_openapi import validator
from tests.http.test_streaming import Stuck
from tests.http.test_translation import problem

EVENTS = {"Accept": "text/event-stream"}


@pytest.fixture
def settings() -> Settings:
    return Settings(port=0, max_characters=100_000, timeout=9.0, http_threads=1)


def ask(client: FlaskClient, data: bytes, name: str = "a.txt", **fields: Any) -> TestResponse:
    form = {**PAIR, "file": (io.BytesIO(data), name), **fields}
    return client.post("/translation/file", data=form, headers=EVENTS, buffered=True)


def read(response: TestResponse) -> tuple[list[dict[str, Any]], list[dict[str, Any]], Any]:
    """Return the data of the texts, of the progress, and of the last event, which is `done`."""
    assert response.mimetype == "text/event-stream", response.text
    *found, (last, result, _) = events(response)
    assert last == "done"
    texts = [data for name, data, _ in found if name == "text"]
    return texts, [data for name, data, _ in found if name == "progress"], result


def test_each_text_comes_with_its_translation_and_then_the_document(client: FlaskClient) -> None:
    texts, progress, result = read(ask(client, b"one\n\n  two\n", "my.plan.txt"))
    assert texts == [
        {"index": 0, "source": "one", "translation": "ONE"},
        {"index": 1, "source": "two", "translation": "TWO"},
    ]
    assert progress[-1] == {"done": 2, "total": 2, "source_language": "en"}
    assert b64decode(result.pop("document")) == b"ONE\n\n  TWO\n"
    assert result == {
        "file": "my.plan.de.txt", "source_language": "en", "target_language": "de",
    }  # fmt: skip


def test_events_are_as_documented(client: FlaskClient, pool: FakePool) -> None:
    pool.warnings["one"] = ("length",)
    document = client.get("/openapi.json").get_json()
    schema = {"$ref": "#/components/schemas/FileEvent"}
    response = ask(client, b"one\n<b>two</b> <i>three</i>", "a.html")
    for block in response.text.removesuffix("\n\n").split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n"))
        validator(document, schema).validate(fields)


def test_doubtful_texts_have_their_warnings(client: FlaskClient, pool: FakePool) -> None:
    pool.warnings["two"] = ("repetition", "length")
    texts, _, _ = read(ask(client, b"one\ntwo"))
    assert "warnings" not in texts[0]
    assert [(w["field"], w["code"]) for w in texts[1]["warnings"]] == [
        ("text[1]", "repetition"), ("text[1]", "length"),
    ]  # fmt: skip


def test_texts_sent_only_to_place_markup_are_not_shown(client: FlaskClient) -> None:
    texts, progress, _ = read(ask(client, b"<p>The <b>red</b> house.<p>Bye.", "a.html"))
    assert [text["source"] for text in texts] == ["The red house.", "Bye."]
    assert progress[-1]["total"] == 3  # with "red"


def test_parts_replace_a_text_whose_markup_has_no_place(
    client: FlaskClient, pool: FakePool
) -> None:
    swapped = {"A red house. Go on.": "Ein Haus.", "A red house.": "Haus!"}
    pool._translate = lambda text: swapped.get(text, text.upper())
    texts, _, result = read(ask(client, b"<p>A <b>red</b> house. Go on.", "a.html"))
    assert b64decode(result["document"]) == b"<p>A <b>RED</b> HOUSE. GO ON."
    whole, *parts = texts
    assert "part_of" not in whole
    sentences = [part for part in parts if part["part_of"] == whole["index"]]
    assert [part["source"] for part in sentences] == ["A red house.", "Go on."]
    words = [part for part in parts if part["part_of"] == sentences[0]["index"]]
    assert [part["translation"] for part in words] == ["A", "RED", "HOUSE."]


def test_a_part_of_a_text_that_was_never_sent_is_a_text_of_its_own(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds: list[list[str]] = [["one"], [Part("two", "elsewhere")]]

    def translate(data: bytes, options: DocumentOptions) -> Rounds[TranslatedFile]:
        yield rounds[0]
        yield rounds[1]
        return TranslatedFile(data)

    add_format(monkeypatch, translate)
    texts, _, _ = read(ask(client, b"one", "a.stub"))
    assert [text["translation"] for text in texts] == ["ONE", "TWO"]
    assert "part_of" not in texts[1]
    assert relate(rounds) == {}


def test_one_language_is_detected_for_the_document(client: FlaskClient) -> None:
    data = "Das Wetter ist heute schön.\nOK\n".encode()
    _, progress, result = read(ask(client, data, source_language="auto", target_language="en"))
    assert {each["source_language"] for each in (*progress, result)} == {"de"}


@pytest.mark.parametrize("data", [b"", b"\n 12 \n"])
def test_a_document_without_text(client: FlaskClient, data: bytes) -> None:
    texts, _, result = read(ask(client, data, source_language="auto"))
    assert (texts, b64decode(result["document"])) == ([], data)


def test_notices_come_with_the_document(client: FlaskClient) -> None:
    srt = "1\n00:00:01,000 --> 00:00:02,000\n5 µ é\n".encode("cp1252")
    notice = read(ask(client, srt, "a.srt"))[2]["notices"][-1]
    assert "UTF-8 now" in notice


def test_errors_before_the_first_text_are_answered_as_usual(
    client: FlaskClient, pool: FakePool
) -> None:
    assert problem(ask(client, b"{", "a.json"), 400, "invalid-field")["field"] == "file"
    problem(ask(client, b"x", "a.exe"), 415, "unsupported-media-type")
    problem(ask(client, b"x" * 100_001), 413, "too-long")
    pool.failures["bad"] = TranslationError("x")
    assert problem(ask(client, b"bad"), 500, "translation-failed")["field"] == "file"
    pool.refusal = OverloadedError(2.0)
    problem(ask(client, b"one"), 429, "overloaded")


def test_a_later_error_is_the_last_event(client: FlaskClient, pool: FakePool) -> None:
    pool.failures["bad"] = TranslationError("out of memory")
    *_, (name, data, _) = events(ask(client, b"good\nbad"))
    assert (name, data["status"], data["field"]) == ("failed", 500, "file")
    assert data["detail"] == "out of memory"


def test_a_client_that_leaves_cancels_the_rest(settings: Settings) -> None:
    pool = Stuck()
    app = create_app(make_services(pool, one_model(), settings))
    server = HttpServer(app, settings)
    server.start()
    file = {"file": ("a.txt", b"one\ntwo\nthree")}
    try:
        with httpx.stream(
            "POST", f"{server.url}/translation/file", files=file, data=PAIR, headers=EVENTS,
            timeout=TIMEOUT,
        ) as response:  # fmt: skip
            assert next_event(response.iter_lines())[0] == "text"
            pool.wait_until_holding(3)
        wait_until(lambda: all(future.done() for future in pool.futures))
        assert sum(future.cancelled() for future in pool.futures) == 2
    finally:
        server.close()
