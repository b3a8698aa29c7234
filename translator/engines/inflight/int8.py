"""Weights in int8 on x86 CPUs, multiplied by oneDNN or FBGEMM, which are parts of torch.

A step of few sentences is memory-bound, so a quarter of the bytes is up to four times the speed;
for many sentences, CPUs multiply bytes several times as fast as floats. Weights are packed once, in
the order in which they are multiplied. Weights have a scale per output, activations one per row: a
row's product does not depend on the rows beside it.
"""

import warnings

import torch
from torch import Tensor

from translator.engines.cpu_features import BY_ROW

_ZERO = 128  # zero point: unsigned activations are fast on all CPUs with both libraries
_STEPS = torch.tensor(127.0)  # on either side of zero; a tensor, to avoid a conversion per call
# A float of this size has no bits for a fraction: a number added to it is rounded, and is then in
# its lowest bits. torch's conversion of floats to unsigned bytes is several times as slow.
_ROUNDING = 1.5 * 2**23
_ROWS = 4_096  # quantised at a time
_LARGE = 32_768  # numbers; above, a second reduction is faster than an array of absolute values
_SMALLEST = 1e-12  # the scale of a row of zeros


class Int8Linear:
    """A Projection whose weight is packed int8."""

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        """Pack `weight [out, in]` in fp32, which is not needed afterwards."""
        scale = _scale(weight)
        self._scale = scale / _STEPS  # of a product with integers up to 127
        self._no_offset = torch.zeros(len(weight), dtype=torch.int32)
        self._pack(_quantised(weight, scale))
        self._bias = bias
        # A whole row, because adding to a scalar is not vectorised.
        self._rounding = torch.full(weight.shape[1:], _ROUNDING + _ZERO)

    def __call__(self, x: Tensor) -> Tensor:
        """See Projection; fp32 in and out."""
        product, largest = self.scores(x)
        if self._bias is None:
            return product.mul_(largest)
        return torch.addcmul(self._bias, product, largest, out=product)  # saves a large array

    def scores(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """See Scorer; fp32 in and out, without the bias."""
        largest = _largest(x)
        # A row of zeros gives NaN, converted to arbitrary bytes, which `largest` multiplies by 0.
        rounded = torch.addcmul(self._rounding, x, _STEPS / largest)
        return self._product(rounded), largest

    def _pack(self, weight: Tensor) -> None:
        """Pack the weight in int8 for the product."""
        self._packed = torch.ops.onednn.qlinear_prepack(weight, None)
        # Looked up once: resolving the overload takes as long as the call.
        self._multiply = torch.ops.onednn.qlinear_pointwise.default

    def _product(self, rounded: Tensor) -> Tensor:
        """Multiply integers to which `_rounding` was added."""
        steps = rounded.view(torch.int32).to(torch.uint8)
        product: Tensor = self._multiply(
            steps, 1.0, _ZERO, self._packed, self._scale, self._no_offset,
            None, 1.0, 0, torch.float32, "none", [], "",
        )  # fmt: skip
        return product


class Int8StepLinear(Int8Linear):
    """An Int8Linear whose weight is packed a second time, by FBGEMM, for products of a single row.

    That makes a step of one sentence an eighth faster. The results are identical.
    """

    def _pack(self, weight: Tensor) -> None:
        super()._pack(weight)
        with warnings.catch_warnings():
            # torch 2.13 deprecates quantised tensors, which only packing needs.
            warnings.filterwarnings("ignore", message=".*quantized tensor creation")
            quantised = torch._make_per_channel_quantized_tensor(
                weight, self._scale.double(), self._no_offset.long(), 0
            )
        self._row_packed = torch.ops.quantized.linear_prepack(quantised, None)
        self._multiply_row = getattr(torch.ops.quantized, BY_ROW).default

    def _product(self, rounded: Tensor) -> Tensor:
        if rounded.numel() > rounded.shape[-1]:
            return super()._product(rounded)
        integers = rounded - self._rounding
        product: Tensor = self._multiply_row(integers, 1.0, _ZERO, self._row_packed)
        return product


class Int8Rows:
    """An Embedding in int8, with a scale per token."""

    def __init__(self, weight: Tensor) -> None:
        """Quantise `weight [V, d]`, which is not needed afterwards."""
        self._scale = _scale(weight)[:, None]
        self._rows = _quantised(weight, self._scale[:, 0])

    def __call__(self, tokens: Tensor) -> Tensor:
        """See Embedding; fp32."""
        return self._rows[tokens] * self._scale[tokens]


def _largest(x: Tensor) -> Tensor:
    """`[…, m] → […, 1]`: the largest absolute value in each row."""
    if x.numel() < _LARGE:
        return x.abs().amax(dim=-1, keepdim=True)
    return torch.maximum(x.amax(dim=-1, keepdim=True), x.amin(dim=-1, keepdim=True).neg_())


def _scale(weight: Tensor) -> Tensor:
    """`[n, m] → [n]`: the step size that maps the largest absolute value of a row to 127."""
    least, most = weight.aminmax(dim=1)
    return torch.maximum(most, -least).clamp(min=_SMALLEST) / _STEPS


def _quantised(weight: Tensor, scale: Tensor) -> Tensor:
    """`[n, m]`, `[n]` → int8 `[n, m]`; in parts, to avoid a second copy in fp32."""
    parts = zip(torch.split(weight, _ROWS), torch.split(scale, _ROWS), strict=True)
    return torch.cat([(part / step[:, None]).round_().to(torch.int8) for part, step in parts])
