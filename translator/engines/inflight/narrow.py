"""Weights in 8 bits on GPUs, for products with activations in 16 bits (W8A16).

A step of few sentences is bound by the bytes of the weights; 8 bits halve them. Nothing is computed
in 8 bits: weights are converted as they are read, without loss, and a scale per output is applied
to the finished sum. That loses less than activations in 8 bits would, and needs no calibration.

Weights are int8, in equal steps up to the largest of a row, or float8 (E4M3: 4 bits of exponent, 3
of mantissa; Micikevicius et al., "FP8 Formats for Deep Learning", 2022), in which small numbers
have smaller steps.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

FORMATS = {"int8": torch.int8, "float8": torch.float8_e4m3fn}
_SMALLEST = 1e-12  # the scale of a row of zeros


@dataclass(frozen=True, slots=True)
class NarrowLinear:
    """`weight [out, in]` in one of FORMATS; `scale [out]`, `bias [out]` as the activations."""

    weight: Tensor
    scale: Tensor
    bias: Tensor

    @classmethod
    def of(
        cls, weight: Tensor, bias: Tensor, kept: torch.dtype, dtype: torch.dtype
    ) -> "NarrowLinear":
        """Round `weight`, in fp32, to `kept`; activations are in `dtype`.

        The scale, rounded itself, maps the largest absolute value of a row to the format's largest.
        """
        integer = kept == torch.int8
        most = torch.iinfo(kept).max if integer else torch.finfo(kept).max
        least, largest = weight.aminmax(dim=1)
        scale = torch.maximum(largest, -least).div_(most).clamp_(min=_SMALLEST).to(dtype)
        steps = (weight / scale.float()[:, None]).clamp_(-most, most)
        rounded = steps.round_().to(kept) if integer else steps.to(kept)
        return cls(rounded, scale, bias.to(dtype))

    def __call__(self, x: Tensor) -> Tensor:
        """See Projection. Converts the whole weight at each call."""
        product = functional.linear(x, self.weight.to(x.dtype))
        return torch.addcmul(self.bias, product, self.scale)
