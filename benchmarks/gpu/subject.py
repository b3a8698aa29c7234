"""An engine with random weights, and access to the state of its slots."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from unittest import mock

import torch

from benchmarks.decoding import LONGEST, make_segment, random_model
from benchmarks.gpu.options import Options, PartError
from benchmarks.peers import held
from translator.engines.inflight.build import inflight_engine
from translator.engines.inflight.engine import InflightEngine
from translator.engines.inflight.network import Network
from translator.engines.inflight.operations.choice import choose
from translator.engines.inflight.state import Shape, SlotState
from translator.engines.inflight.step import decode_step

_MOST_STEPS = 1_000  # more than any of the sentences takes
_PAUSE = 0.1  # seconds: longer than the batching delay of an idle engine


@dataclass(frozen=True)
class Internals:
    """What a step works on."""

    network: Network
    state: SlotState
    eos: int


class Subject:
    """Makes engines whose sentences have given lengths; counts the unfinished ones."""

    def __init__(self, options: Options) -> None:
        self.cuda = options.device == "cuda"
        self.device = torch.device("cuda:0" if self.cuda else "cpu")
        self._model = random_model(options.size, self.device)
        dtype = torch.bfloat16 if self.cuda else torch.float32
        self._model.to(self.device, dtype)
        self.unfinished = 0

    def make_engine(self, *, kernels: bool = True) -> InflightEngine:
        """Return a new engine on the same weights; a GPU chooses among kernels if they are on."""
        limits = LONGEST, LONGEST + 1
        return inflight_engine(
            held(self._model), self._model.dtype, [self.device], *limits,
            choose=choose if kernels else None,
        )  # fmt: skip

    def submit(
        self, engine: InflightEngine, sentences: int, beams: int, source: int, target: int
    ) -> None:
        """Give the engine sentences of one length, after its batching delay."""
        time.sleep(_PAUSE)
        engine.submit([make_segment(i, source, target, beams) for i in range(sentences)])
        self.unfinished += sentences

    def step(self, engine: InflightEngine) -> None:
        """Do one step."""
        self.unfinished -= len(engine.step())

    def drain(self, engine: InflightEngine) -> None:
        """Step until all sentences are done."""
        while self.unfinished:
            self.step(engine)

    def synchronise(self) -> None:
        """Wait until the device has done all enqueued work."""
        if self.cuda:
            torch.cuda.synchronize(self.device)


@contextmanager
def watched() -> Iterator[list[Internals]]:
    """Collect what steps work on, which the engine does not expose, while the block runs."""
    seen: list[Internals] = []

    def step(
        network: Network, state: SlotState, shape: Shape, eos: int, no_repeat_ngram: int = 0
    ) -> None:
        if not any(internals.state is state for internals in seen):
            seen.append(Internals(network, state, eos))
        decode_step(network, state, shape, eos, no_repeat_ngram)

    with mock.patch("translator.engines.inflight.pool.decode_step", step):
        yield seen


def step_until(
    subject: Subject, engine: InflightEngine, state: SlotState, slots: int, at: int
) -> None:
    """Step until the first `slots` are active and have reached position `at`."""
    for _ in range(_MOST_STEPS):
        subject.synchronise()  # the engine may have a stream of its own
        if bool(state.active[:slots].all()) and int(state.position[:slots].min()) >= at:
            return
        subject.step(engine)
    raise PartError(f"{slots} sentences did not get to position {at}")
