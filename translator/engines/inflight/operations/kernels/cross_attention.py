"""Cross-attention of slots: a kernel that reads each source once for all beams of its sentence.

The twin is `MaskedCrossAttention`. Letters as in `state`.

A program computes one head of one sentence. Its beams are the rows of matrix products, padded to
the 16 that tensor cores need: the products are small beside the reading of keys and values. Online
softmax as in FlashAttention-2 (Dao 2023); long sources are split as in FlashDecoding, see
`combine`.
"""

import torch
import triton
import triton.language as tl
from torch import Tensor

from translator.engines.inflight.operations.kernels.combine import (
    combine,
    new_parts,
    store_rows,
)
from translator.engines.inflight.operations.kernels.flash import visit
from translator.engines.inflight.operations.kernels.tiling import tiling
from translator.engines.inflight.operations.types import Context
from translator.engines.inflight.state import Cache, Shape, SlotState


class SlotCrossAttention:
    """One launch per layer, or two where sources are split."""

    def prepare(self, state: SlotState, shape: Shape, slots: Tensor | None = None) -> Context:
        """Return the lengths of the sources `[n]`, and `slots` if given."""
        if slots is None:
            return (state.source_length[: shape.slots],)
        return state.source_length[slots], slots

    def __call__(self, cache: Cache, projected: Tensor, context: Context, shape: Shape) -> Tensor:
        """See SlotAttention; `projected` is contiguous."""
        lengths, *slots = context
        n, beams, heads, size = projected.shape
        assert projected.is_contiguous()
        tiles = tiling(shape.source, size, projected.dtype, n * heads)
        out = projected.new_empty((n, beams, heads * size))
        split = tiles.splits > 1
        into = new_parts(n * beams * heads, size, tiles, out) if split else out
        with torch.cuda.device_of(projected):
            attend_sources[tiles.splits, heads, n](
                projected, cache.cross, lengths, slots[0] if slots else None, into,
                shape.source, *cache.cross.stride()[:-1], size**-0.5,
                BEAMS=beams, ROWS=max(16, triton.next_power_of_2(beams)),
                SIZE=size, PADDED=tiles.padded, BLOCK=tiles.block,
                SPLITS=tiles.splits, num_warps=tiles.warps, num_stages=2,
            )  # fmt: skip
            if split:
                combine(into, out, tiles)
        return out


@triton.jit(do_not_specialize=["source"])
def attend_sources(
    queries: tl.tensor,  # [n, K, H, D]
    cross: tl.tensor,  # [N, 2, H, S, D], with any strides but the last, 1
    lengths: tl.tensor,  # int64 [n]
    slots: tl.tensor | None,  # int64 [n]; None: the first n
    into: tl.tensor,  # [n, K, H, D], or the parts, fp32 [n, K, H, SPLITS, D + 2]
    source: int,  # of the shape
    slot_stride: int, pair_stride: int, head_stride: int, token_stride: int,
    scaling: float,  # of the scores
    BEAMS: tl.constexpr, ROWS: tl.constexpr, SIZE: tl.constexpr, PADDED: tl.constexpr,
    BLOCK: tl.constexpr, SPLITS: tl.constexpr,
) -> None:  # fmt: skip
    """A program per split, head, slot."""
    split, head, slot = tl.program_id(0), tl.program_id(1), tl.program_id(2).to(tl.int64)
    heads = tl.num_programs(1)
    item, beam = tl.arange(0, PADDED), tl.arange(0, ROWS)
    real, living = item < SIZE, beam < BEAMS
    row = (slot * BEAMS + beam) * heads + head
    mask = living[:, None] & real[None, :]
    query = tl.load(queries + row[:, None] * SIZE + item[None, :], mask=mask, other=0.0)
    place = slot
    if slots is not None:
        place = tl.load(slots + slot)
    keys = cross + place * slot_stride + head * head_stride

    # A source that ended may be longer than the shape.
    length = tl.minimum(tl.load(lengths + slot).to(tl.int32), source)
    each = tl.cdiv(tl.cdiv(length, BLOCK), SPLITS) * BLOCK
    first = split * each
    most = tl.full((ROWS,), float("-inf"), tl.float32)
    total = tl.zeros((ROWS,), tl.float32)
    weighted = tl.zeros((ROWS, PADDED), tl.float32)
    stop = tl.minimum(length, first + each)
    for start in range(first, stop, BLOCK):
        most, total, weighted = visit(
            query, keys, keys + pair_stride, token_stride, start, stop, scaling,
            most, total, weighted, SIZE, PADDED, BLOCK,
        )  # fmt: skip

    store_rows(into, row, living, split, most, total, weighted, SIZE, PADDED, SPLITS)
