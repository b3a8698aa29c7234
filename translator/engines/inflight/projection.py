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


class Scorer(Protocol):
    """The product with the weight `[V, d]` of the vocabulary."""

    def scores(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        """`[…, d]` → `[…, V]` in fp32, and the positive factor `[…, 1]` that each row still lacks.

        None where it lacks none. The best of a row are its best without the factor too.
        """


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

    def scores(self, x: Tensor) -> tuple[Tensor, None]:
        """See Scorer; in fp32 whatever the weight is in."""
        if self.weight.dtype == torch.float32:
            return functional.linear(x.float(), self.weight), None
        flat = torch.mm(x.flatten(0, -2), self.weight.t(), out_dtype=torch.float32)
        return flat.view(*x.shape[:-1], -1), None


@dataclass(frozen=True, slots=True)
class Rows:
    """`weight [V, d]`."""

    weight: Tensor

    def __call__(self, tokens: Tensor) -> Tensor:
        """See Embedding."""
        return self.weight[tokens]
