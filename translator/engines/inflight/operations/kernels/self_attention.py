"""Self-attention of slots: a kernel that reads what each beam descends from, and nothing else.

The twin is `MaskedSelfAttention`. Letters as in `state`.

Online softmax: Milakov and Gimelshein, "Online normalizer calculation for softmax" (2018), as in
FlashAttention-2 (Dao 2023). Split over time: FlashDecoding, see `combine`. Slots that are at
different positions in one step: Orca (Yu et al. 2022).

A program computes one head of one beam. It gathers rows of D values by `ancestor`: beams that share
ancestors run side by side, so that only the first reads a shared row from memory and the others
find it in the L2 cache. One program for all beams of a sentence would read shared rows once, but
there would be a K-th of the programs (16 for one sentence, on 132 multiprocessors), each with K
times the work and registers, and reading without a gather would read all K columns, of which few
have descendants: the beams of a sentence mostly differ in their last tokens.
"""

import math

import torch
import triton
import triton.language as tl
from torch import Tensor

from translator.engines.inflight.operations.kernels.combine import (
    combine,
    new_parts,
    store_row,
)
from translator.engines.inflight.operations.kernels.flash import LOG2_E
from translator.engines.inflight.operations.kernels.tiling import tiling
from translator.engines.inflight.operations.types import Context
from translator.engines.inflight.state import Cache, Shape, SlotState


class SlotSelfAttention:
    """One launch per layer, or two where sentences are split."""

    def prepare(self, state: SlotState, shape: Shape) -> Context:
        """Return the positions `[n]` and the ancestors `[n, K, T]`."""
        return state.position[: shape.slots], state.ancestor[: shape.slots]

    def __call__(self, cache: Cache, projected: Tensor, context: Context, shape: Shape) -> Tensor:
        """See SlotAttention; `projected` is contiguous.

        A slot that is done may be at a position beyond the shape: it attends to the columns inside
        the shape, as in the twin.
        """
        position, ancestor = context
        n, beams, _, heads, size = projected.shape
        assert projected.is_contiguous()
        assert ancestor.is_contiguous()
        tiles = tiling(shape.length, size, projected.dtype, n * beams * heads)
        alignment = math.gcd(16, size * projected.itemsize)
        out = projected.new_empty((n, beams, heads * size))
        split = tiles.splits > 1
        into = new_parts(n * beams * heads, size, tiles, out) if split else out
        with torch.cuda.device_of(projected):
            attend_slots[beams * tiles.splits, heads, n](
                projected, cache.own, ancestor, position, into,
                shape.length, ancestor.shape[2], *cache.own.stride()[:-1], size**-0.5,
                BEAMS=beams, SIZE=size, PADDED=tiles.padded, BLOCK=tiles.block,
                SPLITS=tiles.splits, ALIGNMENT=alignment, num_warps=tiles.warps,
            )  # fmt: skip
            if split:
                combine(into, out, tiles)
        return out


@triton.jit
def _visit(
    query: tl.tensor,
    key: tl.tensor,
    value: tl.tensor,
    there: tl.tensor,
    most: tl.tensor,
    total: tl.tensor,
    weighted: tl.tensor,
) -> tuple[tl.tensor, tl.tensor, tl.tensor]:
    """Add a block of keys and values, where `there`, to the online softmax of one query."""
    score = tl.sum(query[None, :] * key, axis=1)
    score = tl.where(there, score, float("-inf"))
    larger = tl.maximum(most, tl.max(score, axis=0))
    scale = tl.exp2(most - larger)
    weight = tl.exp2(score - larger)
    total = total * scale + tl.sum(weight, axis=0)
    weighted = weighted * scale + tl.sum(weight[:, None] * value, axis=0)
    return larger, total, weighted


@triton.jit
def _append(
    key: tl.tensor, to_value: tl.tensor, there: tl.tensor, pair_stride: tl.tensor,
    SIZE: tl.constexpr, PADDED: tl.constexpr,
) -> None:  # fmt: skip
    """Copy a new key of D values, and its value, to `there` in the cache."""
    item = tl.arange(0, PADDED)
    real = item < SIZE
    tl.store(there + item, tl.load(key + item, mask=real), mask=real)
    value = tl.load(key + to_value + item, mask=real)
    tl.store(there + pair_stride + item, value, mask=real)


