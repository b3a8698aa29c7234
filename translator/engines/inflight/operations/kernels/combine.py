"""Combines what several programs found in parts of the same keys: FlashDecoding's second launch.

Dao, Haziza, Massa, Sizov, "Flash-Decoding for long-context inference" (2023). A part is D + 2
values in fp32: the sum of the values weighted by 2 ** (score - maximum), then the maximum of the
scores (times log2 e), then the sum of the weights. A part without keys has maximum -inf, sum 0.
"""

import torch
import triton
import triton.language as tl
from torch import Tensor

from translator.engines.inflight.operations.kernels.tiling import Tiling


def new_parts(rows: int, size: int, tiling: Tiling, like: Tensor) -> Tensor:
    """Return memory for the parts of `rows` queries, `[rows, splits, D + 2]`."""
    shape = rows, tiling.splits, size + 2
    return torch.empty(shape, dtype=torch.float32, device=like.device)


def combine(parts: Tensor, out: Tensor, tiling: Tiling) -> None:
    """`[rows, splits, D + 2]` → `out`, a contiguous tensor of rows · D values."""
    rows, splits, size = parts.shape
    combine_parts[(rows,)](
        parts, out, SIZE=size - 2, PADDED=tiling.padded, SPLITS=splits, num_warps=1
    )


@triton.jit
def store_part(
    start: tl.tensor,
    most: tl.tensor,
    total: tl.tensor,
    weighted: tl.tensor,
    SIZE: tl.constexpr,
    PADDED: tl.constexpr,
) -> None:
    """Write the part of one row at the pointer `start`."""
    value = tl.arange(0, PADDED)
    tl.store(start + value, weighted, mask=value < SIZE)
    tl.store(start + SIZE, most)
    tl.store(start + SIZE + 1, total)


@triton.jit
def store_parts(
    start: tl.tensor,
    keep: tl.tensor,
    most: tl.tensor,
    total: tl.tensor,
    weighted: tl.tensor,
    SIZE: tl.constexpr,
    PADDED: tl.constexpr,
) -> None:
    """Write the parts of those of R rows that `keep [R]` names, at the pointers `start [R]`."""
    value = tl.arange(0, PADDED)
    mask = keep[:, None] & (value < SIZE)[None, :]
    tl.store(start[:, None] + value[None, :], weighted, mask=mask)
    tl.store(start + SIZE, most, mask=keep)
    tl.store(start + SIZE + 1, total, mask=keep)


@triton.jit
def combine_parts(
    parts: tl.tensor,
    out: tl.tensor,
    SIZE: tl.constexpr,
    PADDED: tl.constexpr,
    SPLITS: tl.constexpr,
) -> None:
    """A program per row."""
    row = tl.program_id(0).to(tl.int64)
    value = tl.arange(0, PADDED)
    start = parts + (row * SPLITS + tl.arange(0, SPLITS)) * (SIZE + 2)
    most = tl.load(start + SIZE)
    total = tl.load(start + SIZE + 1)
    weighted = tl.load(start[:, None] + value[None, :], mask=(value < SIZE)[None, :], other=0.0)
    scale = tl.exp2(most - tl.max(most, axis=0))
    result = tl.sum(weighted * scale[:, None], axis=0) / tl.sum(total * scale, axis=0)
    tl.store(out + row * SIZE + value, result.to(out.dtype.element_ty), mask=value < SIZE)
