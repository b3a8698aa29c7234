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
def store_row(
    into: tl.tensor, row: tl.tensor, split: tl.tensor,
    most: tl.tensor, total: tl.tensor, weighted: tl.tensor,
    SIZE: tl.constexpr, PADDED: tl.constexpr, SPLITS: tl.constexpr,
) -> None:  # fmt: skip
    """Write the result of a row, or its part where there are several splits."""
    item = tl.arange(0, PADDED)
    if SPLITS == 1:
        result = (weighted / total).to(into.dtype.element_ty)
        tl.store(into + row * SIZE + item, result, mask=item < SIZE)
    else:
        start = into + (row * SPLITS + split) * (SIZE + 2)
        tl.store(start + item, weighted, mask=item < SIZE)
        tl.store(start + SIZE, most)
        tl.store(start + SIZE + 1, total)


@triton.jit
def store_rows(
    into: tl.tensor, row: tl.tensor, keep: tl.tensor, split: tl.tensor,
    most: tl.tensor, total: tl.tensor, weighted: tl.tensor,
    SIZE: tl.constexpr, PADDED: tl.constexpr, SPLITS: tl.constexpr,
) -> None:  # fmt: skip
    """Write those of R rows that `keep [R]` names, as `store_row` does."""
    item = tl.arange(0, PADDED)[None, :]
    mask = keep[:, None] & (item < SIZE)
    if SPLITS == 1:
        result = (weighted / total[:, None]).to(into.dtype.element_ty)
        tl.store(into + row[:, None] * SIZE + item, result, mask=mask)
    else:
        start = into + (row * SPLITS + split) * (SIZE + 2)
        tl.store(start[:, None] + item, weighted, mask=mask)
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
