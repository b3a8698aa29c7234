"""Weights in int8 on x86 CPUs, multiplied by FBGEMM (Khudia et al., "FBGEMM", 2021).

A step of few sentences reads all weights once for little arithmetic, so a quarter of the bytes is
up to four times the speed. The weights are packed once, in the order in which the CPU multiplies
them. Weights have a scale for each output, activations one for each row: what a sentence gets does
not depend on who shares the batch.
"""

import warnings

import torch
from torch import Tensor

_PRODUCT = "linear_with_input_q_dq_qweight_dq_output_fp32"
_STEPS = 127  # on either side of zero
_ZERO = 128  # FBGEMM takes activations as unsigned bytes: this one stands for 0
_ROWS = 4_096  # quantised at a time
_SMALLEST = 1e-12  # a row of zeros must have a scale too


def computes_int8() -> bool:
    """Tell whether torch multiplies in int8 here without losing bits.

    Without the instructions for it (AVX-512 VNNI) FBGEMM adds products of bytes up in 16 bits,
    which overflow.
    """
    able = "fbgemm" in torch.backends.quantized.supported_engines
    return able and hasattr(torch.ops.quantized, _PRODUCT) and torch.cpu._is_vnni_supported()


class Int8Linear:
    """A Projection whose weight is packed int8."""

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        """Pack `weight [out, in]` in fp32; it is no longer needed then."""
        scale = _scale(weight)
        with warnings.catch_warnings():
            # torch 2.13 deprecates quantised tensors, which packing takes; the product does not.
            warnings.filterwarnings("ignore", message=".*quantized tensor creation")
            quantised = torch.quantize_per_channel(
                weight, scale.double(), torch.zeros(len(weight), dtype=torch.long), 0, torch.qint8
            )
        self._packed = torch.ops.quantized.linear_prepack(quantised, None)
        self._bias = bias

    def __call__(self, x: Tensor) -> Tensor:
        """See Projection; fp32 in and out."""
        largest = x.abs().amax(dim=-1, keepdim=True).clamp_(min=_SMALLEST)
        product: Tensor = getattr(torch.ops.quantized, _PRODUCT)(
            x / largest, 1 / _STEPS, _ZERO, self._packed
        )
        product *= largest
        if self._bias is not None:
            product += self._bias
        return product


class Int8Rows:
    """An Embedding in int8, with a scale for each token."""

    def __init__(self, weight: Tensor) -> None:
        """Quantise `weight [V, d]`; it is no longer needed then."""
        self._scale = _scale(weight)[:, None]
        parts = zip(*(torch.split(x, _ROWS) for x in (weight, self._scale)), strict=True)
        self._rows = torch.cat([(part / scale).round_().to(torch.int8) for part, scale in parts])

    def __call__(self, tokens: Tensor) -> Tensor:
        """See Embedding; fp32."""
        return self._rows[tokens] * self._scale[tokens]


def _scale(weight: Tensor) -> Tensor:
    """`[n, m] → [n]`: the size of a step, so that the largest number of a row is the last one."""
    least, most = weight.aminmax(dim=1)
    return torch.maximum(most, -least).clamp(min=_SMALLEST) / _STEPS
