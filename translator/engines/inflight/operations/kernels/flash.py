"""The inner step of attention with several queries: FlashAttention-2 (Dao 2023).

Online softmax: Milakov and Gimelshein, "Online normalizer calculation for softmax" (2018). Scores
are in powers of two, which GPUs compute faster.
"""

import triton
import triton.language as tl

LOG2_E = tl.constexpr(1.4426950408889634)


@triton.jit
def visit(
    query: tl.tensor,
    keys: tl.tensor,
    values: tl.tensor,
    token_stride: tl.tensor,
    start: tl.tensor,
    stop: tl.tensor,
    scaling: tl.tensor,
    most: tl.tensor,
    total: tl.tensor,
    weighted: tl.tensor,
    SIZE: tl.constexpr,
    PADDED: tl.constexpr,
    BLOCK: tl.constexpr,
) -> tuple[tl.tensor, tl.tensor, tl.tensor]:
    """Add the keys and values from `start`, before `stop`, to the online softmax of `query [R, D]`.

    `keys` and `values` point to those of token 0. Returns `most [R]`, the maximum of the scores so
    far, `total [R]`, the sum of the weights 2 ** (score - most), and `weighted [R, D]`, the sum of
    values times weights. All are fp32; weights are rounded to the dtype of the values before they
    are multiplied. At least one token is before `stop`.
    """
    token, item = start + tl.arange(0, BLOCK), tl.arange(0, PADDED)
    inside = token < stop
    at = token[:, None] * token_stride + item[None, :]
    mask = inside[:, None] & (item < SIZE)[None, :]
    key = tl.load(keys + at, mask=mask, other=0.0)
    value = tl.load(values + at, mask=mask, other=0.0)
    score = tl.dot(query, tl.trans(key), input_precision="ieee") * (scaling * LOG2_E)
    score = tl.where(inside[None, :], score, float("-inf"))
    larger = tl.maximum(most, tl.max(score, axis=1))
    scale = tl.exp2(most - larger)
    weight = tl.exp2(score - larger[:, None])
    total = total * scale + tl.sum(weight, axis=1)
    product = tl.dot(weight.to(value.dtype), value, input_precision="ieee")
    return larger, total, weighted * scale[:, None] + product
