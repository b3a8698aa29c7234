"""The kernel of Embed gives what plain torch gives."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.translator.engines.inflight.tiny import make_network, tiny_model
from translator.engines.inflight.operations import sublayers
from translator.engines.inflight.projection import Rows
from translator.engines.inflight.weights import LayerNorm, Weights

pytest.importorskip("triton", reason="Triton is not installed")

from translator.engines.inflight.operations.kernels.embedding import embed

VOCABULARY, POSITIONS, PAD = 40, 30, 1
WIDTHS = (1, 15, 16, 17, 48, 64)


@pytest.fixture(scope="module")
def weights() -> Weights:
    return make_network(tiny_model(0)).weights


def of_width(weights: Weights, width: int, dtype: torch.dtype, stored: torch.dtype) -> Weights:
    """Return the weights with a random embedding of `width`, kept in `stored`."""
    rows = torch.randn(VOCABULARY, width).to(dtype).to(stored)
    positions = torch.randn(POSITIONS, width).to(dtype)
    positions[PAD] = 0
    return replace(
        weights,
        decoder_embedding=Rows(rows, dtype),
        decoder_positions=positions,
        scale=width**0.5,
        pad=PAD,
    )


@given(
    st.integers(0, 9_999), st.integers(1, 9), st.integers(1, 8), st.sampled_from(WIDTHS),
    st.sampled_from([torch.float32, torch.bfloat16, torch.float16]), st.booleans(),
)  # fmt: skip
@settings(max_examples=25)
def test_equal_to_the_twin(
    weights: Weights, seed: int, n: int, beams: int, width: int, dtype: torch.dtype, wide: bool
) -> None:
    """Hidden states bit by bit; their norm within a rounding of each side."""
    torch.manual_seed(seed)
    weights = of_width(weights, width, dtype, torch.float32 if wide else dtype)
    norm = LayerNorm(torch.randn(width).to(dtype), torch.randn(width).to(dtype))
    tokens = torch.randint(0, VOCABULARY, (n, beams))
    tokens[torch.rand(n, beams) < 0.2] = PAD
    positions = torch.randint(0, POSITIONS - 2, (n,))
    expected_hidden, expected = sublayers.embed(weights, tokens, positions, norm)
    hidden, result = embed(weights, tokens, positions, norm)
    torch.testing.assert_close(hidden, expected_hidden, rtol=0, atol=0)
    rounding = torch.finfo(dtype).eps if dtype != torch.float32 else 1e-5
    # The last sum may cancel: what is rounded is as large as its parts.
    size = (expected.float() - norm.bias.float()).abs() + norm.bias.float().abs()
    assert ((result.float() - expected.float()).abs() <= rounding * (1 + size)).all()


def test_nan_stays_in_its_row(weights: Weights) -> None:
    weights = of_width(weights, 16, torch.float32, torch.float32)
    assert isinstance(weights.decoder_embedding, Rows)
    weights.decoder_embedding.weight[7] = torch.nan
    norm = LayerNorm(torch.ones(16), torch.zeros(16))
    tokens = torch.tensor([[3, 7], [4, 5]])
    for result in embed(weights, tokens, torch.tensor([0, 9]), norm):
        assert result.isnan().all(dim=2).tolist() == [[False, True], [False, False]]
        assert result.isnan().any(dim=2).tolist() == [[False, True], [False, False]]
