"""Layer norm (Ba et al., "Layer Normalization", 2016) inside kernels, in fp32."""

from typing import Any

import triton
import triton.language as tl

EPSILON: tl.constexpr = tl.constexpr(1e-5)  # that of torch.layer_norm, which the twins call

_MOST_WARPS = 8
_VALUES_PER_WARP = 256  # of a row: 8 for each of its threads


def row_launch(width: int) -> dict[str, Any]:
    """Return the constexprs and warps of a kernel in which a program holds a row of `width`."""
    block = triton.next_power_of_2(width)
    warps = min(max(1, block // _VALUES_PER_WARP), _MOST_WARPS)
    return {"block": block, "num_warps": warps}


@triton.jit
def normed(row, weight, bias, width, columns):  # type: ignore[no-untyped-def]
    """Return the norm of a row in fp32: first the mean, then the deviations from it.

    `row [block]` in fp32, with 0 where `columns >= width`; `weight`, `bias` point to `[width]`.
    """
    inside = columns < width
    mean = tl.sum(row) / width
    deviation = tl.where(inside, row - mean, 0.0)
    variance = tl.sum(deviation * deviation) / width
    factor = tl.load(weight + columns, mask=inside, other=0.0).to(tl.float32)
    offset = tl.load(bias + columns, mask=inside, other=0.0).to(tl.float32)
    return deviation * tl.rsqrt(variance + EPSILON) * factor + offset
