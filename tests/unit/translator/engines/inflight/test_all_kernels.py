"""The engine gives the tokens of `generate` with all kernels at once."""

from typing import Any

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
from translator.engines.inflight.operations.candidates import CANDIDATES
from translator.engines.inflight.operations.types import Operations

pytest.importorskip("triton", reason="kernels need Triton")

DECODINGS = (
    Decoding(1, 25),
    Decoding(1, 8, no_repeat_ngram=2),
    Decoding(4, 8, 0.6, "never", hypotheses=3, no_repeat_ngram=2),
    Decoding(3, 5, 2.0, False),
    Decoding(5, 8, 0.0, True, hypotheses=5),
    Decoding(2, 8, 1.0, False, hypotheses=2),
)


@pytest.mark.long
@pytest.mark.slow
@pytest.mark.parametrize(
    ("residual", "make_launcher"), [("fused_linear", late()), ("residual_norm", eager)]
)
@pytest.mark.skipif(torch.cuda.is_available(), reason="kernels are not interpreted with a GPU")
def test_equal_to_generate(residual: str, make_launcher: MakeLauncher) -> None:
    """With rounded shapes, which reach beyond the sentences in slots, and with exact ones."""
    model = tiny_model(0)
    segments = [
        segment._replace(decoding=DECODINGS[segment.key % len(DECODINGS)])
        for segment in random_segments(len(DECODINGS), 0)
    ]
    made: dict[str, Any] = {
        each.operation: each.make()
        for each in CANDIDATES
        if each.operation != "residual" or each.name == residual
    }
    engine = make_engine(model, 2, make_launcher, Operations(**made))
    results: dict[int, DecodedSegment] = {}
    engine.submit(segments)
    drain(engine, results, len(segments))
    assert results == by_generate(model, segments)
