"""With the kernels of attention, the engine gives the tokens of `generate`."""

from dataclasses import replace

import pytest
import torch

from tests.unit.translator.engines.inflight.tiny import (
    MakeLauncher,
    by_generate,
    drain,
    eager,
    late,
    make_engine,
    random_segments,
    tiny_model,
)
from translator.engines import DecodedSegment, Decoding
from translator.engines.inflight.operations.plain import PLAIN

pytest.importorskip("triton", reason="the kernels are written in Triton")

from translator.engines.inflight.operations.kernels.cross_attention import SlotCrossAttention
from translator.engines.inflight.operations.kernels.self_attention import SlotSelfAttention
from translator.engines.inflight.operations.kernels.source_attention import RaggedSourceAttention

KERNELS = replace(
    PLAIN,
    attend_source=RaggedSourceAttention(),
    attend_self=SlotSelfAttention(),
    attend_cross=SlotCrossAttention(),
)


@pytest.mark.slow
@pytest.mark.skipif(torch.cuda.is_available(), reason="the engine is on the CPU, kernels are not")
@pytest.mark.parametrize(("beams", "make_launcher"), [(1, eager), (1, late()), (3, late())])
def test_equal_to_generate(beams: int, make_launcher: MakeLauncher) -> None:
    """With shapes of the sentences in slots, and with rounded ones, which reach beyond them."""
    model = tiny_model(beams)
    segments = [
        replace(segment, decoding=Decoding(beams, 5 + 7 * (segment.key % 3)))
        for segment in random_segments(5, seed=beams)
    ]
    expected = by_generate(model, segments)
    engine = make_engine(model, 2, make_launcher, KERNELS)
    engine.submit(segments)
    results: dict[int, DecodedSegment] = {}
    drain(engine, results, len(segments))
    assert results == expected
