"""Measures the overhead of the pool, with real worker processes and without a model.

Efficiency: workers that sleep in proportion to their tokens, so that the number of cores does not
limit them. Dispatch: workers that return at once, so that only the pool's own work remains, for
one segment and for queues of several lengths. Prints tables and one JSON line; `--output` writes
them as Markdown.
"""

import argparse
import datetime
import os
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from benchmarks.dispatch import (
    bytes_per_segment,
    median_round_trip,
    seconds_per_segment,
    throughput,
)
from benchmarks.report import in_words, publish
from benchmarks.stubs import BATCH_TOKENS, MEAN_TOKENS

_WORKERS = (1, 2, 4, 8)
_QUEUES = (1_000, 10_000, 100_000)
_QUICK = 0.1  # factor for the duration and the queue lengths
_ROUND_TRIPS = 2_000


def main() -> None:
    """Run all measurements."""
    arguments = _parser().parse_args()
    scale = _QUICK if arguments.quick else 1.0
    seconds = arguments.seconds * scale
    report = {
        "benchmark": "pool",
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "cores": len(os.sched_getaffinity(0)),
        "machine": f"{platform.system()} {platform.machine()}",
        "versions": {"Python": platform.python_version()},
        "workers": measure_workers(seconds, arguments.speeds),
        "round_trip_us": median_round_trip(int(_ROUND_TRIPS * scale)) * 1e6,
        "queues": measure_queues([int(queue * scale) for queue in _QUEUES]),
    }
    publish(report, render(report), arguments.output)


def measure_workers(seconds: float, speeds: Sequence[float]) -> list[dict[str, float]]:
    """Return a row for each speed and number of workers; rates are in tokens per second."""
    rows: list[dict[str, float]] = []
    for speed in speeds:
        for workers in tqdm(_WORKERS, desc="workers"):
            rows.append(
                {"speed": speed, "workers": workers, "rate": throughput(workers, seconds, speed)}
            )
            single = next(row["rate"] for row in rows if row["speed"] == speed)
            rows[-1]["efficiency"] = rows[-1]["rate"] / (workers * single)
    return rows


def measure_queues(queues: Sequence[int]) -> list[dict[str, float]]:
    """Return a row for each length of the queue."""
    return [
        {
            "segments": queue,
            "us": seconds_per_segment(queue) * 1e6,
            "bytes": bytes_per_segment(queue),
        }
        for queue in tqdm(queues, desc="queues")
    ]


def render(report: dict[str, Any]) -> str:
    """Return the report as Markdown."""
    lines = [
        "# The pool without a model",
        "",
        f"{report['date']}, {report['machine']}, {report['cores']} cores; "
        f"{in_words(report['versions'])}. Workers are real processes with fake decoders; "
        f"segments have {MEAN_TOKENS} tokens on average, batches {BATCH_TOKENS}. "
        "Command: `python -m benchmarks.pool`.",
        "",
        "Workers that sleep for each token. Efficiency is the total rate divided by the number of "
        "workers and the rate of one.",
        "",
        "| tokens/s per worker | workers | tokens/s in total | efficiency |",
        "| ---: | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {row['speed']:,.0f} | {row['workers']} | {row['rate']:,.0f} | {row['efficiency']:.1%} |"
        for row in report["workers"]
    ]
    return "\n".join([*lines, "", *_render_dispatch(report)])


def _render_dispatch(report: dict[str, Any]) -> list[str]:
    lines = [
        "Workers that return at once: median time from submission to result, and bytes of Python "
        "objects in the process of the pool, including the payload.",
        "",
        "| segments at a time | µs per segment | bytes per segment |",
        "| ---: | ---: | ---: |",
        f"| 1 | {report['round_trip_us']:.0f} | |",
    ]
    return lines + [
        f"| {row['segments']:,} | {row['us']:.1f} | {row['bytes']:,.0f} |"
        for row in report["queues"]
    ]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pool", description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="duration of each measurement")
    parser.add_argument(
        "--speeds",
        type=float,
        nargs="+",
        default=[5_000.0, 10_000.0, 20_000.0],
        help="tokens per second of a worker",
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="a tenth of the duration and the queue lengths, for a test",
    )
    parser.add_argument("--output", type=Path, help="Markdown file to write")
    return parser


if __name__ == "__main__":
    main()
