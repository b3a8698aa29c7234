"""Products with weights, and rows of the embedding: what a number format does in its own way."""

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional


class Projection(Protocol):
    """A product with a weight `[out, in]`, plus a bias where there is one."""

    def __call__(self, x: Tensor) -> Tensor:
        """`[…, in] → […, out]`."""


class Embedding(Protocol):
    """A row of d numbers for each token."""

    def __call__(self, tokens: Tensor) -> Tensor:
        """`[…] → […, d]`."""


@dataclass(frozen=True, slots=True)
class Linear:
    """`weight [out, in]`, `bias [out]`."""

    weight: Tensor
    bias: Tensor

    def __call__(self, x: Tensor) -> Tensor:
        """See Projection."""
        return functional.linear(x, self.weight, self.bias)


@dataclass(frozen=True, slots=True)
class Head:
    """The product with `weight [V, d]` that scores the vocabulary, accumulated in fp32."""

    weight: Tensor

    def __call__(self, x: Tensor) -> Tensor:
        """`[…, d] → […, V]`, in fp32 whatever the weight is in."""
        if self.weight.dtype == torch.float32:
            return functional.linear(x.float(), self.weight)
        flat = torch.mm(x.flatten(0, -2), self.weight.t(), out_dtype=torch.float32)
        return flat.view(*x.shape[:-1], -1)


@dataclass(frozen=True, slots=True)
class Rows:
    """`weight [V, d]`."""

    weight: Tensor

    def __call__(self, tokens: Tensor) -> Tensor:
        """See Embedding."""
        return self.weight[tokens]
