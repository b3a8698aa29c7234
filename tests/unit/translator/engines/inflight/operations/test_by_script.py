"""Restricted to tokens of some scripts, each sentence is decoded as by a model without others."""

from dataclasses import dataclass, replace
from functools import partial

import pytest
import torch
from torch import Tensor
from transformers import M2M100ForConditionalGeneration

from benchmarks.peers import held
from tests.unit.translator.engines.inflight.operations.scripted import (
    PARTS,
    by_generate_without_others,
    check,
    decode,
    engine_of,
    forbidden,
    sources,
)
from tests.unit.translator.engines.inflight.tiny import (
    CPU,
    LENGTH,
    SOURCE,
    VOCABULARY,
    by_generate,
    make_network,
    tiny_model,
)
from translator.engines.cpu_features import computes_int8
from translator.engines.inflight.engine import InflightEngine
from translator.engines.inflight.int8 import Int8StepLinear
from translator.engines.inflight.network import Network
from translator.engines.inflight.operations.by_script import continuations_by_script
from translator.engines.inflight.operations.continuations import continuations
from translator.engines.inflight.operations.plain import PLAIN
from translator.engines.inflight.operations.table import OperationTable
from translator.engines.inflight.operations.types import Continuations
from translator.engines.inflight.placement import Placement
from translator.engines.inflight.projection import Head, PartedHead, Scorer
from translator.engines.inflight.state import Shape, SlotState
from translator.engines.inflight.weights import load


def make_engine(model: M2M100ForConditionalGeneration) -> InflightEngine:
    places = Placement((CPU,) * model.config.encoder_layers, (CPU,) * model.config.decoder_layers)
    weights = load(held(model), places, torch.float32, parts=PARTS)
    return engine_of(
        Network(weights, OperationTable({1: replace(PLAIN, rank=continuations_by_script)}))
    )


@pytest.mark.parametrize("seed", [0, 1])
def test_equal_to_generate_without_the_other_tokens(seed: int) -> None:
    """Targets are mixed, and sentences join at any step; a pass has 64 of up to 80 beams."""
    model, segments = tiny_model(seed), sources(120, seed)
    expected = by_generate_without_others(model, segments)
    assert expected != by_generate(model, segments), "the restriction must change something"
    check(expected, decode(make_engine(model), segments, seed), segments)


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
