"""Restricted to tokens of some scripts, each sentence is decoded as by a model without others."""

import random
from collections import defaultdict
from dataclasses import dataclass, replace
from functools import partial

import pytest
import torch
from torch import Tensor
from transformers import M2M100ForConditionalGeneration

from benchmarks.peers import held
from tests.unit.translator.engines.inflight.tiny import (
    CPU,
    EOS,
    LENGTH,
    SOURCE,
    START,
    VOCABULARY,
    by_generate,
    drain,
    eager,
    make_network,
    random_segments,
    tiny_model,
)
from translator.engines import DecodedSegment, EncodedSegment
from translator.engines.cpu_features import computes_int8
from translator.engines.inflight.engine import BeamGroup, InflightEngine
from translator.engines.inflight.int8 import Int8StepLinear
from translator.engines.inflight.network import Network
from translator.engines.inflight.operations.by_script import continuations_by_script
from translator.engines.inflight.operations.continuations import continuations
from translator.engines.inflight.operations.plain import PLAIN
from translator.engines.inflight.operations.table import OperationTable
from translator.engines.inflight.operations.types import Continuations
from translator.engines.inflight.placement import Placement
from translator.engines.inflight.pool import SlotPool
from translator.engines.inflight.projection import Head, PartedHead, Scorer
from translator.engines.inflight.state import Shape, SlotState
from translator.engines.inflight.weights import load

# Most tokens are of all sentences; others are of one of three scripts, one of which has a token.
SCRIPT = torch.zeros(VOCABULARY, dtype=torch.int64)  # bits of the tokens
SCRIPT[4:50:6], SCRIPT[5:50:6], SCRIPT[33] = 1, 2, 4
PARTS = [torch.eq(SCRIPT, bits).nonzero()[:, 0] for bits in (0, 1, 2, 4)]
TARGETS = {50: 0, 51: 1, 52: 2}  # by the token of the language


def scripts_of(segment: EncodedSegment) -> int:
    bits = TARGETS[segment.target_id or 50]
    for token in segment.source_ids:
        bits |= int(SCRIPT[token])
    return bits


def forbidden(bits: int) -> Tensor:
    """Return bool `[V]`: which tokens a sentence may not have."""
    return (SCRIPT != 0) & (SCRIPT & bits == 0)


def sources(count: int, seed: int) -> list[EncodedSegment]:
    """Return segments; the sources of most are in the common script, and some have a name."""
    rng = random.Random(seed)
    segments = []
    for segment in random_segments(count, seed):
        name = rng.randrange(4) == 0
        ids = [i for i in segment.source_ids if name or SCRIPT[i] == 0]
        segments.append(replace(segment, source_ids=ids))
    return segments


def by_generate_without_others(
    model: M2M100ForConditionalGeneration, segments: list[EncodedSegment]
) -> dict[int, DecodedSegment]:
    """Return what `generate` gives for each set of scripts if the scores of others are -inf."""
    groups = defaultdict(list)
    for segment in segments:
        groups[scripts_of(segment)].append(segment)
    assert len(groups) > 4
    results: dict[int, DecodedSegment] = {}
    for bits, group in groups.items():
        masked = partial(torch.Tensor.masked_fill, mask=forbidden(bits), value=-torch.inf)
        hook = model.lm_head.register_forward_hook(lambda *call, masked=masked: masked(call[2]))
        results |= by_generate(model, group)
        hook.remove()
    return results


def make_engine(model: M2M100ForConditionalGeneration) -> InflightEngine:
    places = Placement((CPU,) * model.config.encoder_layers, (CPU,) * model.config.decoder_layers)
    weights = load(held(model), places, torch.float32, parts=PARTS)
    network = Network(weights, OperationTable({1: replace(PLAIN, rank=continuations_by_script)}))

    def make_pool(group: BeamGroup) -> SlotPool:
        state = SlotState.allocate(weights, 16, group.beams, SOURCE, LENGTH)
        launcher = eager(state)
        return SlotPool(network, state, launcher, START, EOS, group.no_repeat_ngram, scripts_of)

    return InflightEngine(make_pool, encoder_tokens=64)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_equal_to_generate_without_the_other_tokens(seed: int) -> None:
    """Targets are mixed, and sentences join at any step; a pass has 64 of up to 80 beams."""
    model, segments = tiny_model(seed), sources(120, seed)
    expected = by_generate_without_others(model, segments)
    assert expected != by_generate(model, segments), "the restriction must change something"
    engine, rng, position = make_engine(model), random.Random(seed), 0
    results: dict[int, DecodedSegment] = {}
    while position < len(segments):
        joining = rng.choice((0, 0, 1, 2, 9))
        engine.submit(segments[position : position + joining])
        position += joining
        results |= {decoded.key: decoded for decoded in engine.step()}
    drain(engine, results, len(segments))
    different = [key for key in expected if expected[key] != results[key]]
    assert not different, [(segments[k], expected[k], results[k]) for k in different[:3]]
    for segment in segments:
        decoded = results[segment.key]
        for ids in (decoded.ids or [], *decoded.alternatives):
            assert not forbidden(scripts_of(segment))[ids].any()


