"""Alerts and autoscalers ask for figures that the server has, under their labels."""

import functools
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import promql_parser
import pytest
import yaml

from gpu_pool.status import PoolState, WorkerState
from server.core.settings import Settings
from server.services import make_services
from tests.fakes import FakePool, one_model
from tests.k8s.objects import named, of_kind, workloads
from tests.k8s.rendering import K8S, render

PROMTOOL = shutil.which("promtool")
# What Prometheus adds to every figure of a pod.
TARGET_LABELS = {"namespace", "pod", "service", "m2m_server_pool", "m2m_server_device"}
STATES = {"m2m_pool_state": PoolState, "m2m_worker_state": WorkerState}
SCALED = render("overlays/hybrid", ["servicemonitor", "keda", "keda/to-zero"])
RULES = named(SCALED, "PrometheusRule", "m2m-server")["spec"]
ALERTS = {rule["alert"]: rule for group in RULES["groups"] for rule in group["rules"]}
QUERIES = {name: rule["expr"] for name, rule in ALERTS.items()} | {
    trigger["name"]: trigger["metadata"]["query"]
    for scaler in of_kind(SCALED, "ScaledObject")
    for trigger in scaler["spec"]["triggers"]
}


@functools.cache
def exposed() -> dict[str, set[str]]:
    """Return the labels of each figure by its name; those without a sample have none yet."""
    services = make_services(FakePool(), one_model(), Settings())
    services.metrics.count_request("POST", "/translation", 200, 0.1)
    found: dict[str, set[str]] = {}
    for family in services.metrics.registry.collect():
        suffixes = {"counter": ["_total"], "histogram": ["_bucket", "_count", "_sum"]}
        for suffix in suffixes.get(family.type, [""]):
            found[family.name + suffix] = set()
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


def selectors(query: str) -> Iterator[promql_parser.VectorSelector]:
    """Yield what a query reads; ValueError where it is not PromQL."""
    found: list[promql_parser.VectorSelector] = []

    def visit(node: object) -> None:
        if isinstance(node, promql_parser.VectorSelector):
            found.append(node)

    promql_parser.walk(promql_parser.parse(query), visit)
    yield from found


@pytest.mark.parametrize("name", QUERIES)
def test_queries_read_what_there_is(name: str) -> None:
    read = list(selectors(QUERIES[name]))
    assert read
    for selector in read:
        assert selector.name in exposed()
        for matcher in selector.matchers.matchers:
            assert matcher.name in exposed()[selector.name] | TARGET_LABELS
            if matcher.name == "state":
                states = set(get_args(STATES[selector.name]))
                assert set(matcher.value.split("|")) <= states


def test_pools_are_told_apart_by_the_labels_of_their_pods() -> None:
    monitor = named(SCALED, "ServiceMonitor", "m2m-server")
    labels = monitor["spec"]["podTargetLabels"]
    assert {label.replace("/", "_").replace("-", "_") for label in labels} <= TARGET_LABELS
    pools = {w.labels["m2m-server/pool"] for w in workloads(SCALED) if w.serves}
    for query in (trigger for name, trigger in QUERIES.items() if name not in ALERTS):
        for selector in selectors(query):
            values = {matcher.name: matcher.value for matcher in selector.matchers.matchers}
            assert values["m2m_server_pool"] in pools


def test_the_adapter_serves_what_the_autoscaler_reads() -> None:
    values = yaml.safe_load((K8S / "components/prometheus-adapter/values.yaml").read_text())
    (rule,) = values["rules"]["custom"]
    (read,) = selectors(rule["seriesQuery"])
    (metric,) = named(
        render("overlays/cpu", ["prometheus-adapter"]), "HorizontalPodAutoscaler", "m2m-server"
    )["spec"]["metrics"]
    assert metric["pods"]["metric"]["name"] == rule["name"]["as"] == read.name
    assert read.name in exposed()


@pytest.mark.parametrize(
    ("overlay", "tokens"), [("cpu", 1600), ("gpu-per-pod", 20_000), ("gpu-node", 160_000)]
)
def test_autoscalers_know_how_fast_a_pod_is(overlay: str, tokens: int) -> None:
    objects = render(f"overlays/{overlay}", ["prometheus-adapter"])
    (scaler,) = of_kind(objects, "HorizontalPodAutoscaler")
    assert scaler["spec"]["metrics"][0]["pods"]["target"]["averageValue"] == str(tokens)
    (pool,) = [workload for workload in workloads(objects) if workload.serves]
    # Beyond the limit a pod refuses, and more than it accepts is never seen waiting.
    assert tokens <= int(pool.environment["TRANSLATION_MAX_QUEUED_TOKENS"]) / 4


def test_alerts_say_what_to_read() -> None:
    manual = (K8S.parent / "docs/deploy.md").read_text()
    for name, rule in ALERTS.items():
        assert rule["annotations"]["summary"]
        assert f"`{name}`" in manual


FIRING = {
    "M2mNobodyServes": {'m2m_pool_state{state="ok",namespace="m2m-server"}': "0x60"},
    "M2mPodDoesNotServe": {'m2m_pool_state{state="loading",pod="a"}': "1x60"},
    "M2mWorkerFailed": {'m2m_worker_state{state="failed",pod="a",device="cuda:1"}': "1x60"},
    "M2mWorkerRestarts": {'m2m_worker_restarts_total{pod="a",device="cuda:1"}': "0+1x60"},
    "M2mRefusing": {
        'm2m_http_requests_total{status="429",method="POST"}': "0+6x60",
        'm2m_http_requests_total{status="200",method="POST"}': "0+94x60",
    },
    "M2mErrors": {
        'm2m_http_requests_total{status="504",method="POST"}': "0+2x60",
        'm2m_http_requests_total{status="200",method="POST"}': "0+98x60",
    },
    "M2mLongWait": {
        'm2m_queue_wait_seconds_bucket{le="10.0",pod="a"}': "0+9x60",
        'm2m_queue_wait_seconds_bucket{le="30.0",pod="a"}': "0+10x60",
        'm2m_queue_wait_seconds_bucket{le="+Inf",pod="a"}': "0+10x60",
    },
    "M2mOutOfDeviceMemory": {'m2m_worker_oom_splits_total{pod="a",device="cuda:1"}': "0+1x60"},
    "M2mGpuHot": {'m2m_gpu_temperature_celsius{pod="a",device="cuda:1"}': "91x60"},
}


def test_every_alert_is_tried() -> None:
    assert FIRING.keys() == ALERTS.keys()


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed (Debian: prometheus)")
@pytest.mark.parametrize("name", ALERTS)
def test_alerts_fire(name: str, tmp_path: Path) -> None:
    """A figure that is wrong for half an hour raises its alert, and nothing else does."""
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump(RULES))
    series = [{"series": key, "values": values} for key, values in FIRING[name].items()]
    if name != "M2mNobodyServes":
        series.append(
            {"series": 'm2m_pool_state{state="ok",namespace="m2m-server"}', "values": "1x60"}
        )
    query = 'count by (alertname) (ALERTS{alertstate="firing"})'
    test = {
        "rule_files": ["rules.yaml"],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": series,
                "promql_expr_test": [
                    {
                        "expr": query,
                        "eval_time": "40m",
                        "exp_samples": [{"labels": f'{{alertname="{name}"}}', "value": 1}],
                    }
                ],
            }
        ],
    }
    (tmp_path / "test.json").write_text(json.dumps(test))
    assert PROMTOOL is not None  # or this test is skipped
    run = subprocess.run(
        [PROMTOOL, "test", "rules", "test.json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
