"""The operation Residual, in two ways.

`residual_norm` leaves the products to cuBLAS and does all else in one kernel: 3 launches.
`fused_linear` multiplies in kernels of its own, which do the rest beside it: 2 launches. With few
rows a product takes as long as reading its weight (2 MB for d = 1,024: less than a microsecond on
an H100), about as long as a launch or less, so fewer launches should win. With many rows (about 64
and more) the tiles of a product read each other's rows and weights again, which cuBLAS avoids with
larger tiles and by splitting long sums, and the two launches matter less. What wins on a card is
measured when a worker starts. Weights in 8 bits are read only by `fused_linear`.

Both want everything on one device.
"""

import torch
import triton
import triton.language as tl
from torch import Tensor

from translator.engines.inflight.narrow import NarrowLinear
from translator.engines.inflight.operations.kernels.layer_norm import normed, row_launch
from translator.engines.inflight.operations.kernels.product import add_product, norm_product
from translator.engines.inflight.projection import Linear, Projection
from translator.engines.inflight.weights import LayerNorm


def residual_norm(
    hidden: Tensor,
    x: Tensor,
    out: Projection,
    norm: LayerNorm,
    then: Projection | None,
    *,
    relu: bool = False,
) -> tuple[Tensor, Tensor]:
    """See Residual; a product, a kernel, a product."""
    assert isinstance(out, Linear)
    product = torch.mm(x.flatten(0, -2), out.weight.t())
    hidden, norm_of_it = _add_norm(hidden, product, out.bias, norm)
    if then is None:
        return hidden, norm_of_it
    assert isinstance(then, Linear)
    flat = norm_of_it.flatten(0, -2)
    multiply = torch._addmm_activation if relu else torch.addmm  # the first ends in ReLU
    return hidden, multiply(then.bias, flat, then.weight.t()).view(*x.shape[:-1], -1)


def fused_linear(
    hidden: Tensor,
    x: Tensor,
    out: Projection,
    norm: LayerNorm,
    then: Projection | None,
    *,
    relu: bool = False,
) -> tuple[Tensor, Tensor]:
    """See Residual; two kernels, or one and torch's norm."""
    assert isinstance(out, Linear | NarrowLinear)
    hidden = add_product(hidden, x, out)
    if then is None:
        return hidden, norm(hidden)
    assert isinstance(then, Linear | NarrowLinear)
    return hidden, norm_product(hidden, norm, then, relu=relu)


def _add_norm(
    hidden: Tensor, product: Tensor, bias: Tensor, norm: LayerNorm
) -> tuple[Tensor, Tensor]:
    """Return `hidden + product + bias` and its norm, `[n, K, d]` each."""
    width = hidden.shape[-1]
    hidden = hidden.contiguous()
    total, result = torch.empty_like(hidden), torch.empty_like(hidden)
    _add_norm_kernel[(hidden.numel() // width,)](
        hidden, product, bias, norm.weight, norm.bias, total, result, width,
        **row_launch(width),
    )  # fmt: skip
    return total, result


@triton.jit
def _add_norm_kernel(  # type: ignore[no-untyped-def]
    hidden,  # [rows, width]
    product,  # [rows, width]
    product_bias,  # [width]
    weight,  # [width]
    bias,  # [width]
    total,  # [rows, width]: the sum
    result,  # [rows, width]: its norm
    width,
    block: tl.constexpr,
):
    """Program i computes row i."""
    columns = tl.arange(0, block)
    inside = columns < width
    first = tl.program_id(0).to(tl.int64) * width
    dtype = total.dtype.element_ty
    row = tl.load(hidden + first + columns, mask=inside, other=0.0).to(tl.float32)
    row += tl.load(product + first + columns, mask=inside, other=0.0).to(tl.float32)
    row += tl.load(product_bias + columns, mask=inside, other=0.0).to(tl.float32)
    rounded = row.to(dtype)
    tl.store(total + first + columns, rounded, mask=inside)
    norm = normed(rounded.to(tl.float32), weight, bias, width, columns)
    tl.store(result + first + columns, norm.to(dtype), mask=inside)
