"""`python -m benchmarks.host_time`: what the in-flight engine costs the host, without arithmetic.

The device is a fake that computes nothing and reports sentences as done at random. What remains is
the host's part from `submit` to the result: packing, bookkeeping, reading.
"""

import argparse
import statistics
import time
from collections.abc import Hashable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from benchmarks.decoding import LONGEST, make_stream, random_model
from benchmarks.drain import drain
from benchmarks.peers import held
from benchmarks.report import in_words, publish, versions
from translator.engines import EncodedSegment
from translator.engines.inflight.engine import BeamGroup, InflightEngine
from translator.engines.inflight.launcher import GraphLauncher
from translator.engines.inflight.network import Network
from translator.engines.inflight.placement import Placement
from translator.engines.inflight.pool import SlotPool
from translator.engines.inflight.report import Layout
from translator.engines.inflight.state import Shape, SlotState
from translator.engines.inflight.stream import Numbers, Work
from translator.engines.inflight.weights import load

_STEPS = 25  # of a sentence, on average
_CPU = torch.device("cpu")


class _PastEvent:
    """An event in the past."""

    def wait(self) -> None:
        """Return at once."""


class _IdleStream:
    """A Stream that computes nothing; its reports say at random that a slot is done."""

    width = 0  # of a row of the next report

    def __init__(self) -> None:
        self._random = np.random.default_rng(0)

    def pinned(self, size: int) -> tuple[Tensor, Numbers]:
        tensor = torch.ones(size, dtype=torch.int32)
        return tensor, tensor.numpy()

    def copy(self, target: Tensor, source: Tensor) -> None:
        if self.width:
            rows = target.numpy().reshape(-1, self.width)
            rows[:, 0] = self._random.random(len(rows)) > 1 / _STEPS
            self.width = 0

    def run(self, work: Work) -> None:
        """Do nothing."""

    def record(self, work: Work) -> Work:
        return lambda: None

    def event(self) -> _PastEvent:
        return _PastEvent()


class _Launcher(GraphLauncher):
    """Tells the stream the layout of the next report."""

    def __init__(self, stream: _IdleStream, state: SlotState) -> None:
        whole = Layout(state.slots, state.beams, state.length)
        super().__init__(stream, _CPU, 1 << 20, whole.size)
        self._idle, self._state = stream, state

    def launch(self, key: Hashable, work: Work) -> None:
        super().launch(key, work)
        if isinstance(key, Shape):
            self._idle.width = Layout.of(self._state, key).width


def make_engine(slots: int) -> InflightEngine:
    """Return an engine with so many slots on an idle device."""
    model = random_model("tiny", _CPU)
    layers = model.config.encoder_layers, model.config.decoder_layers
    network = Network(load(held(model), Placement(*((_CPU,) * n for n in layers)), model.dtype))

    def make_pool(beam_group: BeamGroup) -> SlotPool:
        state = SlotState.allocate(network.weights, slots, beam_group.beams, LONGEST, LONGEST + 1)
        return SlotPool(network, state, _Launcher(_IdleStream(), state), 2, 2)

    return InflightEngine(make_pool, encoder_tokens=8_192)


def decode(engine: InflightEngine, segments: list[EncodedSegment]) -> float:
    """Return the seconds from the first `submit` to the last result."""
    begun = time.perf_counter()
    drain(engine, segments)
    return time.perf_counter() - begun


def measure(slots: int, beams: int, sentences: int, repeats: int) -> float:
    """Return the microseconds per sentence: the median of some streams, after a warm-up."""
    engine, segments = make_engine(slots), make_stream(beams, sentences)
    seconds = [decode(engine, segments) for _ in range(repeats + 1)][1:]
    return statistics.median(seconds) / sentences * 1e6


def main() -> None:
    """Print a table and one JSON line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.host_time", description=__doc__)
    parser.add_argument("--sentences", type=int, default=10_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--output", type=Path, help="Markdown file")
    arguments = parser.parse_args()
    rows = [
        {"slots": slots, "beams": beams, "microseconds": measure(slots, beams, *given)}
        for given in [(arguments.sentences, arguments.repeats)]
        for slots in (64, 512)
        for beams in (1, 5)
    ]
    used = versions("torch", "numpy")
    lines = [
        "# What the in-flight engine costs the host",
        "",
        f"With the arithmetic left out; {arguments.sentences:,} sentences of 25 tokens and "
        f"{_STEPS} steps on average; one core; {in_words(used)}.",
        "",
        "| slots | beams | microseconds per sentence |",
        "| ---: | ---: | ---: |",
        *(f"| {r['slots']} | {r['beams']} | {r['microseconds']:.1f} |" for r in rows),
    ]
    publish({"rows": rows, "versions": used}, "\n".join(lines), arguments.output)


if __name__ == "__main__":
    main()
