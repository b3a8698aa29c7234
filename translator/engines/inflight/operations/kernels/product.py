"""Products with a weight that do more in the same launch: add a residual, or norm their input.

A decoder step has few rows and is bound by the bytes of the weights. So a program computes a small
tile of the result (rows × outputs), of which there are enough to use the whole card, and reads its
part of the weight once, with several loads under way (software pipelining). No program depends on
another one, so results do not depend on their order.

A weight of 8 bits is converted tile by tile, without loss, and its scales are applied to the sums.
"""

from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor

from translator.engines.inflight.narrow import NarrowLinear
from translator.engines.inflight.operations.kernels.layer_norm import EPSILON
from translator.engines.inflight.projection import Linear
from translator.engines.inflight.weights import LayerNorm

_SMALL_ROWS = 16  # the least that tensor cores multiply
_NARROW = 2_048  # a weight of fewer outputs gives too few tiles of 32
# A float8 (E4M3) moved into the place of an fp16, whose exponent has another offset, is 2 ** -8 of
# its value. Subnormal numbers are right, too.
_FLOAT8: tl.constexpr = tl.constexpr(2.0**8)

Product = Linear | NarrowLinear


def tiles(rows: int, outputs: int, dtype: torch.dtype) -> dict[str, Any]:
    """Return the constexprs and launch options of a product.

    Up to 16 rows (a sentence with beams), tiles are as narrow as gives at least 64 programs with
    the smallest real model (d = 1,024), and read 256 inputs at a time, so that each has tens of
    kilobytes under way. With more rows, a tile has 64, since every tile of rows reads the weight
    again, and 32 outputs, since every tile of outputs reads the rows again.

    fp32 is multiplied exactly, without tensor cores; it serves only what overflowed in 16 bits.
    """
    if dtype == torch.float32:
        return _launch(rows=16, outputs=16, inputs=32, stages=2)
    if rows > _SMALL_ROWS:
        return _launch(rows=64, outputs=32, inputs=64, stages=4)
    if outputs < _NARROW:
        return _launch(rows=16, outputs=16, inputs=256, stages=5)
    return _launch(rows=16, outputs=32, inputs=256, stages=4)


def _launch(*, rows: int, outputs: int, inputs: int, stages: int) -> dict[str, Any]:
    """`stages`: tiles of inputs in shared memory, all but one of them still being loaded."""
    tile = {"tile_rows": rows, "tile_outputs": outputs, "tile_inputs": inputs}
    return tile | {"num_warps": 4, "num_stages": stages}


def add_product(hidden: Tensor, x: Tensor, part: Product) -> Tensor:
    """Return `hidden + part(x)` in one launch: `[n, K, d]` and `[n, K, in]` → `[n, K, d]`."""
    outputs, inputs = part.weight.shape
    hidden = hidden.contiguous()
    result = torch.empty_like(hidden)
    rows = hidden.numel() // outputs
    launch = tiles(rows, outputs, hidden.dtype)
    _add_product_kernel[_grid(rows, outputs, launch)](
        hidden, x.contiguous(), *_stored(part), part.bias, result,
        rows, outputs, inputs, **launch,
    )  # fmt: skip
    return result


def norm_product(hidden: Tensor, norm: LayerNorm, part: Product, *, relu: bool) -> Tensor:
    """Return `part(norm(hidden))` in one launch: `[n, K, d] → [n, K, out]`; see Residual."""
    outputs, inputs = part.weight.shape
    result = hidden.new_empty(*hidden.shape[:-1], outputs)
    rows = hidden.numel() // inputs
    launch = tiles(rows, outputs, hidden.dtype)
    _norm_product_kernel[_grid(rows, outputs, launch)](
        hidden.contiguous(), norm.weight, norm.bias, *_stored(part), part.bias, result,
        rows, outputs, inputs, relu=relu, **launch,
    )  # fmt: skip
    return result


def _stored(part: Product) -> tuple[Tensor, Tensor | None]:
    """Return the weight, float8 as bytes, and its scales.

    Triton converts float8 from Ada on; we convert it on Ampere, too.
    """
    if isinstance(part, Linear):
        return part.weight, None
    is_float8 = part.weight.dtype == torch.float8_e4m3fn
    return part.weight.view(torch.uint8) if is_float8 else part.weight, part.scale


def _grid(rows: int, outputs: int, launch: dict[str, Any]) -> tuple[int, int]:
    """Tiles of rows come first: neighbours read the same weights."""
    return triton.cdiv(rows, launch["tile_rows"]), triton.cdiv(outputs, launch["tile_outputs"])


@triton.jit(do_not_specialize=["rows"])
def _add_product_kernel(  # type: ignore[no-untyped-def]
    hidden,  # [rows, outputs]
    x,  # [rows, inputs]
    weight,  # [outputs, inputs]
    scale,  # [outputs], or None
    bias,  # [outputs]
    result,  # [rows, outputs]
    rows,
    outputs,
    inputs,
    tile_rows: tl.constexpr,
    tile_outputs: tl.constexpr,
    tile_inputs: tl.constexpr,
):
    row, column = _tile(tile_rows, tile_outputs)
    total = tl.zeros((tile_rows, tile_outputs), dtype=tl.float32)
    for start in range(0, inputs, tile_inputs):
        index = start + tl.arange(0, tile_inputs)
        part = _rows(x, row, rows, index, inputs)
        total = _add_dot(total, part, _rows(weight, column, outputs, index, inputs))
    total = _scaled(total, weight, scale, column, outputs)
    total += _vector(bias, column, outputs)[None, :]
    total += _rows(hidden, row, rows, column, outputs).to(tl.float32)
    _store(result, total, row, rows, column, outputs)


