"""A whole head with other scripts left out, beside a copy of the rows that all sentences may need.

A sentence must become the same in both kinds of steps, whatever is decoded beside it.
"""

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor
from transformers import M2M100ForConditionalGeneration

from tests.unit.translator.engines.inflight.operations.scripted import (
    PARTS,
    SCRIPT,
    by_generate_without_others,
    check,
    decode,
    engine_of,
    forbidden,
    scripts_of,
    sources,
)
from tests.unit.translator.engines.inflight.tiny import (
    VOCABULARY,
    LateStream,
    by_generate,
    eager,
    late,
    make_network,
    pool_of,
    tiny_model,
)
from translator.engines import DecodedSegment, Decoding
from translator.engines.inflight import build
from translator.engines.inflight.engine import BeamGroup, InflightEngine
from translator.engines.inflight.network import Network
from translator.engines.inflight.operations import continuations as plain
from translator.engines.inflight.operations.candidates import CANDIDATES, Candidate
from translator.engines.inflight.operations.choice import choose
from translator.engines.inflight.operations.plain import PLAIN
from translator.engines.inflight.operations.table import OperationTable
from translator.engines.inflight.operations.trial import Model
from translator.engines.inflight.operations.types import Continuations, Operations
from translator.engines.inflight.projection import COMMON, CommonHead, Head, PartedHead, Scorer
from translator.engines.inflight.state import Shape, SlotState
from translator.engines.inflight.weights import Weights, _head

SMALL = Shape(8, 24, 40)


def common_head(weight: Tensor) -> CommonHead:
    return CommonHead.of(weight, PARTS)


def with_common(weights: Weights) -> Weights:
    assert isinstance(weights.head, Head)
    return replace(weights, head=common_head(weights.head.weight))


def make_engine(
    model: M2M100ForConditionalGeneration,
    stream: LateStream | None = None,
    operations: Operations = PLAIN,
) -> InflightEngine:
    weights = with_common(make_network(model).weights)
    network = Network(weights, OperationTable({1: operations}))
    return engine_of(network, late(stream) if stream else eager)


def kinds(engine: InflightEngine, group: BeamGroup) -> set[bool]:
    """Return the kinds of steps that a pool made: with all tokens, and with the common ones."""
    pool = engine._queues[group].pool
    assert pool is not None
    seen = pool.launcher._seen  # type: ignore[attr-defined]
    return {key.common for key in seen if isinstance(key, Shape)}


@pytest.mark.parametrize("seed", [0, 1])
def test_equal_to_generate_without_the_other_tokens(seed: int) -> None:
    """Sentences join, end and move to other slots at any step; targets are mixed.

    But for the first ones, or the last ones, so that both kinds of steps follow each other.
    """
    model, segments = tiny_model(seed), sources(80, seed)
    segments.sort(key=lambda segment: scripts_of(segment) == 0, reverse=seed % 2 == 0)
    expected = by_generate_without_others(model, segments)
    assert expected != by_generate(model, segments), "the restriction must change something"
    engine = make_engine(model, LateStream())
    check(expected, decode(engine, segments, seed), segments)
    found = {bool(group.no_repeat_ngram): set[bool]() for group in engine._queues}
    for group in engine._queues:
        found[bool(group.no_repeat_ngram)] |= kinds(engine, group)
    assert found == {False: {False, True}, True: {False}}


def test_kernels_give_the_same() -> None:
    pytest.importorskip("triton")
    from translator.engines.inflight.operations.kernels.continuations import continuations

    rule = Decoding(2, 10)
    model = tiny_model(1)
    segments = [segment._replace(decoding=rule) for segment in sources(16, 1)]
    expected = by_generate_without_others(model, segments)
    engine = make_engine(model, LateStream(), replace(PLAIN, rank=continuations))
    check(expected, decode(engine, segments, 1), segments)


def test_a_sentence_alone_becomes_the_same() -> None:
    model = tiny_model(2)
    rule = Decoding(4, 25)
    segments = [segment._replace(decoding=rule) for segment in sources(12, 2)]
    assert any(map(scripts_of, segments))
    together = decode(make_engine(model, LateStream()), segments, 2)
    alone: dict[int, DecodedSegment] = {}
    for segment in segments:
        engine = make_engine(model, LateStream())
        alone |= decode(engine, [segment], 0)
        assert kinds(engine, BeamGroup(4)) == {not scripts_of(segment)}
    assert alone == together


class Step:
    """Slots at random positions, of which one is empty."""

    def __init__(self, beams: int) -> None:
        torch.manual_seed(beams)
        self.slots = 4
        weights = make_network(tiny_model(0)).weights
        self.head = common_head(torch.randn(VOCABULARY, weights.width))
        self.state = state = SlotState.allocate(weights, self.slots, beams, 24, 40)
        state.active[: self.slots - 1] = True
        state.position[:] = torch.randint(0, 39, state.position.shape)
        state.running[:] = torch.randint(0, 8, state.running.shape)
        state.running_score[:] = torch.randn(state.running_score.shape)
        self.hidden = torch.randn(self.slots, beams, weights.width)

    def rank(self, rank: Any, head: Scorer, ngram: int = 0) -> Continuations:
        """Return what is found for the slots that are not empty."""
        found = rank(head, self.hidden, self.state, Shape(self.slots, 24, 40), ngram)
        live = slice(self.slots - 1)
        return Continuations(found.score[live], found.parent[live], found.token[live])


