"""The kernel of self-attention gives what its twin in plain torch gives."""

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
from translator.engines.inflight.operations.attention import MaskedSelfAttention
from translator.engines.inflight.state import Shape, SlotState

pytest.importorskip("triton", reason="the kernels are written in Triton")

from translator.engines.inflight.operations.kernels.self_attention import SlotSelfAttention
from translator.engines.inflight.operations.kernels.tiling import tiling

TWIN, KERNEL = MaskedSelfAttention(), SlotSelfAttention()


def random_projected(state: SlotState, n: int, seed: int = 0) -> Tensor:
    """Return queries, keys and values `[n, K, 3, H, D]`."""
    _, _, heads, _, _, size = state.caches[0].own.shape
    generator = torch.Generator().manual_seed(seed)
    projected = torch.randn(n, state.beams, 3, heads, size, generator=generator)
    return projected.to(state.caches[0].own)


def check(state: SlotState, length: int, slots: int | None = None) -> None:
    """Compare results, and everything that is in the caches afterwards."""
    n = state.slots if slots is None else slots
    projected = random_projected(state, n)
    shape = Shape(n, state.source, length)
    twin_state = copied(state, torch.float32)
    expected = attended(TWIN, twin_state, projected.float(), shape)
    own = state.caches[0].own
    assert_close(attended(KERNEL, state, projected, shape), expected, own[:n])
    assert torch.equal(own.float(), twin_state.caches[0].own)


@given(st.data())
@settings(max_examples=20)
def test_equals_twin(data: st.DataObject) -> None:
    length = data.draw(st.integers(1, 40), "length")
    positions = data.draw(st.lists(st.integers(0, length - 1), min_size=1, max_size=2), "positions")
    state = random_state(
        data.draw(st.integers(1, 8), "beams"),
        positions,
        [1] * len(positions),
        data.draw(st.sampled_from([torch.float32, torch.bfloat16]), "dtype"),
        heads=1,
        size=data.draw(st.sampled_from([3, 8, 16]), "size"),
        as_on_gpu=data.draw(st.booleans(), "as on GPU"),
        seed=data.draw(st.integers(0, 99), "seed"),
    )
    check(state, length, data.draw(st.integers(1, len(positions)), "slots"))


@pytest.mark.parametrize("beams", range(1, 9))
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_equals_twin_with_every_number_of_beams(beams: int, dtype: torch.dtype) -> None:
    state = random_state(beams, [19, 0, 1], [1] * 3, dtype, as_on_gpu=beams % 2 == 0)
    check(state, length=20)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_equals_twin_at_the_edges_of_blocks(dtype: torch.dtype) -> None:
    block = tiling(200, 8, dtype, 1).block
    edges = [at + off for at in (16, 32, block, 2 * block) for off in (-1, 0, 1)]
    check(random_state(2, edges, [1] * len(edges), dtype, heads=1, capacity=200), length=200)


@pytest.mark.parametrize("as_on_gpu", [False, True])
@pytest.mark.parametrize("beams", [1, 3])
def test_equals_twin_where_sentences_are_split(beams: int, as_on_gpu: bool) -> None:
    positions = [0, 1, 63, 64, 65, 127, 128, 129, 299]
    assert tiling(300, 8, torch.float32, beams * len(positions)).splits == 2
    state = random_state(beams, positions, [1] * 9, heads=1, capacity=300, as_on_gpu=as_on_gpu)
    check(state, length=300)


@pytest.mark.parametrize("length", [16, 256])
def test_equals_twin_in_slots_that_ended_beyond_the_shape(length: int) -> None:
    positions = [length - 1, length, length + 1, length + 9]
    check(random_state(2, positions, [1] * 4, heads=1, capacity=length + 10), length)


def test_a_slot_beyond_its_cache_writes_nothing() -> None:
    state = random_state(2, [16, 3], [1, 1], capacity=16)
    own = state.caches[0].own
    before = own.clone()
    result = attended(KERNEL, state, random_projected(state, 2), Shape(2, 1, 16))
    assert torch.isfinite(result).all()
    own[1, :, :, 3] = before[1, :, :, 3]
    assert torch.equal(own, before)


def test_an_empty_slot_gives_finite_numbers() -> None:
    state = random_state(3, [5, 0], [1, 1])
    for cache in state.caches:
        cache.own[1] = 0.0
    check(state, 16)


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")  # numpy's, which interprets
@pytest.mark.parametrize("beams", [1, 4])
def test_nan_stays_in_its_slot(beams: int) -> None:
    state = random_state(beams, [9, 9, 9], [1] * 3)
    projected, shape = random_projected(state, 3), Shape(3, 1, 16)
    expected = attended(TWIN, copied(state, torch.float32), projected, shape)
    state.caches[0].own[1] = torch.nan
    projected[1] = torch.nan
    result = attended(KERNEL, state, projected, shape)
    assert result[1].isnan().all()
    torch.testing.assert_close(result[::2], expected[::2], rtol=0, atol=1e-5)


@pytest.mark.parametrize("length", [32, 256])
def test_reads_only_what_the_beams_descend_from(length: int) -> None:
    """What else is in the cache is NaN, which would spoil the result."""
    state = random_state(3, [0, 7, 20], [1] * 3, capacity=length)
    projected, shape = random_projected(state, 3), Shape(3, 1, length)
    expected = attended(TWIN, copied(state, torch.float32), projected, shape)
    used = torch.zeros(3, length, 3, dtype=torch.bool, device=DEVICE)
    for slot, position in enumerate(state.position[:3].tolist()):
        for time in range(position):
            used[slot, time, state.ancestor[slot, :, time]] = True
    own = state.caches[0].own
    hidden = torch.where(used[:, None, None, :, :, None], own[:3], torch.nan)
    spoilt = own.clone()
    spoilt[:3] = hidden
    cache = replace(state.caches[0], own=spoilt)
    result = attended(KERNEL, replace(state, caches=(cache,)), projected, shape)
    torch.testing.assert_close(result, expected, rtol=0, atol=1e-5)
