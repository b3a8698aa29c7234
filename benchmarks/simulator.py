"""Compares the pool's scheduler with simpler policies on simulated GPUs.

The traffic is a day of heavy-tailed requests; GPUs fail meanwhile. Time is virtual. All policies
get the same requests and the same failures. Ours keeps segments in one queue and calls the pool's
own scheduler, once fair among clients and once first come, first served; the others assign each
segment to a GPU on arrival. Prints a table and one JSON line; `--output` writes both as Markdown.
"""

import argparse
import datetime
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from benchmarks.report import publish
from benchmarks.simulation.cluster import Cluster, SimulationResult
from benchmarks.simulation.plan import Plan
from benchmarks.simulation.policies import make_policies
from benchmarks.simulation.traffic import Traffic, make_failures, make_traffic

_SHORT = 4  # segments of a request that counts as short
_QUICK_SECONDS = 20.0  # of virtual time
Failures = list[tuple[float, int]]


def main() -> None:
    """Simulate every policy."""
    arguments = _parser().parse_args()
    plan = Plan(
        seconds=_QUICK_SECONDS if arguments.quick else 3600 * arguments.hours,
        load=arguments.load,
        gpus=arguments.gpus,
        spread=arguments.spread,
        mean_life=arguments.mean_life,
        deadline=arguments.deadline,
        seed=arguments.seed,
    )
    report = simulate(plan)
    publish(report, render(report), arguments.output)


def simulate(plan: Plan) -> dict[str, Any]:
    """Simulate a plan with every policy; return the report."""
    traffic, failures = make_traffic(plan), make_failures(plan)
    rows = []
    for name, make in tqdm(make_policies(plan).items(), unit="policy"):
        result = Cluster(plan, traffic, failures, make()).run()
        rows.append({"policy": name} | figures(plan, traffic, failures, result))
    return {
        "benchmark": "simulator",
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "plan": asdict(plan),
        "requests": len(traffic.times),
        "segments": traffic.segments,
        "failures": len(failures),
        "rows": rows,
    }


def figures(
    plan: Plan, traffic: Traffic, failures: Failures, result: SimulationResult
) -> dict[str, float]:
    """Return the figures of one policy; times are in seconds."""
    latency = np.array(result.finished_at) - np.array(traffic.times)
    short = latency[np.array(traffic.sizes) <= _SHORT]
    clients = np.array(traffic.clients)
    of_clients = [np.percentile(latency[clients == name], 99) for name in np.unique(clients)]
    downtime = sum(min(plan.restart, plan.seconds - time) for time, _ in failures)
    losses = np.frombuffer(result.failures, dtype=np.uint8)
    return {
        "p50": float(np.percentile(latency, 50)),
        "p99": float(np.percentile(latency, 99)),
        "p50_short": float(np.percentile(short, 50)),
        "p99_short": float(np.percentile(short, 99)),
        "p99_client": float(np.median(of_clients)),
        "utilisation": result.busy_seconds / (plan.gpus * plan.seconds - downtime),
        "goodput": result.in_time / plan.seconds,
        "in_time": result.in_time / traffic.segments,
        "retried": int((losses >= 1).sum()),
        "retried_twice": int((losses >= 2).sum()),
        "overrun": result.now - plan.seconds,
    }


def render(report: dict[str, Any]) -> str:
    """Return the report as Markdown."""
    plan = report["plan"]
    lines = [
        "# Simulated scheduling",
        "",
        f"{report['date']}. {plan['gpus']} GPUs, the fastest {plan['spread']:g} times as fast as "
        f"the slowest; a batch of up to {plan['batch_tokens']} tokens takes "
        f"{plan['batch_seconds']:g} s + {plan['token_seconds'] * 1e3:.2f} ms per token at mean "
        f"speed. {report['requests']:,} requests with {report['segments']:,} segments, "
        f"{plan['load']:.0%} of the capacity of all GPUs with full batches. The daily cycle is "
        f"compressed into {plan['seconds'] / 60:.3g} minutes, in which {report['failures']} GPUs "
        f"fail and are back after {plan['restart']:g} s; their outstanding segments are retried. "
        f"Seed {plan['seed']}. Command: `python -m benchmarks.simulator`.",
        "",
        "Latencies are from a request's arrival to its last segment; short requests have up to "
        f"{_SHORT} segments; client p99 is the median over all clients of each client's p99, which "
        "a few heavy clients cannot shift. Goodput counts segments finished within "
        f"{plan['deadline']:g} s; none is dropped. Utilisation is the share of the time of the "
        "GPUs that are up spent on batches; a small batch keeps a GPU as busy as a large one.",
        "",
        "| policy | p50, s | p99, s | short p50, s | short p99, s | client p99, s | utilisation | "
        "goodput, segments/s | in time | retried | retried twice |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {row['policy']} | {row['p50']:.2f} | {row['p99']:.2f} | {row['p50_short']:.2f} | "
        f"{row['p99_short']:.2f} | {row['p99_client']:.2f} | {row['utilisation']:.1%} | "
        f"{row['goodput']:,.0f} | {row['in_time']:.2%} | {row['retried']:,} | "
        f"{row['retried_twice']:,} |"
        for row in report["rows"]
    ]
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    plan = Plan()
    parser = argparse.ArgumentParser(prog="python -m benchmarks.simulator", description=__doc__)
    parser.add_argument(
        "--hours", type=float, default=plan.seconds / 3600, help="of virtual time (default 0.25)"
    )
    parser.add_argument("--load", type=float, default=plan.load, help="share of the capacity")
    parser.add_argument("--gpus", type=int, default=plan.gpus)
    parser.add_argument(
        "--spread",
        type=float,
        default=plan.spread,
        help="speed of the fastest GPU over the slowest",
    )
    parser.add_argument(
        "--mean-life",
        type=float,
        default=plan.mean_life,
        help="of a GPU until it fails, in seconds",
    )
    parser.add_argument(
        "--deadline", type=float, default=plan.deadline, help="of a request, in seconds"
    )
    parser.add_argument("--seed", type=int, default=plan.seed)
    parser.add_argument("--quick", action="store_true", help="20 s of virtual time, for a test")
    parser.add_argument("--output", type=Path, help="Markdown file to write")
    return parser


if __name__ == "__main__":
    main()