def check_equal(found: Continuations, expected: Continuations) -> None:
    torch.testing.assert_close(found.score, expected.score, rtol=1e-5, atol=1e-5)
    assert torch.equal(found.token, expected.token)
    assert torch.equal(found.parent, expected.parent)


@pytest.mark.parametrize("beams", range(1, 9))
def test_steps_of_both_kinds_give_the_same(beams: int) -> None:
    step = Step(beams)
    whole = step.rank(plain.continuations, step.head)
    few = step.rank(plain.continuations, step.head.common.scorer)
    check_equal(replace(few, token=step.head.common.tokens[few.token]), whole)
    assert not SCRIPT[whole.token].any()


@pytest.mark.parametrize("beams", range(1, 9))
@pytest.mark.parametrize("ngram", [0, 2])
def test_the_kernel_gives_what_plain_torch_gives(beams: int, ngram: int) -> None:
    """Also where a forbidden token is in another script, which no sequence has."""
    pytest.importorskip("triton")
    from translator.engines.inflight.operations.kernels.continuations import continuations

    step = Step(beams)
    step.state.scripts[:] = torch.randint(0, 8, step.state.scripts.shape)
    expected = step.rank(plain.continuations, step.head, ngram)
    check_equal(step.rank(continuations, step.head, ngram), expected)
    for bits, tokens in zip(step.state.scripts.tolist(), expected.token, strict=False):
        assert not forbidden(bits)[tokens].any()


@pytest.mark.parametrize("beams", [1, 3])
def test_nan_of_a_slot_is_seen_and_does_not_reach_others(beams: int) -> None:
    pytest.importorskip("triton")
    from translator.engines.inflight.operations.kernels.continuations import continuations

    for rank in (plain.continuations, continuations):
        step = Step(beams)
        expected = step.rank(rank, step.head)
        step.hidden[1] = torch.nan
        found = step.rank(rank, step.head)
        assert torch.equal(found.score[::2], expected.score[::2])
        assert torch.equal(found.token[::2], expected.token[::2])
        assert found.score[1, 0].isnan()


def test_a_gpu_keeps_the_whole_head_and_copies_the_common_rows() -> None:
    weight = torch.randn(VOCABULARY, 4)
    head = common_head(weight)
    assert isinstance(head.whole, Head)
    assert head.whole.weight is weight, "shared with the embedding"
    assert isinstance(head.common.scorer, Head)
    assert torch.equal(head.common.scorer.weight, weight[SCRIPT == 0])
    assert torch.equal(head.bits.long(), SCRIPT.where(SCRIPT != 0, COMMON))
    away = weight.to("meta")  # any device but the CPU
    assert isinstance(_head(away, PARTS, Head), CommonHead)
    assert isinstance(_head(weight, PARTS, Head), PartedHead)
    assert isinstance(_head(away, [], Head), Head)
    all_common = [torch.arange(VOCABULARY)]
    assert isinstance(_head(away, all_common, Head), Head), "a copy of all would gain nothing"


def test_graphs_of_both_kinds_are_recorded_at_start() -> None:
    engine = make_engine(tiny_model(0), LateStream())
    segments = [segment._replace(decoding=Decoding(4, 25)) for segment in sources(30, 0)]
    decode(engine, segments[:1], 0)
    pool = pool_of(engine, 4)
    build._record(pool, 16, 24, 40)
    graphs = pool.launcher._graphs  # type: ignore[attr-defined]
    steps = [key for key in graphs if isinstance(key, Shape)]
    assert {replace(shape, common=not shape.common) for shape in steps} == {*steps}


def all_tokens(head: Any, *given: Any) -> Continuations:
    """Leaves nothing out."""
    return plain.continuations(getattr(head, "whole", head), *given)


def wrong_if_common(head: Any, *given: Any) -> Continuations:
    found = plain.continuations(head, *given)
    return found if isinstance(head, CommonHead) else replace(found, score=found.score + 1)


@pytest.mark.parametrize("rank", [all_tokens, wrong_if_common])
def test_the_check_at_start_notices_what_is_wrong(rank: object) -> None:
    model = Model(with_common(make_network(tiny_model(3)).weights), VOCABULARY, 4)
    found = choose(model, SMALL, [Candidate("rank", "kernel", lambda: rank)], lambda _: 1.0)
    assert found.words["rank"].startswith("torch (kernel: result")


@pytest.mark.parametrize(("beams", "ngram"), [(1, 0), (3, 2)])
def test_the_check_at_start_accepts_the_kernel(beams: int, ngram: int) -> None:
    pytest.importorskip("triton")
    model = Model(with_common(make_network(tiny_model(3)).weights), VOCABULARY, beams, ngram)
    ranks = [each for each in CANDIDATES if each.operation == "rank"]
    assert choose(model, SMALL, ranks, lambda _: 1.0).words == {"rank": "torch"}
