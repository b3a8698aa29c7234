"""A small random model, its sentences, and fake devices to decode them on."""

import random
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import M2M100Config, M2M100ForConditionalGeneration

from benchmarks.peers import held
from translator.engines import DecodedSegment, Decoding, EncodedSegment
from translator.engines.inflight.engine import BeamGroup, InflightEngine
from translator.engines.inflight.launcher import EagerLauncher, GraphLauncher, Launcher
from translator.engines.inflight.network import Network
from translator.engines.inflight.operations.plain import PLAIN
from translator.engines.inflight.operations.table import OperationTable
from translator.engines.inflight.operations.types import Operations
from translator.engines.inflight.placement import Placement
from translator.engines.inflight.pool import SlotPool
from translator.engines.inflight.report import Layout
from translator.engines.inflight.state import SlotState
from translator.engines.inflight.stream import Numbers, Work
from translator.engines.inflight.weights import load
from translator.engines.reference import ReferenceDecoder

CPU = torch.device("cpu")
VOCABULARY, EOS, START = 60, 2, 2
SOURCE, LENGTH = 24, 40
LANGUAGES = (50, 51, 52)
PER_MODEL = 280
_MOST_STEPS = 20_000


def tiny_model(
    seed: int, encoder_layers: int = 2, vocabulary: int = VOCABULARY, decoder_layers: int = 2
) -> M2M100ForConditionalGeneration:
    """Return random weights that end their translations after about ten tokens."""
    torch.manual_seed(seed)
    config = M2M100Config(
        vocab_size=vocabulary, d_model=16,
        encoder_layers=encoder_layers, decoder_layers=decoder_layers,
        encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=32,
        decoder_ffn_dim=32, max_position_embeddings=64, init_std=0.5,
    )  # fmt: skip
    model = M2M100ForConditionalGeneration(config).eval()
    embedding = model.model.shared.weight.data
    # Shorter embeddings give scores that are close to each other.
    embedding *= 0.5
    norm = model.model.decoder.layer_norm
    norm.bias.data = 2.0 * embedding[EOS] / embedding[EOS].norm() ** 2
    return model


class LateStream:
    """A fake device that does everything as late as possible: when the host waits for it.

    It records the operations enqueued on it: a graph and a copy are one operation each.
    """

    def __init__(self) -> None:
        self.enqueued: list[str] = []
        self.pending: deque[Callable[[], object]] = deque()
        self.computing = False
        self.waits: list[int] = []  # how many operations each wait of the host had to run
        self.refuses: Callable[[], bool] = lambda: False  # to record a graph

    def pinned(self, size: int) -> tuple[Tensor, Numbers]:
        tensor = torch.zeros(size, dtype=torch.int32)
        return tensor, tensor.numpy()

    def copy(self, target: Tensor, source: Tensor) -> None:
        self._enqueue("copy", lambda: target.copy_(source))

    def run(self, work: Work) -> None:
        self._enqueue("kernels", work)

    def record(self, work: Work) -> Work:
        if self.refuses():
            raise RuntimeError("CUDA error: operation not permitted when stream is capturing")
        return lambda: self._enqueue("graph", work)

    def event(self) -> "LateEvent":
        return LateEvent(self, len(self.enqueued))

    def _enqueue(self, kind: str, work: Callable[[], object]) -> None:
        self.enqueued.append(kind)
        self.pending.append(work)

    def compute_until(self, operations: int) -> None:
        due = operations - (len(self.enqueued) - len(self.pending))
        self.waits.append(max(0, due))
        self.computing = True
        for _ in range(due):
            self.pending.popleft()()
        self.computing = False


@dataclass(frozen=True)
class LateEvent:
    stream: LateStream
    operations: int

    def wait(self) -> None:
        self.stream.compute_until(self.operations)


MakeLauncher = Callable[[SlotState], Launcher]


def eager(_: SlotState) -> Launcher:
    return EagerLauncher(CPU)


def late(stream: LateStream | None = None) -> MakeLauncher:
    """Make launchers with graphs, as on a GPU."""

    def make(state: SlotState) -> Launcher:
        report = Layout(state.slots, state.beams, state.length).size
        return GraphLauncher(stream or LateStream(), CPU, 4_096, report)

    return make


def make_engine(
    model: M2M100ForConditionalGeneration,
    slots: int = 16,
    make_launcher: MakeLauncher = eager,
    operations: Operations = PLAIN,
) -> InflightEngine:
    network = make_network(model, operations)

    def make_pool(beam_group: BeamGroup) -> SlotPool:
        state = SlotState.allocate(network.weights, slots, beam_group.beams, SOURCE, LENGTH)
        return SlotPool(
            network, state, make_launcher(state), START, EOS, beam_group.no_repeat_ngram
        )

    return InflightEngine(make_pool, encoder_tokens=64)


def make_network(
    model: M2M100ForConditionalGeneration,
    operations: Operations = PLAIN,
    dtype: torch.dtype = torch.float32,
    narrow: torch.dtype | None = None,
) -> Network:
    layers = model.config.encoder_layers, model.config.decoder_layers
    weights = load(held(model), Placement(*((CPU,) * n for n in layers)), dtype, narrow=narrow)
    return Network(weights, OperationTable({1: operations}))


def pool_of(engine: InflightEngine, beams: int) -> SlotPool:
    pool = engine._queues[BeamGroup(beams)].pool
    assert pool is not None
    return pool


def random_segments(count: int, seed: int) -> list[EncodedSegment]:
    rng = random.Random(seed)
    decodings = [
        Decoding(beams, max_length, length_penalty, early_stopping, hypotheses, no_repeat_ngram)
        for beams, hypotheses in ((1, 1), (4, 1), (4, 3), (5, 5))
        for no_repeat_ngram in (0, 0, 2, 3)
        for max_length in (5, 12, 25, 40)
        for length_penalty in (0.0, 0.6, 1.0, 2.0)
        for early_stopping in (True, False, "never")
    ]
    some = rng.sample(decodings, 9)  # each is a call of generate
    return [
        EncodedSegment(
            key,
            [rng.choice(LANGUAGES), *rng.choices(range(4, 50), k=rng.randint(0, 18)), EOS],
            rng.choice(LANGUAGES),
            rng.choice(some),
        )
        for key in range(count)
    ]


def segments_with(segments: int, seed: int, beams: int) -> list[EncodedSegment]:
    rule = Decoding(beams, LENGTH)
    return [segment._replace(decoding=rule) for segment in random_segments(segments, seed)]


def by_generate(
    model: M2M100ForConditionalGeneration, segments: Sequence[EncodedSegment]
) -> dict[int, DecodedSegment]:
    groups = defaultdict(list)
    for segment in segments:
        groups[segment.decoding].append(segment)
    decoder = ReferenceDecoder(model)
    return {d.key: d for group in groups.values() for d in decoder.decode(group)}


def drain(engine: InflightEngine, results: dict[int, DecodedSegment], count: int) -> None:
    for _ in range(_MOST_STEPS):
        if len(results) == count:
            return
        results |= {decoded.key: decoded for decoded in engine.step()}
    raise AssertionError(f"{count - len(results)} sentences were lost")
