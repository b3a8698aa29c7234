"""What Prometheus scrapes: every figure moves when it should, and no label holds a text."""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from prometheus_client import Metric
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families

from gpu_pool.status import GpuStatus
from gpu_pool.totals import TotalsCounter
from server.app import create_admin_app, create_app
from server.core.settings import Settings
from server.services import Services, make_services
from tests.fakes import FakePool, one_model
from tests.http.test_access import ALICE, KEYS, bearer
from tests.http.test_translation import GOOD, post

ROOT = Path(__file__).parents[2]
DASHBOARD = ROOT / "docs/grafana/m2m-server.json"
MANUAL = ROOT / "docs/monitoring.md"
NAME = re.compile(r"\bm2m_[a-z_]+\b")


class Scrape:
    """The samples of an answer of /metrics, by name and labels."""

    def __init__(self, text: str) -> None:
        families = list(text_string_to_metric_families(text))
        self.samples = [sample for family in families for sample in family.samples]
        self.names = {sample.name for sample in self.samples}

    def __call__(self, name: str, **labels: str) -> float | None:
        """Return the one sample with these labels; None if there is none."""
        found = [s.value for s in self.samples if s.name == name and s.labels == labels]
        assert len(found) <= 1
        return found[0] if found else None


@pytest.fixture
def services(pool: FakePool) -> Services:
    return make_services(pool, one_model(), Settings(port=0, http_threads=2))


@pytest.fixture
def client(services: Services) -> FlaskClient:
    return create_app(services).test_client()


@pytest.fixture
def admin(services: Services) -> FlaskClient:
    return create_admin_app(services).test_client()


def scrape(admin: FlaskClient) -> Scrape:
    response = admin.get("/metrics")
    assert response.status_code == 200
    assert response.mimetype == "text/plain"
    return Scrape(response.text)


def test_metrics_are_for_the_admin_port_alone(client: FlaskClient, admin: FlaskClient) -> None:
    assert client.get("/metrics").status_code == 404
    assert scrape(admin)("m2m_build_info", version=version("m2m-server"), model="fake") == 1
    assert scrape(admin)("m2m_process_starts_total", process="server") == 1


def test_requests_are_counted_by_route_and_status(client: FlaskClient, admin: FlaskClient) -> None:
    for text in ("a", "b", None):
        post(client, text=text)
    client.get("/secret")
    client.open("/secret", method="SECRET")
    found = scrape(admin)
    requests = "m2m_http_requests_total"
    assert found(requests, method="POST", route="/translation", status="200") == 2
    assert found(requests, method="POST", route="/translation", status="400") == 1
    assert found(requests, method="GET", route="none", status="404") == 1
    assert found(requests, method="other", route="none", status="404") == 1
    assert found("m2m_http_request_duration_seconds_count", route="/translation") == 3
    assert found("m2m_http_requests_in_progress") == 1  # the scrape itself
    assert "secret" not in admin.get("/metrics").text.lower()


def test_what_is_translated_is_counted(
    client: FlaskClient, pool: FakePool, admin: FlaskClient
) -> None:
    before = scrape(admin)
    assert before("m2m_texts_total", client="") == 0
    assert before("m2m_warnings_total", code="repetition") == 0
    pool.warnings["Two."] = ("repetition",)
    post(client, text=["One. Two.", "Three"])
    found = scrape(admin)
    assert found("m2m_texts_total", client="") == 2
    assert found("m2m_characters_total", client="") == 14
    assert found("m2m_segments_total", client="") == 3
    assert found("m2m_warnings_total", code="repetition") == 1
    assert found("m2m_warnings_total", code="length") == 0


def test_keys_are_labels_and_addresses_are_not(pool: FakePool) -> None:
    services = make_services(pool, one_model(), Settings(port=0, api_keys_toml=KEYS))
    client = create_app(services).test_client()
    codes = [client.post("/translation", json=GOOD, headers=bearer(ALICE)).status_code
             for _ in range(3)]  # fmt: skip
    assert codes == [200, 200, 429]
    found = scrape(create_admin_app(services).test_client())
    assert found("m2m_texts_total", client="alice") == 2
    assert found("m2m_rate_limited_total", client="alice") == 1
    assert found("m2m_rate_limited_total", client="bob") == 0
    clients = {s.labels["client"] for s in found.samples if "client" in s.labels}
    assert clients == {"alice", "bob"}


def test_the_queue_is_all_that_is_accepted_and_unfinished(
    services: Services, pool: FakePool, admin: FlaskClient
) -> None:
    """The autoscaler goes by it."""
    pool.workers[0] = replace(pool.workers[0], outstanding_segments=3, outstanding_tokens=30)
    pool.holding = True
    found = scrape(admin)
    assert (found("m2m_queue_segments", model="fake"), found("m2m_queue_tokens", model="fake")) == (
        3,
        30,
    )
    assert (
        found("m2m_waiting_segments", model="fake"),
        found("m2m_waiting_tokens", model="fake"),
    ) == (0, 0)
    assert found("m2m_worker_outstanding_tokens", device="cuda:0", model="fake") == 30


