"""The kernel of the encoder's attention gives what its twin in plain torch gives."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from tests.unit.translator.engines.inflight.operations.states import DEVICE, assert_close
from translator.engines.inflight.operations.attention import MaskedSourceAttention
from translator.engines.inflight.operations.types import SourceAttention

pytest.importorskip("triton", reason="the kernels are written in Triton")

from translator.engines.inflight.operations.kernels.source_attention import RaggedSourceAttention

TWIN, KERNEL = MaskedSourceAttention(), RaggedSourceAttention()


def random_projected(
    sentences: int, source: int, size: int = 8, dtype: torch.dtype = torch.float32, seed: int = 0
) -> Tensor:
    """Return queries, keys and values `[n, S, 3, H, D]` of two heads."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(sentences, source, 3, 2, size, generator=generator).to(DEVICE, dtype)


def attended(attention: SourceAttention, projected: Tensor, lengths: list[int]) -> Tensor:
    """Run an operation."""
    counts = torch.tensor(lengths, device=DEVICE)
    context = attention.prepare(counts, projected.shape[1], projected.dtype)
    return attention(projected, context)


def check(projected: Tensor, lengths: list[int]) -> None:
    """Compare the results of tokens; those of padding must be 0."""
    expected = attended(TWIN, projected.float(), lengths)
    actual = attended(KERNEL, projected, lengths)
    for row, length in zip(expected, lengths, strict=True):
        row[length:] = 0.0
    assert_close(actual, expected, projected[:, :, 2])


@given(st.data())
@settings(max_examples=20)
def test_equals_twin(data: st.DataObject) -> None:
    source = data.draw(st.integers(1, 70), "source")
    lengths = data.draw(st.lists(st.integers(1, source), min_size=1, max_size=3), "lengths")
    size = data.draw(st.sampled_from([3, 8, 16, 24]), "size")
    dtype = data.draw(st.sampled_from([torch.float32, torch.bfloat16]), "dtype")
    seed = data.draw(st.integers(0, 99), "seed")
    check(random_projected(len(lengths), source, size, dtype, seed), lengths)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("source", [15, 16, 17, 33, 64, 65, 130])
def test_equals_twin_at_the_edges_of_blocks(source: int, dtype: torch.dtype) -> None:
    edges = sorted({min(source, at + off) for at in (16, 32, 64, 128) for off in (-1, 0, 1)})
    check(random_projected(len(edges), source, dtype=dtype), edges)


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")  # numpy's, which interprets
def test_nan_stays_in_its_sentence() -> None:
    projected, lengths = random_projected(3, 20), [20, 9, 3]
    expected = attended(TWIN, projected, lengths)
    projected[1] = torch.nan
    result = attended(KERNEL, projected, lengths)
    assert result[1, :9].isnan().all()
    for sentence in (0, 2):
        tokens = slice(lengths[sentence])
        there = result[sentence, tokens], expected[sentence, tokens]
        torch.testing.assert_close(*there, rtol=0, atol=1e-5)


def test_padding_is_not_read() -> None:
    """It is NaN, which would spoil the result."""
    projected, lengths = random_projected(3, 40), [40, 1, 17]
    expected = attended(TWIN, projected, lengths)
    for sentence, length in enumerate(lengths):
        projected[sentence, length:] = torch.nan
    result = attended(KERNEL, projected, lengths)
    for sentence, length in enumerate(lengths):
        there = result[sentence, :length], expected[sentence, :length]
        torch.testing.assert_close(*there, rtol=0, atol=1e-5)
        assert (result[sentence, length:] == 0).all()
