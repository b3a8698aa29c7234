"""The load that gateways hear of: ORCA's header."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from gpu_pool.errors import UnavailableError
from gpu_pool.status import ModelStatus, PoolStatus
from server.core.settings import Settings
from server.http import load_report
from server.http.load_report import ASKED, REPORTED, Load, LoadReports
from tests.fakes import FakePool, worker_status

PAIR = {"source_language": "en", "target_language": "de"}
TRANSLATIONS = [
    ("/translation", {"text": "a", **PAIR}),
    ("/translate", {"q": "a", "source": "en", "target": "de"}),
    ("/v2/translate", {"text": ["a"], "target_lang": "DE"}),
    ("/language/translate/v2", {"q": "a", "target": "de"}),
    ("/api/v4/translator", {"text": "a"}),
]


@pytest.fixture
def settings() -> Settings:
    return Settings(port=0, max_queued_tokens=1_000)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for the report on a busy machine."""
    monkeypatch.setattr(load_report, "_PATIENCE_SECONDS", 30.0)


@pytest.fixture
def busy(pool: FakePool, patient: None) -> FakePool:
    """A pool of two models with 300 and 120 unfinished tokens."""
    outstanding = replace(worker_status("cuda:0"), outstanding_tokens=100, outstanding_segments=4)
    pool.workers = [outstanding, worker_status("cuda:1", model="other")]
    pool.models = (ModelStatus("fake", "ok", 10, 200), ModelStatus("other", "ok", 6, 120))
    return pool


def ask(client: FlaskClient, format_: str) -> str | None:
    answer = client.post("/translation", json=TRANSLATIONS[0][1], headers={ASKED: format_})
    assert answer.status_code == 200
    return answer.headers.get(REPORTED)


@pytest.mark.parametrize("format_", ["TEXT", " text"])
def test_text(client: FlaskClient, busy: FakePool, format_: str) -> None:
    """As in Envoy's tests: `orca_parser_test.cc`."""
    assert ask(client, format_) == (
        "TEXT application_utilization=0.3, named_metrics.queue_tokens=420, "
        "named_metrics.queue_segments=20"
    )


def test_json(client: FlaskClient, busy: FakePool) -> None:
    kind, _, report = str(ask(client, "JSON")).partition(" ")
    assert kind == "JSON"
    assert json.loads(report) == {
        "application_utilization": 0.3,
        "named_metrics": {"queue_tokens": 420, "queue_segments": 20},
    }


@pytest.mark.parametrize("format_", ["BIN", "", "yaml"])
def test_other_formats_are_ignored(client: FlaskClient, busy: FakePool, format_: str) -> None:
    assert ask(client, format_) is None


@pytest.mark.parametrize(("path", "body"), TRANSLATIONS)
@pytest.mark.usefixtures("patient")
def test_every_api_reports(client: FlaskClient, path: str, body: dict[str, object]) -> None:
    answer = client.post(path, json=body, headers={ASKED: "TEXT"})
    assert answer.headers[REPORTED].startswith("TEXT application_utilization=0.0, "), answer.data
    assert REPORTED not in client.post(path, json=body).headers


def test_a_refusal_reports_too(client: FlaskClient, busy: FakePool) -> None:
    busy.refusal = UnavailableError("no worker is ready")
    answer = client.post("/translation", json=TRANSLATIONS[0][1], headers={ASKED: "TEXT"})
    assert answer.status_code == 503
    assert "application_utilization=0.3" in answer.headers[REPORTED]


def test_one_large_request_exceeds_the_limit() -> None:
    status = PoolStatus("ok", (), (ModelStatus("fake", "ok", 1, 2_500),))
    assert str(Load.of(status, 1_000).show("text")).startswith("TEXT application_utilization=2.5,")


class RemotePool(FakePool):
    """A pool that is in another process."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0
        self.away = False
        self.answering = threading.Event()
        self.answering.set()

    def status(self) -> PoolStatus:
        self.asked += 1
        self.answering.wait()
        if self.away:
            raise UnavailableError("the pool is restarting")
        return super().status()

    @contextmanager
    def silent(self) -> Iterator[None]:
        self.answering.clear()
        yield
        self.answering.set()


def age(reports: LoadReports) -> None:
    """Let the figures be old."""
    reports._answered_at = float("-inf")


@pytest.mark.usefixtures("patient")
def test_many_responses_ask_once() -> None:
    pool = RemotePool()
    reports = LoadReports(pool, 1_000)
    assert {reports.latest() for _ in range(100)} == {Load(0.0, 0, 0)}
    assert pool.asked < 100
    age(reports)
    reports.latest()
    assert pool.asked >= 2


def test_a_pool_that_is_away_is_left_out() -> None:
    pool = RemotePool()
    reports = LoadReports(pool, 1_000)
    pool.away = True
    assert reports.latest() is None
    pool.away = False
    wait_for_load(reports)


def test_nobody_waits_for_a_pool_that_is_silent() -> None:
    pool = RemotePool()
    reports = LoadReports(pool, 1_000)
    with pool.silent():
        for _ in range(5_000):  # each waits for ever, or for a tenth of a second: minutes
            assert reports.latest() is None
        assert pool.asked == 1
    wait_for_load(reports)


def wait_for_load(reports: LoadReports) -> None:
    deadline = time.monotonic() + 30
    while reports.latest() is None:
        assert time.monotonic() < deadline, "the pool is back"
        age(reports)