WORKED = {
    "m2m_worker_restarts_total": 3,
    "m2m_worker_segments_total": 44,
    "m2m_worker_tokens_total": 900,
    "m2m_worker_oom_splits_total": 2,
    "m2m_worker_busy_seconds_total": 2.6,
    "m2m_worker_held_back": 1,
    "m2m_worker_memory_budget_bytes": 45_000,
    "m2m_gpu_memory_used_bytes": 30_000,
    "m2m_gpu_power_watts": 70.5,
    "m2m_queue_wait_seconds_count": 3,
    "m2m_queue_wait_seconds_sum": 500.303,
    "m2m_batch_segments_sum": 4044,
    "m2m_decode_seconds_sum": 2.6,
}


def test_a_worker_is_shown_with_all_it_has_done(pool: FakePool, admin: FlaskClient) -> None:
    totals = TotalsCounter()
    for waited, segments, busy in ((0.003, 4, 0.5), (0.3, 40, 2.0), (500.0, 4000, 0.1)):
        totals.record_wait(waited, 1)
        totals.record_batch(segments, busy)
    totals.oom_splits += 2
    pool.workers[0] = replace(
        pool.workers[0], restarts=3, finished_segments=44, finished_tokens=900,
        held_back="has enough outstanding work", totals=totals.snapshot(),
    )  # fmt: skip
    pool.workers[1] = replace(pool.workers[1], state="backoff")
    found = scrape(admin)
    for name, value in WORKED.items():
        labels = {} if name.startswith("m2m_gpu") else {"model": "fake"}
        assert found(name, device="cuda:0", **labels) == pytest.approx(value), name
    waits = {bound: found("m2m_queue_wait_seconds_bucket", device="cuda:0", model="fake", le=bound)
             for bound in ("0.005", "0.25", "0.5", "120.0", "+Inf")}  # fmt: skip
    assert waits == {"0.005": 1, "0.25": 1, "0.5": 2, "120.0": 2, "+Inf": 3}
    assert found("m2m_batch_segments_bucket", device="cuda:0", model="fake", le="4.0") == 1
    assert found("m2m_worker_state", device="cuda:0", model="fake", state="ready") == 1
    assert found("m2m_worker_state", device="cuda:1", model="fake", state="ready") == 0
    assert found("m2m_worker_state", device="cuda:1", model="fake", state="backoff") == 1
    kernel = {"device": "cuda:0", "model": "fake"}
    assert found("m2m_worker_kernel", **kernel, operation="attend_self") == 1
    assert found("m2m_worker_kernel", **kernel, operation="rank") == 0
    assert found("m2m_pool_state", state="ok") == 1
    assert found("m2m_model_state", model="fake", state="ok") == 1


def test_what_is_unknown_has_no_series(pool: FakePool, admin: FlaskClient) -> None:
    pool.workers = [replace(pool.workers[0], gpus=(GpuStatus("cpu"),), memory_budget=None)]
    found = scrape(admin)
    for name in ("m2m_gpu_memory_used_bytes", "m2m_worker_memory_budget_bytes"):
        assert [s for s in found.samples if s.name == name] == []


def test_a_group_has_one_worker_and_two_gpus(pool: FakePool, admin: FlaskClient) -> None:
    gpus = (GpuStatus("cuda:0", memory_free=1), GpuStatus("cuda:1", memory_free=2))
    pool.workers = [replace(pool.workers[0], device="cuda:0+cuda:1", gpus=gpus)]
    found = scrape(admin)
    assert found("m2m_gpu_memory_free_bytes", device="cuda:1") == 2
    assert found("m2m_worker_restarts_total", device="cuda:0+cuda:1", model="fake") == 0


def test_openmetrics_for_those_who_ask(admin: FlaskClient) -> None:
    accept = "application/openmetrics-text; version=1.0.0"
    response = admin.get("/metrics", headers={"Accept": accept})
    assert response.mimetype == "application/openmetrics-text"
    parse: Callable[[str], Iterable[Metric]] = openmetrics.text_string_to_metric_families
    assert {family.name for family in parse(response.text)} >= {"m2m_queue_tokens"}


def every_name(admin: FlaskClient, client: FlaskClient, pool: FakePool) -> set[str]:
    """Return the names of all series of a server that has worked."""
    totals = TotalsCounter()
    totals.record_wait(0.1, 1)
    totals.record_batch(1, 0.1)
    gpu = replace(pool.workers[0].gpus[0], utilisation=50, temperature=60)
    pool.workers[0] = replace(
        pool.workers[0], gpus=(gpu,), tokens_per_second=1.0, totals=totals.snapshot()
    )
    post(client)
    return {name for name in scrape(admin).names if name.startswith("m2m_")}


def test_the_dashboard_asks_for_metrics_that_exist(
    admin: FlaskClient, client: FlaskClient, pool: FakePool
) -> None:
    dashboard = json.loads(DASHBOARD.read_text())
    queries = [
        target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])
    ] + [variable["definition"] for variable in dashboard["templating"]["list"]
         if variable["type"] == "query"]  # fmt: skip
    assert len(queries) > 10
    asked = {name for query in queries for name in NAME.findall(query)}
    assert asked <= every_name(admin, client, pool)
    panels = [panel["id"] for panel in dashboard["panels"]]
    assert len(panels) == len(set(panels))


def test_the_manual_tells_of_each_metric_and_of_no_other(
    admin: FlaskClient, client: FlaskClient, pool: FakePool
) -> None:
    series = every_name(admin, client, pool)
    families = {re.sub("_(bucket|count|sum)$", "", name) for name in series}
    told = set(NAME.findall(MANUAL.read_text()))
    assert families - told == set()
    assert told - families - series == set()