@triton.jit(do_not_specialize=["rows"])
def _norm_product_kernel(  # type: ignore[no-untyped-def]
    hidden,  # [rows, inputs]
    norm_weight,  # [inputs]
    norm_bias,  # [inputs]
    weight,  # [outputs, inputs]
    scale,  # [outputs], or None
    bias,  # [outputs]
    result,  # [rows, outputs]
    rows,
    outputs,
    inputs,
    relu: tl.constexpr,
    tile_rows: tl.constexpr,
    tile_outputs: tl.constexpr,
    tile_inputs: tl.constexpr,
):
    """Reads its rows twice: for their statistics, then for the product."""
    row, column = _tile(tile_rows, tile_outputs)
    mean, factor = _statistics(hidden, row, rows, inputs, tile_rows, tile_inputs)
    total = tl.zeros((tile_rows, tile_outputs), dtype=tl.float32)
    for start in range(0, inputs, tile_inputs):
        index = start + tl.arange(0, tile_inputs)
        part = _rows(hidden, row, rows, index, inputs)
        normed = (part.to(tl.float32) - mean[:, None]) * factor[:, None]
        normed = normed * _vector(norm_weight, index, inputs)[None, :]
        normed = normed + _vector(norm_bias, index, inputs)[None, :]  # 0 outside
        normed = normed.to(part.dtype)  # as a norm of its own would store it
        total = _add_dot(total, normed, _rows(weight, column, outputs, index, inputs))
    total = _scaled(total, weight, scale, column, outputs)
    total += _vector(bias, column, outputs)[None, :]
    if relu:
        total = tl.maximum(total, 0.0, propagate_nan=tl.PropagateNan.ALL)
    _store(result, total, row, rows, column, outputs)


@triton.jit
def _statistics(hidden, row, rows, inputs, tile_rows: tl.constexpr, tile_inputs: tl.constexpr):  # type: ignore[no-untyped-def]
    """Return mean and 1 / standard deviation of each row, `[tile_rows]`, in fp32.

    One pass: the sums of blocks are merged as by Chan et al., "Updating Formulae and a Pairwise
    Algorithm for Computing Sample Variances" (1979), which loses nothing where the mean is large.
    """
    mean = tl.zeros((tile_rows,), dtype=tl.float32)
    squares = tl.zeros((tile_rows,), dtype=tl.float32)  # of the deviations from the mean
    for start in range(0, inputs, tile_inputs):
        index = start + tl.arange(0, tile_inputs)
        count = tl.minimum(inputs - start, tile_inputs)
        block = _rows(hidden, row, rows, index, inputs).to(tl.float32)
        own_mean = tl.sum(block, axis=1) / count
        deviation = tl.where(index[None, :] < inputs, block - own_mean[:, None], 0.0)
        difference = own_mean - mean
        mean += difference * count / (start + count)
        squares += tl.sum(deviation * deviation, axis=1)
        squares += difference * difference * start * count / (start + count)
    return mean, tl.rsqrt(squares / inputs + EPSILON)


@triton.jit
def _tile(tile_rows: tl.constexpr, tile_outputs: tl.constexpr):  # type: ignore[no-untyped-def]
    """Return the rows and outputs of this program."""
    row = tl.program_id(0) * tile_rows + tl.arange(0, tile_rows)
    column = tl.program_id(1) * tile_outputs + tl.arange(0, tile_outputs)
    return row, column


@triton.jit
def _rows(matrix, row, rows, column, columns):  # type: ignore[no-untyped-def]
    """Load a tile of `matrix [rows, columns]`, 0 outside."""
    inside = (row[:, None] < rows) & (column[None, :] < columns)
    return tl.load(matrix + row[:, None] * columns + column[None, :], mask=inside, other=0)


@triton.jit
def _vector(vector, index, size):  # type: ignore[no-untyped-def]
    """Load a part of `vector [size]` in fp32, 0 outside."""
    return tl.load(vector + index, mask=index < size, other=0.0).to(tl.float32)


@triton.jit
def _add_dot(total, x, weight):  # type: ignore[no-untyped-def]
    """`total [rows, outputs]`, `x [rows, in]`, `weight [outputs, in]` → `total + x · weightᵀ`."""
    return tl.dot(x, tl.trans(_converted(weight, x.dtype)), total, input_precision="ieee")


@triton.jit
def _converted(weight, dtype: tl.constexpr):  # type: ignore[no-untyped-def]
    """Return a tile of a weight in `dtype`: exactly, but float8 still times 1 / _FLOAT8."""
    if weight.dtype == tl.uint8:
        bits = weight.to(tl.uint16)
        half = ((bits & 0x80) << 8) | ((bits & 0x7F) << 7)  # the sign; exponent and mantissa
        weight = half.to(tl.float16, bitcast=True)
    return weight.to(dtype)


@triton.jit
def _scaled(total, weight, scale, column, outputs):  # type: ignore[no-untyped-def]
    """Apply the scales of a weight, if it has any, to a tile of sums."""
    if scale is not None:
        factor = _vector(scale, column, outputs)
        if weight.dtype.element_ty == tl.uint8:
            factor *= _FLOAT8
        total *= factor[None, :]
    return total


@triton.jit
def _store(matrix, tile, row, rows, column, columns):  # type: ignore[no-untyped-def]
    """Store a tile into `matrix [rows, columns]` in its dtype."""
    inside = (row[:, None] < rows) & (column[None, :] < columns)
    place = matrix + row[:, None] * columns + column[None, :]
    tl.store(place, tile.to(matrix.dtype.element_ty), mask=inside)
