"""Self-attention of sources, in the encoder: a kernel that reads each sentence's own length.

The twin is `MaskedSourceAttention`. FlashAttention-2 (Dao 2023), with a length per sentence in
place of a mask. Hidden states stay padded: admissions are grouped by length, so that padding is
small, and the other layers of the encoder compute with it in any case.
"""

import torch
import triton
import triton.language as tl
from torch import Tensor

from translator.engines.inflight.operations.kernels.flash import visit
from translator.engines.inflight.operations.kernels.tiling import tiling
from translator.engines.inflight.operations.types import Context


class RaggedSourceAttention:
    """One launch per layer."""

    def prepare(self, lengths: Tensor, source: int, dtype: torch.dtype) -> Context:
        """Return the lengths `[n]`."""
        return (lengths,)

    def __call__(self, projected: Tensor, context: Context) -> Tensor:
        """See SourceAttention; `projected` is contiguous. What belongs to padding is 0."""
        (lengths,) = context
        n, source, _, heads, size = projected.shape
        assert projected.is_contiguous()
        tiles = tiling(source, size, projected.dtype, n * heads)
        out = projected.new_empty((n, source, heads * size))
        with torch.cuda.device_of(projected):
            attend_tokens[triton.cdiv(source, tiles.block), heads, n](
                projected, lengths, out, source, size**-0.5,
                SIZE=size, PADDED=tiles.padded, BLOCK=tiles.block, num_warps=4, num_stages=2,
            )  # fmt: skip
        return out


@triton.jit(do_not_specialize=["source"])
def attend_tokens(
    projected: tl.tensor,  # [n, S, 3, H, D]
    lengths: tl.tensor,  # int64 [n]
    out: tl.tensor,  # [n, S, H, D]
    source: int,  # S
    scaling: float,  # of the scores
    SIZE: tl.constexpr, PADDED: tl.constexpr, BLOCK: tl.constexpr,
) -> None:  # fmt: skip
    """A program per block of queries, head, sentence."""
    block, head, sentence = tl.program_id(0), tl.program_id(1), tl.program_id(2).to(tl.int64)
    heads = tl.num_programs(1)
    part = heads * SIZE  # from queries to keys to values of the same token
    item = tl.arange(0, PADDED)
    token = block * BLOCK + tl.arange(0, BLOCK)
    length = tl.load(lengths + sentence).to(tl.int32)
    inside, real = token < length, item < SIZE
    start_of = projected + sentence * source * 3 * part + head * SIZE
    query = tl.load(
        start_of + token[:, None] * 3 * part + item[None, :],
        mask=inside[:, None] & real[None, :],
        other=0.0,
    )
    most = tl.full((BLOCK,), float("-inf"), tl.float32)
    total = tl.zeros((BLOCK,), tl.float32)
    weighted = tl.zeros((BLOCK, PADDED), tl.float32)
    stop = tl.where(block * BLOCK < length, length, 0)  # a block of padding reads nothing
    for start in range(0, stop, BLOCK):
        most, total, weighted = visit(
            query, start_of + part, start_of + 2 * part, 3 * part, start, stop, scaling,
            most, total, weighted, SIZE, PADDED, BLOCK,
        )  # fmt: skip
    # Padding becomes 0, and not NaN: the layers that follow compute with it.
    total = tl.where(inside, total, float("inf"))
    result = weighted / total[:, None]
    tl.store(
        out + ((sentence * source + token[:, None]) * heads + head) * SIZE + item[None, :],
        result.to(out.dtype.element_ty),
        mask=(token < source)[:, None] & real[None, :],
    )
