"""Out of memory, non-finite numbers, segments that do not fit."""

from dataclasses import fields
from typing import Any

import numpy as np
import pytest
import torch

from tests.unit.translator.engines.inflight.tiny import (
    EOS,
    LENGTH,
    SOURCE,
    START,
    LateStream,
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
from translator.engines import DecodedSegment, Decoding
from translator.engines.inflight.engine import BeamGroup
from translator.engines.inflight.network import Network
from translator.engines.inflight.pool import SlotPool
from translator.engines.inflight.report import Layout, Report
from translator.engines.inflight.rounding import bucket
from translator.engines.inflight.state import SlotState
from translator.engines.inflight.stream import Work


@pytest.mark.parametrize("part", ["encode", "start"])
def test_out_of_memory_splits_an_admission(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    model, segments = tiny_model(2), random_segments(60, 2)
    expected = by_generate(model, segments)
    engine, whole = make_engine(model), getattr(Network, part)

    def small(self: Network, *arguments: Any) -> Any:
        sentences = next(len(x) for x in arguments if isinstance(x, torch.Tensor))
        if sentences > 1:
            raise torch.OutOfMemoryError
        return whole(self, *arguments)

    monkeypatch.setattr(Network, part, small)
    engine.submit(segments)
    results: dict[int, DecodedSegment] = {}
    drain(engine, results, len(segments))
    assert results == expected
    assert engine.splits > 0


def test_a_beam_group_that_does_not_fit_memory_is_refused_and_others_continue() -> None:
    model, segments = tiny_model(2), random_segments(60, 2)
    engine = make_engine(model)
    make_pool = engine._make_pool

    def small(beam_group: BeamGroup) -> SlotPool:
        if beam_group.no_repeat_ngram:
            raise torch.OutOfMemoryError
        return make_pool(beam_group)

    engine._make_pool = small
    engine.submit(segments)
    results: dict[int, DecodedSegment] = {}
    drain(engine, results, len(segments))
    for segment in segments:
        assert (results[segment.key].ids is None) == (segment.decoding.no_repeat_ngram > 0)


class SmallStream(LateStream):
    """A fake device without memory for more than one sentence, except in recorded graphs."""

    def run(self, work: Work) -> None:
        arguments = getattr(work, "args", ())
        table = next((a for a in arguments if isinstance(a, torch.Tensor)), torch.zeros(1))
        if table.dim() == 2 and len(table) > 1:
            raise torch.OutOfMemoryError
        super().run(work)


def test_out_of_memory_splits_an_admission_with_graphs() -> None:
    model, segments = tiny_model(2), random_segments(60, 2)
    expected = by_generate(model, segments)
    engine = make_engine(model, make_launcher=late(SmallStream()))
    engine.submit(segments)
    results: dict[int, DecodedSegment] = {}
    drain(engine, results, len(segments))
    assert results == expected
    assert engine.splits > 0


def test_a_result_never_contains_what_an_earlier_segment_left_in_the_slot() -> None:
    """Even if a sentence finished fewer sequences than the hypotheses it wants."""
    layout = Layout(slots=1, beams=4, length=6)
    finished, stale = [[START, 50, 8, EOS, 1, 1], [START, 50, 9, EOS, 1, 1]], [[7] * 6] * 2
    row = [0, 1, 1, 0, 1, 0, *finished[0], *stale[0], *finished[1], *stale[1]]
    segment = random_segments(1, 0)[0]._replace(decoding=Decoding(4, LENGTH, hypotheses=4))
    (result,) = Report(np.array(row, dtype=np.int32), layout).results([0], [segment], EOS)
    assert (result.ids, result.alternatives) == ([8], ([9],))


def test_segments_with_non_finite_scores_are_decoded_again_in_fp32() -> None:
    model, segments = tiny_model(2), random_segments(30, 2)
    expected = by_generate(model, segments)
    precise = make_engine(model)
    broken = tiny_model(2)
    broken.model.decoder.layer_norm.bias.data[0] = torch.inf
    engine = make_engine(broken)
    engine.submit(segments[:1])
    with pytest.raises(ArithmeticError, match="finite"):
        engine.step()
    engine = make_engine(broken)
    engine._make_precise = lambda: precise
    engine.submit(segments)
    results: dict[int, DecodedSegment] = {}
    drain(engine, results, len(segments))
    assert results == expected


@pytest.mark.parametrize("make_launcher", [eager, late()])
def test_a_slot_recovers_from_non_finite_numbers(make_launcher: MakeLauncher) -> None:
    """The caches of an earlier sentence are masked, but a mask does not hide NaN."""
    network = make_network(tiny_model(3))
    state = SlotState.allocate(network.weights, 4, 4, SOURCE, LENGTH)
    pool = SlotPool(network, state, make_launcher(state), START, EOS)
    segments = [s._replace(decoding=Decoding(4, LENGTH)) for s in random_segments(4, 3)]
    segments.sort(key=lambda segment: len(segment.source_ids))
    pool.admit([segments])
    expected = by_generate(tiny_model(3), segments)
    state.running_score[:] = torch.nan
    for cache in state.caches:
        for field in fields(cache):
            getattr(cache, field.name).fill_(torch.nan)
    non_finite = pool.step().non_finite or pool.step().non_finite  # a step later with graphs
    assert non_finite == segments
    pool.admit([segments[:1], segments[1:]])
    results: dict[int, DecodedSegment] = {}
    while pool.live:
        result = pool.step()
        assert not result.non_finite
        results |= {decoded.key: decoded for decoded in result.done}
    assert results == expected


@pytest.mark.parametrize("change", [{"source_ids": [5] * 25}, {"decoding": Decoding(1, 41)}])
def test_a_segment_longer_than_a_slot_is_refused(change: dict[str, object]) -> None:
    segment = random_segments(1, 0)[0]._replace(decoding=Decoding(1, 40))
    engine = make_engine(tiny_model(0))
    engine.submit([segment, segment._replace(**change), segment])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="longer than a slot"):
        engine.step()


@pytest.mark.parametrize(("size", "expected"), [(1, 1), (3, 4), (33, 40), (64, 40)])
def test_buckets(size: int, expected: int) -> None:
    assert bucket(size, (1, 2, 4, 8, 16, 32, 64), 40) == expected
