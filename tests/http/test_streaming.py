"""POST /translation as server-sent events: paragraph by paragraph, and the whole at the end."""

import threading
from typing import Any

import httpx
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gpu_pool.errors import OverloadedError, QuarantinedError, TranslationError
from server.app import create_app
from server.core.paragraphs import split_lines
from server.core.segments import Translation
from server.core.settings import Settings
from server.http.waitress_server import HttpServer
from server.services import make_services
from tests.fakes import FakePool, one_model
from tests.http.jobs.client import events, next_event, wait_until
from tests.http.test_translation import GOOD, post, problem

PATIENCE = 20.0
LONG = "one\n\n  two\r\nthree\n\n\nfour\n"


@pytest.fixture
def settings() -> Settings:
    return Settings(port=0, max_texts=4, max_characters=10_000, timeout=9.0, http_threads=1)


def ask(client: FlaskClient, text: Any = LONG, **fields: Any) -> TestResponse:
    return client.post(
        "/translation",
        json={**GOOD, "text": text, **fields},
        headers={"Accept": "text/event-stream"},
        buffered=True,
    )


def split(response: TestResponse) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the segments, and the whole answer."""
    assert response.mimetype == "text/event-stream", response.text
    *segments, (last, whole, _) = events(response)
    assert last == "done"
    assert {name for name, _, _ in segments} <= {"segment"}
    return [data for _, data, _ in segments], whole


def test_each_line_is_a_segment_and_the_last_event_is_the_usual_answer(client: FlaskClient) -> None:
    segments, whole = split(ask(client))
    assert segments == [
        {"index": 0, "translation": text}
        for text in ("ONE\n\n", "  TWO\r\n", "THREE\n\n\n", "FOUR\n")
    ]
    assert whole == post(client, text=LONG).get_json()


def test_a_very_long_text_is_complete_and_in_order(client: FlaskClient) -> None:
    text = "".join(f"line {i}\n" for i in range(500))
    segments, whole = split(ask(client, text))
    assert len(segments) == 500
    assert "".join(part["translation"] for part in segments) == text.upper()
    assert whole["translation"] == text.upper()


def test_many_texts(client: FlaskClient) -> None:
    segments, whole = split(ask(client, ["a\nb", "", "c"]))
    assert [(part["index"], part["translation"]) for part in segments] == [
        (0, "A\n"), (0, "B"), (2, "C"),
    ]  # fmt: skip
    assert whole["translation"] == ["A\nB", "", "C"]


def test_the_language_is_told_by_the_whole_text(client: FlaskClient) -> None:
    text = "Das Wetter ist heute schön, und wir gehen in den Wald.\nOK\n"
    _, whole = split(ask(client, text, source_language="auto", target_language="en"))
    assert whole["source_language"] == "de"
    usual = post(client, text=text, source_language="auto", target_language="en").get_json()
    assert whole == usual


def test_what_is_only_one_as_a_whole_is_one_segment(client: FlaskClient) -> None:
    segments, whole = split(ask(client, "a\nb", alternatives=1))
    assert len(segments) == 1
    assert whole["alternatives"] == ["A (2)\nB (2)"]
    segments, whole = split(ask(client, "<p>a</p>\n<p>b</p>", format="html"))
    assert segments == [{"index": 0, "translation": "<p>A</p>\n<p>B</p>"}]


def test_warnings_are_in_the_whole(client: FlaskClient, pool: FakePool) -> None:
    pool.warnings = {"one": ("repetition",), "four": ("repetition", "length")}
    _, whole = split(ask(client))
    assert [warning["code"] for warning in whole["warnings"]] == ["repetition", "length"]


@pytest.mark.parametrize("accept", ["application/json", "*/*", "application/json, */*;q=0.1"])
def test_who_does_not_ask_for_events_gets_json(client: FlaskClient, accept: str) -> None:
    response = client.post("/translation", json=GOOD, headers={"Accept": accept})
    assert response.get_json()["translation"] == "HELLO"


def test_what_is_refused_at_once_is_a_problem_as_ever(client: FlaskClient, pool: FakePool) -> None:
    problem(ask(client, 5), 400, "invalid-field")
    pool.failures["one"] = QuarantinedError()
    assert problem(ask(client), 500, "quarantined")["field"] == "text"
    pool.refusal = OverloadedError(3)
    assert problem(ask(client), 429, "overloaded")["detail"]
    pool.refusal = None
    assert split(ask(client, "two"))  # the only thread was given back each time


def test_what_fails_later_is_the_last_event(client: FlaskClient, pool: FakePool) -> None:
    pool.failures["three"] = TranslationError("it is too odd")
    response = ask(client, ["one\ntwo", "three\nfour"])
    assert response.status_code == 200
    found = events(response)
    assert [name for name, _, _ in found] == ["segment", "segment", "failed"]
    failure = found[-1][1]
    assert (failure["type"], failure["field"]) == ("urn:m2m-server:translation-failed", "text[1]")
    assert failure["detail"] == "it is too odd"


class Paused:
    """Translates, but "two" only when it is let go."""

    def __init__(self) -> None:
        self.go_on = threading.Event()

    def __call__(self, text: str) -> str:
        if text == "two":
            assert self.go_on.wait(PATIENCE)
        return text.upper()


def serve(app: Flask, settings: Settings) -> HttpServer:
    server = HttpServer(app, settings)
    server.start()
    return server


def test_the_first_paragraph_is_there_before_the_others_are_translated(
    settings: Settings,
) -> None:
    paused = Paused()
    services = make_services(FakePool(translate=paused), one_model(), settings)
    server = serve(create_app(services), settings)
    headers = {"Accept": "text/event-stream"}
    try:
        with httpx.stream(
            "POST", f"{server.url}/translation", json={**GOOD, "text": LONG}, headers=headers,
            timeout=PATIENCE,
        ) as response:  # fmt: skip
            lines = response.iter_lines()
            assert next_event(lines)[1]["translation"] == "ONE\n\n"
            assert not paused.go_on.is_set()
            paused.go_on.set()
            names = [next_event(lines)[0] for _ in range(4)]
        assert names == ["segment", "segment", "segment", "done"]
    finally:
        paused.go_on.set()
        server.close()


class Stuck(FakePool):
    """Translates the text "one", and no other."""

    def _submit(self, segments: Any, context: Any) -> Any:
        self.holding = True
        futures = super()._submit(segments, context)
        for segment, future in zip(segments, futures, strict=True):
            if segment.text == "one":
                future.set_result(Translation("ONE"))
        return futures


def test_a_client_that_hangs_up_cancels_what_is_left(settings: Settings) -> None:
    pool = Stuck()
    server = serve(create_app(make_services(pool, one_model(), settings)), settings)
    try:
        with httpx.stream(
            "POST", f"{server.url}/translation", json={**GOOD, "text": LONG},
            headers={"Accept": "text/event-stream"}, timeout=PATIENCE,
        ) as response:  # fmt: skip
            assert next_event(response.iter_lines())[0] == "segment"
            pool.wait_until_holding(4)
        wait_until(lambda: all(future.done() for future in pool.futures))
        assert sum(future.cancelled() for future in pool.futures) == 3
        answer = httpx.post(f"{server.url}/translation", json={**GOOD, "text": "one"})
        assert answer.status_code == 200  # the only thread is free again
    finally:
        server.close()


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", []),
        ("\n \n", ["\n \n"]),
        ("\na\n\n b\r\n", ["\na\n\n", " b\r\n"]),
        ("a\u2028b\x85c\rd", ["a\u2028", "b\x85", "c\r", "d"]),
    ],
)
def test_pieces_are_the_text_again(text: str, parts: list[str]) -> None:
    assert list(split_lines(text, 1)) == parts
    for size in range(1, 8):
        assert "".join(split_lines(text, size)) == text
