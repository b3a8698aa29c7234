"""Jobs that are documents."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from gpu_pool.errors import QuarantinedError
from tests.fakes import FakePool, add_recording_format
from tests.http.jobs.client import (
    accepted,
    events,
    post_file,
    wait_for_end,
)
from tests.http.test_translation import problem


def test_a_file_is_translated(client: FlaskClient) -> None:
    url = accepted(post_file(client, b"1\n00:00:01,000 --> 00:00:02,000\nyo\n", "../my film.SRT"))
    final = wait_for_end(client, url)
    assert (final["status"], final["file"]) == ("done", "my film.SRT")
    response = client.get(f"{url}/result")
    assert response.data == b"1\n00:00:01,000 --> 00:00:02,000\nYO\n"
    assert "my film.de.SRT" in response.headers["Content-Disposition"]
    problem(client.get(f"{url}/result?from=0"), 400, "invalid-field")
    names = {name for name, _, _ in events(client.get(f"{url}/events", buffered=True))}
    assert names == {"progress", "text", "done"}


@pytest.mark.parametrize("data", [b"", b"\n \n"])
def test_a_file_without_text_stays_the_same(client: FlaskClient, data: bytes) -> None:
    url = accepted(post_file(client, data, "a.txt"))
    assert wait_for_end(client, url)["status"] == "done"
    assert client.get(f"{url}/result").data == data


def test_one_language_is_detected_for_a_file(client: FlaskClient) -> None:
    data = "Das Wetter ist heute schön.\nOK\nWir gehen in den Wald.\n".encode()
    url = accepted(post_file(client, data, "a.txt", source_language="auto", target_language="en"))
    assert wait_for_end(client, url)["source_language"] == "de"
    assert client.get(f"{url}/result").data == data.decode().upper().encode()


def test_a_text_of_a_file_that_fails_stays_untranslated(
    client: FlaskClient, pool: FakePool
) -> None:
    pool.failures["two"] = QuarantinedError()
    url = accepted(post_file(client, b"one\ntwo\nthree\n", "a.txt"))
    final = wait_for_end(client, url)
    assert (final["status"], final["progress"]["failed"]) == ("done", 1)
    assert client.get(f"{url}/result").data == b"ONE\ntwo\nTHREE\n"


def test_a_damaged_file_is_rejected_at_once(client: FlaskClient) -> None:
    body = problem(post_file(client, b"{", "a.json"), 400, "invalid-field")
    assert body["field"] == "file"
    problem(post_file(client, b"x", "a.exe"), 415, "unsupported-media-type")
    problem(client.post("/translation/jobs", data=b"x"), 415, "unsupported-media-type")


def texts_of(client: FlaskClient, url: str) -> list[dict[str, Any]]:
    """Return the data of the `text` events."""
    found = events(client.get(f"{url}/events", buffered=True))
    return [data for name, data, _ in found if name == "text"]


def test_texts_are_shown_beside_their_translations_during_the_job_and_after_it(
    client: FlaskClient, pool: FakePool
) -> None:
    pool.warnings["one"] = ("length",)
    pool.failures["two"] = QuarantinedError()
    url = accepted(post_file(client, b"one\ntwo\nthree\n", "a.txt"))
    seen = texts_of(client, url)
    assert [(text["source"], text["translation"]) for text in seen] == [
        ("one", "ONE"), ("two", None), ("three", "THREE"),
    ]  # fmt: skip
    assert seen[0]["warnings"][0]["code"] == "length"
    assert seen[1]["error"]["type"].endswith("quarantined")
    assert texts_of(client, url) == seen


def test_parts_replace_a_text_whose_markup_has_no_place(
    client: FlaskClient, pool: FakePool
) -> None:
    """Each round is stored, and the document parsed again: the relations must survive that."""
    swapped = {"A red house. Go on.": "Ein Haus.", "A red house.": "Haus!"}
    pool._translate = lambda text: swapped.get(text, text.upper())
    url = accepted(post_file(client, b"<p>Hello.<p>A <b>red</b> house. Go on.", "a.html"))
    assert wait_for_end(client, url)["status"] == "done"
    hello, whole, *parts = texts_of(client, url)
    assert (hello["source"], whole["source"]) == ("Hello.", "A red house. Go on.")
    assert "part_of" not in hello | whole
    sentences = [part for part in parts if part["part_of"] == whole["index"]]
    assert [part["source"] for part in sentences] == ["A red house.", "Go on."]
    words = [part for part in parts if part["part_of"] == sentences[0]["index"]]
    assert [part["translation"] for part in words] == ["A", "RED", "HOUSE."]


def test_notices_are_in_the_state(client: FlaskClient) -> None:
    # In upper case, µ is a Greek letter.
    srt = "1\n00:00:01,000 --> 00:00:02,000\nThe café is 5 µ away.\n".encode("cp1252")
    url = accepted(post_file(client, srt, "a.srt"))
    assert "UTF-8 now" in wait_for_end(client, url)["notices"][-1]
    assert "notices" not in wait_for_end(client, accepted(post_file(client, b"a", "a.txt")))


def test_the_format_gets_its_options(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    given = add_recording_format(monkeypatch, reads=["columns"])
    url = accepted(post_file(client, b"hello", "a.stub", columns="1,text"))
    assert wait_for_end(client, url)["status"] == "done"
    assert client.get(f"{url}/result").data == b"HELLO"
    assert {options.columns for options in given} == {("1", "text")}
    refused = problem(post_file(client, b"x", "a.stub", keys="x"), 400, "invalid-field")
    assert refused["field"] == "keys"
