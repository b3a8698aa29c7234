"""The kernel of cross-attention gives what its twin in plain torch gives."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from tests.unit.translator.engines.inflight.operations.states import (
    DEVICE,
    assert_close,
    attended,
    copied,
    random_state,
)
from translator.engines.inflight.operations.attention import MaskedCrossAttention
from translator.engines.inflight.state import Shape, SlotState

pytest.importorskip("triton", reason="the kernels are written in Triton")

from translator.engines.inflight.operations.kernels.cross_attention import SlotCrossAttention
from translator.engines.inflight.operations.kernels.tiling import tiling

TWIN, KERNEL = MaskedCrossAttention(), SlotCrossAttention()


def random_queries(state: SlotState, n: int) -> Tensor:
    """Return queries `[n, K, H, D]`."""
    _, _, heads, _, size = state.caches[0].cross.shape
    queries = torch.randn(n, state.beams, heads, size, generator=torch.Generator().manual_seed(1))
    return queries.to(state.caches[0].cross)


def check(state: SlotState, source: int) -> None:
    """Compare results for sources of up to `source` tokens."""
    n = state.slots
    queries, shape = random_queries(state, n), Shape(n, source, 1)
    expected = attended(TWIN, copied(state, torch.float32), queries.float(), shape)
    actual = attended(KERNEL, state, queries, shape)
    assert_close(actual, expected, state.caches[0].cross[:n])


@given(st.data())
@settings(max_examples=20)
def test_equals_twin(data: st.DataObject) -> None:
    source = data.draw(st.integers(1, 40), "source")
    lengths = data.draw(st.lists(st.integers(1, source), min_size=1, max_size=3), "lengths")
    state = random_state(
        data.draw(st.integers(1, 8), "beams"),
        [0] * len(lengths),
        lengths,
        data.draw(st.sampled_from([torch.float32, torch.bfloat16]), "dtype"),
        size=data.draw(st.sampled_from([3, 8, 16, 24]), "size"),
        source=40,
        as_on_gpu=data.draw(st.booleans(), "as on GPU"),
        seed=data.draw(st.integers(0, 99), "seed"),
    )
    check(state, source)


@pytest.mark.parametrize("beams", range(1, 9))
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_equals_twin_with_every_number_of_beams(beams: int, dtype: torch.dtype) -> None:
    check(random_state(beams, [0] * 3, [19, 1, 2], dtype, as_on_gpu=beams % 2 == 0), source=20)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_equals_twin_at_the_edges_of_blocks(dtype: torch.dtype) -> None:
    block = tiling(200, 8, dtype, 1).block
    edges = [at + off for at in (16, 32, block, 2 * block) for off in (-1, 0, 1)]
    check(random_state(2, [0] * len(edges), edges, dtype, source=200), source=200)


@pytest.mark.parametrize("as_on_gpu", [False, True])
@pytest.mark.parametrize("beams", [1, 5])
def test_equals_twin_where_sources_are_split(beams: int, as_on_gpu: bool) -> None:
    lengths = [1, 63, 64, 65, 128, 129, 256, 511, 512]
    assert tiling(512, 8, torch.float32, 2 * len(lengths)).splits == 4
    state = random_state(beams, [0] * 9, lengths, source=512, as_on_gpu=as_on_gpu)
    check(state, source=512)


def test_a_source_that_ended_may_be_longer_than_the_shape() -> None:
    check(random_state(2, [0] * 3, [20, 16, 17], source=24), source=16)


@pytest.mark.parametrize("source", [16, 256])
def test_equals_twin_on_slots_that_are_named(source: int) -> None:
    """In any order, the spare one too, which pads admissions."""
    state = random_state(1, [0] * 4, [3, 16, 1, 9], source=source)
    slots = torch.tensor([2, 0, 4, 1, 4], device=DEVICE)
    queries, shape = random_queries(state, len(slots)), Shape(len(slots), source, 1)
    expected, actual = (
        attention(state.caches[0], queries, attention.prepare(state, shape, slots), shape)
        for attention in (TWIN, KERNEL)
    )
    torch.testing.assert_close(actual, expected, rtol=0, atol=1e-5)


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")  # numpy's, which interprets
@pytest.mark.parametrize("beams", [1, 4])
def test_nan_stays_in_its_slot(beams: int) -> None:
    state = random_state(beams, [0] * 3, [9] * 3)
    queries, shape = random_queries(state, 3), Shape(3, 16, 1)
    expected = attended(TWIN, copied(state, torch.float32), queries, shape)
    state.caches[0].cross[1] = torch.nan
    result = attended(KERNEL, state, queries, shape)
    assert result[1].isnan().all()
    torch.testing.assert_close(result[::2], expected[::2], rtol=0, atol=1e-5)


@pytest.mark.parametrize("source", [24, 256])
def test_reads_only_the_tokens_of_each_source(source: int) -> None:
    """What else is in the cache is NaN, which would spoil the result."""
    state = random_state(3, [0] * 3, [1, 7, 20], source=source)
    queries, shape = random_queries(state, 3), Shape(3, source, 1)
    expected = attended(TWIN, copied(state, torch.float32), queries, shape)
    spoilt = state.caches[0].cross.clone()
    for slot, length in enumerate(state.source_length[:3].tolist()):
        spoilt[slot, :, :, length:] = torch.nan
    cache = replace(state.caches[0], cross=spoilt)
    result = attended(KERNEL, replace(state, caches=(cache,)), queries, shape)
    torch.testing.assert_close(result, expected, rtol=0, atol=1e-5)
