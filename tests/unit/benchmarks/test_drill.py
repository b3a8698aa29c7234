"""The drill notices what is lost, doubled, wrong, or fails without a reason."""

import re
from pathlib import Path

import httpx
import pytest

from benchmarks.drill.clients import WrongAnswerError, cause_of, check, read_events
from benchmarks.drill.events import EVENTS, Event
from benchmarks.drill.jobs import JobRecord
from benchmarks.drill.key_file import KeyFile
from benchmarks.drill.records import Period, Records
from benchmarks.drill.report import count_jobs, render, summarise
from benchmarks.drill.texts import are_translations, make_texts
from server.auth.keys import KeyList, KeysError

NOTHING = EVENTS[0]
KILLED = next(event for event in EVENTS if event.name == "a server is killed")
NO_JOBS = {"lost": 0, "doubled": 0, "unfinished": 0}


def period(event: Event, **failed: int) -> Period:
    found = Period(event.name)
    found.failed.update(
        {cause.replace("__", ": ").replace("_", " "): n for cause, n in failed.items()}
    )
    return found


def test_a_failure_needs_a_reason() -> None:
    assert NOTHING.faults(period(NOTHING)) == []
    assert NOTHING.faults(period(NOTHING, text__503=1)) == ["1 × text: 503 (nothing)"]
    assert KILLED.faults(period(KILLED, text__broken_connection=1)) != []
    assert KILLED.faults(period(KILLED, stream__broken_connection=2)) == []
    assert KILLED.faults(period(KILLED, stream__broken_connection=3)) != [], "there are two streams"


def test_only_what_is_documented_is_allowed() -> None:
    """No event excuses a text that got a wrong answer, or a job that is refused for ever."""
    for event in EVENTS:
        assert event.faults(period(event, text__wrong_answer=1)) != []
        assert event.faults(period(event, job__404=1)) != []


def test_texts_are_told_apart() -> None:
    first, second = make_texts(2)
    translated = [re.sub("Order", "Bestellung", text) for text in (first, second)]
    assert are_translations(translated, [first, second])
    assert not are_translations(translated[::-1], [first, second])
    assert not are_translations(translated[:1], [first, second])
    assert not are_translations([translated[0], f"{translated[1]} 123456"], [first, second])
    assert not are_translations([translated[0], None], [first, second])


def complete(texts: int) -> JobRecord:
    return JobRecord(["a"] * texts, urls={"/x"}, seen=[*range(texts)], complete=True)


def test_lost_and_doubled_jobs() -> None:
    rows = [("done", 2, 2)]
    assert count_jobs([complete(2)], rows) == {
        "made": 1, "texts": 2, "lost": 0, "doubled": 0, "unfinished": 0, "streams resumed": 0
    }  # fmt: skip
    lost, twice, gap, two = complete(2), complete(2), complete(2), complete(2)
    lost.complete = False
    twice.seen = [0, 0, 1]
    gap.seen = [1]
    two.urls = {"/x", "/y"}
    for job, what in ((lost, "lost"), (twice, "doubled"), (gap, "lost"), (two, "doubled")):
        assert count_jobs([job], rows)[what] == 1
    assert count_jobs([complete(2)], [*rows, *rows])["doubled"] == 1
    assert count_jobs([complete(2)], [("done", 2, 3)])["doubled"] == 1
    assert count_jobs([complete(2)], [("running", 2, 1)])["unfinished"] == 1


@pytest.mark.parametrize("what", NO_JOBS)
def test_the_verdict(what: str) -> None:
    records = Records()
    for event in EVENTS:
        records.begin(event.name)
    records.answered("text", 0.0)
    assert summarise(records, NO_JOBS, [])["passed"]
    assert not summarise(records, {**NO_JOBS, what: 1}, [])["passed"]
    assert not summarise(records, NO_JOBS, ["a server is not ready"])["passed"]
    records.failed("array", "500")
    report = summarise(records, NO_JOBS, [])
    assert not report["passed"]
    versions = {"versions": {"x": "1"}, "date": "d", "machine": "m", "minutes": 4.0}
    assert "FAILED" in render(report | versions)


def test_causes() -> None:
    request = httpx.Request("GET", "http://x")
    refusal = httpx.Response(503, headers={"Retry-After": "1"}, request=request)
    with pytest.raises(httpx.HTTPStatusError) as error:
        refusal.raise_for_status()
    assert cause_of(error.value) == "503 with Retry-After"
    assert cause_of(httpx.ConnectError("x")) == "refused connection"
    assert cause_of(httpx.ReadError("x")) == "broken connection"
    assert cause_of(httpx.ReadTimeout("x")) == "ReadTimeout"
    assert cause_of(KeyError("translation")) == "wrong answer"
    with pytest.raises(WrongAnswerError):
        check(False)


def test_an_event_that_breaks_off_does_not_count() -> None:
    whole = b"id: 1\nevent: text\ndata: {}\n\n:\n\nid: 2\nevent: text\nda"
    found = list(read_events(httpx.Response(200, content=whole)))
    assert [event.get("id") for event in found] == ["1"]


def test_a_key_is_replaced_without_a_gap(tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "keys.toml")
    listed = KeyList(file.path)
    assert set(listed.keys) == {"jobs", "others0"}
    file.spoil()
    with pytest.raises(KeysError):
        listed.refresh()
    added = file.add()
    assert listed.refresh()
    assert set(listed.keys) == {"jobs", "others0", "others1"}
    old = file.use(added)
    file.remove_old()
    assert listed.refresh()
    assert set(listed.keys) == {"jobs", "others1"}
    assert old != added == file.others
