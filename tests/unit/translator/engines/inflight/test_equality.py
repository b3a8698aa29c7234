"""The in-flight engine gives the tokens of `generate`, whichever sentences share its steps."""

import random

import pytest
import torch

from benchmarks.peers import held
from tests.agreement import nearly_equal
from tests.unit.translator.engines.inflight.tiny import (
    CPU,
    EOS,
    LENGTH,
    PER_MODEL,
    SOURCE,
    START,
    MakeLauncher,
    by_generate,
    drain,
    eager,
    late,
    make_engine,
    make_network,
    random_segments,
    tiny_model,
)
from training.corpus import DIRECTIONS, read_references
from translator import Translator, TranslatorConfig
from translator.engines import DecodedSegment, Decoding
from translator.engines.inflight.engine import BeamGroup, InflightEngine
from translator.engines.inflight.network import Network
from translator.engines.inflight.placement import Placement
from translator.engines.inflight.pool import SlotPool
from translator.engines.inflight.state import SlotState
from translator.engines.inflight.weights import load


@pytest.mark.parametrize(
    ("seed", "encoder_layers", "vocabulary"),
    [(0, 2, 60), (1, 2, 60), (2, 2, 60), (4, 2, 60), (3, 1, 63)],
)
def test_equal_to_generate_with_segments_that_join_at_any_step(
    seed: int, encoder_layers: int, vocabulary: int
) -> None:
    model = tiny_model(seed, encoder_layers, vocabulary)
    segments = random_segments(PER_MODEL, seed)
    expected = by_generate(model, segments)
    lengths = {len(decoded.ids or []) for decoded in expected.values()}
    assert len(lengths) > 10, "the model must end translations at many lengths"
    engine = make_engine(model, make_launcher=late() if seed % 2 else eager)
    rng, results, position = random.Random(seed), dict[int, DecodedSegment](), 0
    while position < len(segments):
        joining = rng.choice((0, 0, 1, 2, 9))
        engine.submit(segments[position : position + joining])
        position += joining
        results |= {decoded.key: decoded for decoded in engine.step()}
    drain(engine, results, len(segments))
    different = [key for key in expected if expected[key] != results[key]]
    assert not different, [(segments[k], expected[k], results[k]) for k in different[:3]]


def sample(count: int) -> tuple[list[str], list[str], list[str]]:
    """Return texts, sources and targets, of all directions and lengths."""
    references = read_references("test")
    work = [
        (text, source, target)
        for source, target in DIRECTIONS
        for text in list(references[source, target])[:: 200 // count]
    ]
    texts, sources, targets = map(list, zip(*work, strict=True))
    return texts, sources, targets


@pytest.mark.parametrize("beams", [1, 4])
def test_equal_to_generate_on_the_bundled_model(beams: int) -> None:
    texts, sources, targets = sample(2 if beams > 1 else 4)
    reference, ours = (
        Translator(TranslatorConfig(engine=engine, dtype="float32", beams=beams))
        for engine in ("reference", "inflight")
    )
    expected = reference.batch(texts, sources, targets)
    assert nearly_equal(ours.batch(texts, sources, targets), expected, 0.03)


def test_layers_on_several_devices_give_the_same() -> None:
    model, segments = tiny_model(1), random_segments(40, 1)
    second = torch.device("cpu", 0)
    placement = Placement((CPU, second), (second, CPU))
    weights = load(held(model), placement, torch.float32)
    assert [part.layers for part in weights.cross] == [1, 1]
    results: list[dict[int, DecodedSegment]] = []
    for parts in (weights, load(held(model), Placement((CPU,) * 2, (CPU,) * 2), torch.float32)):
        network = Network(parts)

        def make_pool(beam_group: BeamGroup, network: Network = network) -> SlotPool:
            state = SlotState.allocate(network.weights, 4, beam_group.beams, SOURCE, LENGTH)
            return SlotPool(network, state, eager(state), START, EOS, beam_group.no_repeat_ngram)

        engine = InflightEngine(make_pool, 100)
        engine.submit(segments)
        results.append({})
        drain(engine, results[-1], len(segments))
    assert results[0] == results[1]


@pytest.mark.parametrize("make_launcher", [eager, late()])
def test_sentences_move_to_lower_slots_when_nothing_waits(make_launcher: MakeLauncher) -> None:
    model = tiny_model(2)
    segments = [
        segment._replace(decoding=Decoding(4, 5 + 3 * (segment.key % 5)))
        for segment in random_segments(12, 2)
    ]
    expected = by_generate(model, segments)
    network = make_network(model)
    state = SlotState.allocate(network.weights, 16, 4, SOURCE, LENGTH)
    pool = SlotPool(network, state, make_launcher(state), START, EOS)
    engine = InflightEngine(lambda _: pool, encoder_tokens=1_000)
    engine.submit(segments)
    results: dict[int, DecodedSegment] = {}
    sizes = set()
    while len(results) < len(segments):
        results |= {decoded.key: decoded for decoded in engine.step()}
        if pool.live:
            sizes.add(pool.shape().slots)
    assert results == expected
    if pool.launcher.exact:
        assert (min(sizes), max(sizes)) == (2, 12)  # exactly the live sentences
    else:
        assert {16, 8, 4} <= sizes