@triton.jit
def _gathered(
    rows: tl.tensor, inside: tl.tensor, SIZE: tl.constexpr, PADDED: tl.constexpr
) -> tl.tensor:
    """Load the rows of D values that pointers `rows` point to, where `inside`, as fp32."""
    item = tl.arange(0, PADDED)[None, :]
    mask = inside[:, None] & (item < SIZE)
    return tl.load(rows[:, None] + item, mask=mask, other=0.0).to(tl.float32)


@triton.jit
def _attend(
    query: tl.tensor, fresh: tl.tensor, part: tl.tensor,
    cache: tl.tensor, pair_stride: tl.tensor, time_stride: tl.tensor, beam_stride: tl.tensor,
    line: tl.tensor, now: tl.tensor, first: tl.tensor, stop: tl.tensor,
    BEAMS: tl.constexpr, SIZE: tl.constexpr, PADDED: tl.constexpr, BLOCK: tl.constexpr,
    ALIGNMENT: tl.constexpr,
) -> tuple[tl.tensor, tl.tensor, tl.tensor]:  # fmt: skip
    """Return the online softmax of a query over the times from `first` to before `stop`."""
    most, total = float("-inf"), 0.0
    weighted = tl.zeros((PADDED,), tl.float32)
    for start in range(first, stop, BLOCK):
        time = start + tl.arange(0, BLOCK)
        inside = time < stop
        column = tl.zeros((BLOCK,), tl.int32)
        if BEAMS > 1:
            column = tl.load(line + time, mask=inside, other=0).to(tl.int32)
        stored = cache + time * time_stride + column * beam_stride
        # Another program may be writing the new key and value to the cache.
        new = fresh + (column * 3 + 1) * part
        key = tl.where(time == now, new, stored)
        value = tl.where(time == now, new + part, stored + pair_stride)
        # The compiler does not see it through `where`, and would load values one by one.
        keys = _gathered(tl.multiple_of(key, ALIGNMENT), inside, SIZE, PADDED)
        values = _gathered(tl.multiple_of(value, ALIGNMENT), inside, SIZE, PADDED)
        most, total, weighted = _visit(query, keys, values, inside, most, total, weighted)
    return most, total, weighted


@triton.jit(do_not_specialize=["length", "capacity"])
def attend_slots(
    projected: tl.tensor,  # [n, K, 3, H, D]
    own: tl.tensor,  # [N, 2, H, T, K, D], with any strides but the last, 1
    ancestor: tl.tensor,  # int64 [n, K, T]
    position: tl.tensor,  # int64 [n]
    into: tl.tensor,  # [n, K, H, D], or the parts, fp32 [n, K, H, SPLITS, D + 2]
    length: int, capacity: int,  # of the shape; T
    slot_stride: int, pair_stride: int, head_stride: int, time_stride: int, beam_stride: int,
    scaling: float,  # of the scores
    BEAMS: tl.constexpr, SIZE: tl.constexpr, PADDED: tl.constexpr, BLOCK: tl.constexpr,
    SPLITS: tl.constexpr,
    ALIGNMENT: tl.constexpr,  # of each row of D values, in bytes, at most 16
) -> None:  # fmt: skip
    """A program per beam and split, head, slot."""
    beam, split = tl.program_id(0) // SPLITS, tl.program_id(0) % SPLITS
    head, slot = tl.program_id(1), tl.program_id(2).to(tl.int64)
    heads = tl.num_programs(1)
    now = tl.load(position + slot).to(tl.int32)
    item = tl.arange(0, PADDED)
    real = item < SIZE
    part = heads * SIZE  # from queries to keys to values of the same beam
    fresh = projected + slot * BEAMS * 3 * part + head * SIZE
    cache = own + slot * slot_stride + head * head_stride
    line = ancestor + (slot * BEAMS + beam) * capacity

    if (split == 0) & (now < capacity):
        there = cache + now * time_stride + beam * beam_stride
        _append(fresh + (beam * 3 + 1) * part, part, there, pair_stride, SIZE, PADDED)
    query = tl.load(fresh + beam * 3 * part + item, mask=real, other=0.0).to(tl.float32)
    query *= scaling * LOG2_E
    seen = tl.minimum(now + 1, length)
    each = tl.cdiv(tl.cdiv(seen, BLOCK), SPLITS) * BLOCK
    first = split * each
    most, total, weighted = _attend(
        query, fresh, part, cache, pair_stride, time_stride, beam_stride, line, now,
        first, tl.minimum(seen, first + each), BEAMS, SIZE, PADDED, BLOCK, ALIGNMENT,
    )  # fmt: skip
    row = (slot * BEAMS + beam) * heads + head
    store_row(into, row, split, most, total, weighted, SIZE, PADDED, SPLITS)
