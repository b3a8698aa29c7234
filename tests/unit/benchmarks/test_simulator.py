"""The simulated cluster: nothing is lost, and the same seed gives the same figures."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from benchmarks.simulation.cluster import Cluster
from benchmarks.simulation.plan import Plan
from benchmarks.simulation.policies import make_policies
from benchmarks.simulation.traffic import MEAN_TOKENS, make_failures, make_traffic
from benchmarks.simulator import render, simulate

FAILING = Plan(seconds=30.0, gpus=8, mean_life=10.0, restart=2.0)
CALM = Plan(seconds=30.0, mean_life=1e9)


def rows(plan: Plan) -> dict[str, dict[str, Any]]:
    return {row["policy"]: row for row in simulate(plan)["rows"]}


@pytest.mark.parametrize("policy", make_policies(FAILING))
def test_every_segment_is_finished_once_although_gpus_fail(policy: str) -> None:
    traffic, failures = make_traffic(FAILING), make_failures(FAILING)
    result = Cluster(FAILING, traffic, failures, make_policies(FAILING)[policy]()).run()
    assert len(failures) > 8
    assert sum(result.failures) > 100
    assert set(result.times_finished) == {1}
    assert set(result.unfinished) == {0}
    assert all(done > came for done, came in zip(result.finished_at, traffic.times, strict=True))


def test_ours_is_not_worse_than_random() -> None:
    figures = rows(replace(CALM, seconds=10.0))
    assert figures["ours, FIFO"]["p99"] <= figures["random"]["p99"]
    assert figures["ours"]["p99_client"] <= figures["random"]["p99_client"]


def test_the_same_seed_gives_the_same_figures() -> None:
    plan = replace(FAILING, seconds=10.0)
    assert rows(plan) == rows(plan)
    assert rows(plan) != rows(replace(plan, seed=2))


def test_utilisation_of_busy_and_idle_gpus() -> None:
    figures = rows(replace(CALM, gpus=4, load=1.5))
    assert figures["ours"]["utilisation"] == pytest.approx(1, abs=0.02)
    idle = rows(replace(CALM, gpus=4, load=0.001, batch_seconds=0.0))
    assert idle["ours"]["utilisation"] < 0.05


def test_traffic_has_the_load_and_lengths_of_the_plan() -> None:
    plan = replace(CALM, seconds=300.0)
    traffic = make_traffic(plan)
    assert sum(traffic.tokens) / plan.seconds / plan.capacity == pytest.approx(plan.load, rel=0.02)
    assert np.mean(traffic.tokens) == pytest.approx(MEAN_TOKENS, rel=0.05)
    assert traffic.times == sorted(traffic.times)
    assert sum(traffic.sizes) == traffic.segments


def test_the_table_has_a_row_for_each_policy() -> None:
    report = simulate(replace(FAILING, seconds=5.0))
    lines = render(report).splitlines()
    columns = {line.count("|") for line in lines if line.startswith("|")}
    assert len(columns) == 1
    assert sum(line.startswith("| ") for line in lines) == len(report["rows"]) + 2
