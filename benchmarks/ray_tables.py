"""`m2m-translate --table` with `--ray` beside the same without, on the same cores.

A local cluster has a head without cores, where the command runs, and a node with one core for each
core of the machine. Systems take turns. Each turn translates a table of a few rows, which costs the
start, and a large one; rates and CPU time are those of the rows which the large one has more. No
text is there twice. While other programs use the machine, CPU time says more than rows per second.
Prints a table and one JSON line; `--output` writes both as Markdown.
"""

import argparse
import datetime
import os
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path
from typing import Any

from ray.cluster_utils import Cluster

from benchmarks.descendants import CpuTime
from benchmarks.front.sentences import make_sentences
from benchmarks.report import in_words, machine, publish, versions

_SMALL = 32  # rows
_PLAIN, _WORKERS, _RAY = "plain", "plain, a worker for each core", "Ray"


def main() -> None:
    """Measure in turns."""
    arguments = _parser().parse_args()
    cores = len(os.sched_getaffinity(0))
    cluster = _cluster(cores)
    systems = {
        _PLAIN: [],
        _WORKERS: ["--devices", f"cpu*{cores}"],
        _RAY: ["--ray", str(cluster.address), "--threads", "1"],
    }
    turns: dict[str, list[dict[str, float]]] = {name: [] for name in systems}
    try:
        with tempfile.TemporaryDirectory() as folder:
            for turn in range(arguments.turns):
                for name, flags in systems.items():
                    turns[name].append(_turn(Path(folder), arguments.rows, turn, flags))
                    print(name, turns[name][-1], file=sys.stderr)
    finally:
        cluster.shutdown()
    rates, cpu = (
        {name: statistics.median(turn[figure] for turn in turns[name]) for name in systems}
        for figure in ("rate", "cpu")
    )
    report = {
        "benchmark": "ray_tables",
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "machine": machine(),
        "versions": versions("m2m-server", "ray", "ctranslate2", "torch"),
        "rows": arguments.rows,
        "turns": turns,
        "rates": rates,
        "cpu": cpu,
        "share": rates[_RAY] / max(rates[_PLAIN], rates[_WORKERS]),
        "cpu_share": min(cpu[_PLAIN], cpu[_WORKERS]) / cpu[_RAY],
    }
    publish(report, _render(report), arguments.output)


def _cluster(cores: int) -> Any:
    cluster = Cluster()
    cluster.add_node(num_cpus=0, num_gpus=0, object_store_memory=200 * 2**20)
    for _ in range(cores):
        cluster.add_node(num_cpus=1, num_gpus=0, object_store_memory=200 * 2**20)
    cluster.wait_for_nodes()
    return cluster


def _turn(folder: Path, rows: int, turn: int, flags: list[str]) -> dict[str, float]:
    """Return seconds for a small and a large table, rows per second, and CPU seconds per 1,000."""
    small, large = (_seconds(folder, count, turn, flags) for count in (_SMALL, rows))
    more = rows - _SMALL
    return {
        "small": round(small[0], 1),
        "large": round(large[0], 1),
        "rate": round(more / (large[0] - small[0]), 1),
        "cpu": round((large[1] - small[1]) / more * 1_000, 2),
    }


def _seconds(folder: Path, rows: int, turn: int, flags: list[str]) -> tuple[float, float]:
    """Return how long the command takes for a table, and the CPU time of all processes."""
    source, target = folder / "in.jsonl", folder / "out.jsonl"
    texts = dict.fromkeys(islice(make_sentences(turn), 2 * rows))
    chosen = list(texts)[:rows]
    assert len(chosen) == rows, "too few sentences differ"
    source.write_text("".join(f'{{"text": "{text}"}}\n' for text in chosen))
    command = [str(Path(sys.executable).with_name("m2m-translate")), *flags]
    command += ["-s", "en", "-t", "de", "--table", "--columns", "text", str(source)]
    start = time.monotonic()
    with CpuTime() as cpu_time:
        subprocess.run([*command, "-o", str(target)], check=True, stdout=subprocess.DEVNULL)
    end = time.monotonic()
    assert target.read_bytes().count(b"\n") == rows
    target.unlink()
    return end - start, cpu_time.seconds


def _render(report: dict[str, Any]) -> str:
    turns = len(report["turns"][_RAY])
    lines = [
        f"# Tables on Ray\n\n{report['date']}, {report['machine']}; "
        f"{in_words(report['versions'])}. {report['rows']:,} rows, bundled model, medians of "
        f"{turns} turns. Command: `python -m benchmarks.ray_tables --rows {report['rows']} "
        f"--turns {turns}`.\n",
        "| | start, s | rows/s | in each turn | CPU s for 1,000 rows | in each turn |",
        "| --- | ---: | ---: | --- | ---: | --- |",
    ]
    for name, measured in report["turns"].items():
        start = statistics.median(turn["small"] for turn in measured)
        rates = ", ".join(f"{turn['rate']:.0f}" for turn in measured)
        cpu = ", ".join(f"{turn['cpu']:.1f}" for turn in measured)
        lines.append(
            f"| {name} | {start:.1f} | {report['rates'][name]:.0f} | {rates} "
            f"| {report['cpu'][name]:.1f} | {cpu} |"
        )
    lines.append(
        f"\nOf the better of the two others, Ray has {report['share']:.0%} of the rows per second "
        f"and {report['cpu_share']:.0%} of the rows per second of CPU time."
    )
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=8_000)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--output", type=Path)
    return parser


if __name__ == "__main__":
    main()
