"""The in-flight engine on a GPU: graphs, ring buffers, and thousands of sentences."""

import random
from collections import Counter
from dataclasses import fields

import pytest
import torch

from benchmarks.peers import held
from tests.agreement import nearly_equal
from tests.gpu.test_gpu import SOURCES, TARGETS, TEXTS
from tests.unit.translator.engines.inflight.tiny import (
    EOS,
    LENGTH,
    SOURCE,
    START,
    by_generate,
    drain,
    random_segments,
    tiny_model,
)
from translator import Translator, TranslatorConfig
from translator.engines import DecodedSegment, Decoding, EncodedSegment
from translator.engines.inflight import build
from translator.engines.inflight.build import inflight_engine
from translator.engines.inflight.engine import InflightEngine
from translator.engines.inflight.launcher import EagerLauncher, GraphLauncher, Launcher
from translator.engines.inflight.network import Network
from translator.engines.inflight.operations.choice import choose
from translator.engines.inflight.placement import Placement
from translator.engines.inflight.pool import SlotPool
from translator.engines.inflight.report import Layout
from translator.engines.inflight.state import SlotState
from translator.engines.inflight.stream import CudaStream
from translator.engines.inflight.weights import load

CUDA = torch.device("cuda", 0)
MANY = 10_000


def launcher(state: SlotState, *, graphs: bool) -> Launcher:
    if not graphs:
        return EagerLauncher(CUDA)
    report = Layout(state.slots, state.beams, state.length).size
    return GraphLauncher(CudaStream(), CUDA, 4_096, report)


def engine_of(seed: int, *, kernels: bool = False) -> InflightEngine:
    return inflight_engine(
        held(tiny_model(seed)), torch.float32, [CUDA], SOURCE, LENGTH,
        choose=choose if kernels else None,
    )  # fmt: skip


def with_beams(segments: list[EncodedSegment], beams: int) -> list[EncodedSegment]:
    return [segment._replace(decoding=Decoding(beams, LENGTH)) for segment in segments]


def tensors(state: SlotState) -> dict[str, torch.Tensor]:
    """Return the state of all slots except the spare one."""
    found = {f.name: getattr(state, f.name) for f in fields(state)}
    for i, cache in enumerate(state.caches):
        found |= {f"own {i}": cache.own, f"cross {i}": cache.cross}
    return {n: t[: state.slots] for n, t in found.items() if isinstance(t, torch.Tensor)}


@pytest.mark.parametrize("beams", [1, 4])
def test_a_graph_of_an_admission_is_equivalent_to_its_kernels(beams: int) -> None:
    network = Network(load(held(tiny_model(3)), Placement((CUDA,) * 2, (CUDA,) * 2), torch.float32))
    segments = with_beams(random_segments(5, 3), beams)
    segments.sort(key=lambda segment: len(segment.source_ids))
    # As long as the shape, or padding beyond its end would differ.
    segments[-1] = segments[-1]._replace(source_ids=[50, *[5] * (SOURCE - 2), EOS])
    states = []
    for graphs in (True, False):
        state = SlotState.allocate(network.weights, 8, beams, SOURCE, LENGTH)
        pool = SlotPool(network, state, launcher(state, graphs=graphs), START, EOS)
        for _ in range(2):  # the second call records the graph
            pool.warm_up_admission(8, SOURCE)
        pool.admit([segments])
        torch.cuda.synchronize()
        states.append(tensors(state))
    for name, graph in states[0].items():
        assert torch.allclose(graph.float(), states[1][name].float(), atol=1e-5), name


def test_graphs_are_equivalent_to_single_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    config = TranslatorConfig(device="cuda:0", engine="inflight", dtype="float32")
    graphs = Translator(config).batch(TEXTS, SOURCES, TARGETS)
    monkeypatch.setattr(build._PoolMaker, "_launcher", lambda *_: EagerLauncher(CUDA))
    assert nearly_equal(Translator(config).batch(TEXTS, SOURCES, TARGETS), graphs, 0.02)


@pytest.mark.parametrize("kernels", [False, True])
@pytest.mark.parametrize("beams", [1, 4])
def test_bursts_wrap_around_the_ring_buffers(beams: int, *, kernels: bool) -> None:
    segments = with_beams(random_segments(2_000, 2), beams)
    expected = by_generate(tiny_model(2), segments)
    engine, results = engine_of(2, kernels=kernels), dict[int, DecodedSegment]()
    for begin in range(0, len(segments), 400):
        engine.submit(segments[begin : begin + 400])
        for _ in range(3):
            results |= {decoded.key: decoded for decoded in engine.step()}
    drain(engine, results, len(segments))
    different = [key for key in expected if expected[key] != results[key]]
    assert len(different) <= 0.01 * len(segments)
    assert not any("(" in word for word in engine.kernels.values()), "no kernel is refused"


def test_no_sentence_is_lost_among_many_that_join_at_random() -> None:
    rng, few = random.Random(5), random_segments(200, 5)
    segments = [rng.choice(few)._replace(key=key) for key in range(MANY)]
    engine, position = engine_of(5), 0
    seen: Counter[int] = Counter()
    results: dict[int, DecodedSegment] = {}
    while position < MANY:
        joining = rng.choice((0, 0, 1, 3, 40, 300))
        engine.submit(segments[position : position + joining])
        position += joining
        decoded = engine.step()
        seen.update(result.key for result in decoded)
        results |= {result.key: result for result in decoded}
    drain(engine, results, MANY)
    assert set(seen.values()) <= {1}, "a sentence was returned twice"
    equal: dict[tuple[object, ...], Counter[tuple[int, ...]]] = {}
    for segment in segments:
        kind = (*segment.source_ids, segment.target_id, segment.decoding)
        equal.setdefault(kind, Counter())[tuple(results[segment.key].ids or ())] += 1
    agreeing = sum(found.most_common(1)[0][1] for found in equal.values())
    assert agreeing >= 0.99 * MANY, "other sentences in a step must not matter"
