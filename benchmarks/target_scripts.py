"""`python -m benchmarks.target_scripts`: what a step saves that reads a part of the head.

Random weights of 418M's size in int8 on a CPU. Which share of a real vocabulary is in which script
depends on the model, so shares are assumed: the whole head, and parts of it. The engines decode the
same sentences in turns, so that what else the machine does disturbs all alike; the time of the CPU
is the steadier figure where others use it too.
Prints a table and one JSON line; `--output` writes both as Markdown too.
"""

import argparse
import datetime
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benchmarks.decoding import LONGEST, MEAN_LENGTH, make_segment, random_model
from benchmarks.drain import drain
from benchmarks.peers import held
from benchmarks.report import in_words, machine, publish, versions
from benchmarks.sizes import SIZES
from translator.engines import EncodedSegment
from translator.engines.inflight.engine import BeamGroup, InflightEngine
from translator.engines.inflight.int8 import Int8StepLinear
from translator.engines.inflight.launcher import EagerLauncher
from translator.engines.inflight.network import Network
from translator.engines.inflight.operations.by_script import continuations_by_script
from translator.engines.inflight.operations.plain import PLAIN
from translator.engines.inflight.operations.table import OperationTable
from translator.engines.inflight.placement import Placement
from translator.engines.inflight.pool import SlotPool
from translator.engines.inflight.projection import PartedHead
from translator.engines.inflight.scripts import ScriptsOf, no_scripts
from translator.engines.inflight.state import SlotState
from translator.engines.inflight.weights import load
from translator.engines.model_tensors import HEAD

_CPU = torch.device("cpu")
_ENCODER_TOKENS = 256
_WHOLE = "all rows"


@dataclass(frozen=True)
class Case:
    """Shares of the head by part: the first one for all sentences, one of the others for each."""

    name: str
    shares: Sequence[float] = ()

    def scripts_of(self, segment: EncodedSegment) -> int:
        """Return the bit of one of the other parts, in turns."""
        others = len(self.shares) - 1
        return 1 << segment.key % others if others else 0


CASES = (
    Case(_WHOLE),
    Case("50 %", (0.5,)),
    Case("25 %", (0.25,)),
    Case("40 % and 10 %", (0.4, 0.1)),
    Case("40 %, and one of five of 10 %", (0.4, *[0.1] * 5)),
)


def main() -> None:
    """Measure every beam width with one sentence and with many."""
    arguments = _parser().parse_args()
    torch.set_num_threads(arguments.threads)
    engines = make_engines(arguments.size)
    rows = []
    for beams in arguments.beams:
        for count in arguments.sentences:
            segments = [make_segment(i, MEAN_LENGTH, MEAN_LENGTH, beams) for i in range(count)]
            seconds = in_turns(engines, segments, arguments.turns)
            rows += figures(seconds, beams, count)
    report = {
        "benchmark": "target_scripts",
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "cpu": machine(),
        "threads": arguments.threads,
        "size": arguments.size,
        "turns": arguments.turns,
        "versions": versions("torch"),
        "rows": rows,
    }
    publish(report, render(report), arguments.output)


def make_engines(size: str) -> dict[str, InflightEngine]:
    """Return an engine for each case; they share everything but the head."""
    tensors = held(random_model(size, _CPU))
    config = tensors.config
    places = ((_CPU,) * config.encoder_layers, (_CPU,) * config.decoder_layers)
    weights = load(tensors, Placement(*places), torch.float32, int8=True)
    engines = {}
    for case in CASES:
        network, scripts_of = Network(weights), no_scripts
        if case.shares:
            rows = tensors.read([HEAD], torch.float32, _CPU)
            head = PartedHead(rows, _parts(case.shares, len(rows)), _packed)
            operations = OperationTable({1: replace(PLAIN, rank=continuations_by_script)})
            network = Network(replace(weights, head=head), operations)
            scripts_of = case.scripts_of
        engines[case.name] = _engine(network, scripts_of)
    return engines


def _parts(shares: Sequence[float], rows: int) -> list[Tensor]:
    """Return tokens at random."""
    tokens = np.random.default_rng(0).permutation(rows)
    ends = (np.cumsum(shares) * rows).astype(int)
    return [torch.from_numpy(np.sort(part)) for part in np.split(tokens, ends)[: len(shares)]]


def _packed(weight: Tensor) -> Int8StepLinear:
    return Int8StepLinear(weight, None)


def _engine(network: Network, scripts_of: ScriptsOf) -> InflightEngine:
    def make_pool(group: BeamGroup) -> SlotPool:
        state = SlotState.allocate(network.weights, 32, group.beams, LONGEST, LONGEST + 1)
        return SlotPool(network, state, EagerLauncher(_CPU), 2, 2, 0, scripts_of)

    return InflightEngine(make_pool, _ENCODER_TOKENS)


def in_turns(
    engines: dict[str, InflightEngine], segments: Sequence[EncodedSegment], turns: int
) -> dict[str, list[tuple[float, float]]]:
    """Return the seconds of every turn, and those of the CPU, after a turn to warm up."""
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in engines}
    for turn in range(turns + 1):
        order = list(engines.items())
        for name, engine in order if turn % 2 else reversed(order):
            taken = _timed(lambda engine=engine: drain(engine, segments))  # type: ignore[misc]
            if turn:
                seconds[name].append(taken)
    return seconds


def _timed(run: Callable[[], object]) -> tuple[float, float]:
    begun, used = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - begun, time.process_time() - used


def figures(
    seconds: dict[str, list[tuple[float, float]]], beams: int, count: int
) -> list[dict[str, Any]]:
    """Return a row for each case; ratios: the medians of those to the time of the whole head."""
    rows = []
    for name, taken in seconds.items():
        row: dict[str, Any] = {"beams": beams, "sentences": count, "head": name}
        for i, kind in enumerate(("wall", "cpu")):
            pairs = zip(seconds[_WHOLE], taken, strict=True)
            row[f"{kind}_ms"] = statistics.median(each[i] for each in taken) * 1e3
            row[f"{kind}_ratio"] = statistics.median(whole[i] / part[i] for whole, part in pairs)
        rows.append(row)
    return rows


def render(report: dict[str, Any]) -> str:
    """Return the report as Markdown."""
    lines = [
        f"# A part of the head: random {report['size']} in int8 on a CPU",
        "",
        f"{report['date']}, {report['cpu']}, {report['threads']} threads; "
        f"{in_words(report['versions'])}. Sentences of {MEAN_LENGTH} tokens, all at once; medians "
        f"of {report['turns']} turns; ratios: of the speed to that with all rows. Command: "
        "`python -m benchmarks.target_scripts`.",
        "",
        "| beams | sentences | rows of the head | ms | ratio | ms of the CPU | ratio |",
        "| ---: | ---: | --- | ---: | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {row['beams']} | {row['sentences']} | {row['head']} | {row['wall_ms']:.0f} "
        f"| {row['wall_ratio']:.2f} | {row['cpu_ms']:.0f} | {row['cpu_ratio']:.2f} |"
        for row in report["rows"]
    ]
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.target_scripts", description=__doc__
    )
    parser.add_argument("--size", choices=SIZES, default="418M")
    parser.add_argument("--beams", nargs="+", type=int, default=[1, 5])
    parser.add_argument("--sentences", nargs="+", type=int, default=[1, 32])
    parser.add_argument("--turns", type=int, default=7)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--output", type=Path, help="Markdown file to write")
    return parser


if __name__ == "__main__":
    main()