@dataclass(frozen=True)
class Masked:
    """A whole head with the forbidden scores of each slot at -inf."""

    head: Head
    mask: Tensor  # bool [n, V]

    def scores(self, x: Tensor) -> tuple[Tensor, None]:
        return self.head.scores(x)[0].masked_fill(self.mask[:, None], -torch.inf), None


class Step:
    """Slots at random positions with random scripts, of which one is empty."""

    def __init__(self, beams: int) -> None:
        torch.manual_seed(beams)
        self.slots = 64 // beams - 1
        weights = make_network(tiny_model(0)).weights
        self.weight = torch.randn(VOCABULARY, weights.width)
        self.state = state = SlotState.allocate(weights, self.slots, beams, SOURCE, LENGTH)
        self.shape = Shape(self.slots, SOURCE, LENGTH)
        state.active[: self.slots - 1] = True
        state.scripts[:] = torch.randint(0, 8, state.scripts.shape)
        state.position[:] = torch.randint(0, LENGTH - 1, state.position.shape)
        state.running[:] = torch.randint(0, 8, state.running.shape)
        state.running_score[:] = torch.randn(state.running_score.shape)
        self.hidden = torch.randn(self.slots, beams, weights.width)

    def parted(self) -> PartedHead:
        return PartedHead(self.weight, PARTS, Head)

    def rank(self, hidden: Tensor, ngram: int) -> Continuations:
        return continuations_by_script(self.parted(), hidden, self.state, self.shape, ngram)


@pytest.mark.parametrize("beams", range(1, 9))
@pytest.mark.parametrize("ngram", [0, 2])
def test_equal_to_the_whole_head_with_a_mask(beams: int, ngram: int) -> None:
    step = Step(beams)
    bits = step.state.scripts[: step.slots].tolist()
    masked = Masked(Head(step.weight), torch.stack([*map(forbidden, bits)]))
    expected = continuations(masked, step.hidden, step.state, step.shape, ngram)
    found = step.rank(step.hidden, ngram)
    live = step.state.active[: step.slots]
    torch.testing.assert_close(found.score[live], expected.score[live], rtol=1e-5, atol=1e-5)
    assert torch.equal(found.token[live], expected.token[live])
    assert torch.equal(found.parent[live], expected.parent[live])
    assert ((found.token >= 0) & (found.token < VOCABULARY)).all()


@pytest.mark.parametrize("beams", [1, 5])
def test_nan_of_a_slot_does_not_reach_others(beams: int) -> None:
    step = Step(beams)
    expected = step.rank(step.hidden, 0)
    spoilt = step.hidden.clone()
    spoilt[2] = torch.nan
    found = step.rank(spoilt, 0)
    others = torch.arange(step.slots) != 2
    assert torch.equal(found.score[others], expected.score[others])
    assert torch.equal(found.token[others], expected.token[others])
    assert found.score[2, 0].isnan()


def heads(weight: Tensor) -> list[tuple[Scorer, Scorer]]:
    """Return whole heads, each with its like in parts."""
    found: list[tuple[Scorer, Scorer]] = [(Head(weight), PartedHead(weight, PARTS, Head))]
    if computes_int8():
        make = partial(Int8StepLinear, bias=None)
        found.append((make(weight), PartedHead(weight, PARTS, make)))
    return found


@pytest.mark.parametrize("rows", [(1, 1), (7, 5)])
def test_the_parts_score_every_token(rows: tuple[int, int]) -> None:
    torch.manual_seed(3)
    weight, x = torch.randn(VOCABULARY, 64), torch.randn(*rows, 64)
    for whole, parted in heads(weight):
        expected, factor = whole.scores(x)
        found, same = parted.scores(x)
        torch.testing.assert_close(found, expected)
        assert factor is same or torch.equal(factor, same)  # type: ignore[arg-type]
