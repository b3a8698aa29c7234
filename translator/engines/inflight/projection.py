"""Products with weights, and embedding rows: the operations that depend on the number format."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional

COMMON = 1 << 30  # the bit of a script that no sentence lacks, beside those of scripts.py


class Projection(Protocol):
    """A product with a weight `[out, in]`, plus an optional bias."""

    def __call__(self, x: Tensor) -> Tensor:
        """`[…, in] → […, out]`."""


class Scorer(Protocol):
    """The product with the weight `[V, d]` that scores the vocabulary."""

    def scores(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        """`[…, d]` → `[…, V]` in fp32, and a positive factor `[…, 1]` still to be applied, or None.

        The factor does not change the order of the scores in a row.
        """


class Embedding(Protocol):
    """Rows of d numbers, one per token id."""

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
        """See Scorer; in fp32 for any dtype of the weight."""
        if self.weight.dtype == torch.float32:
            return functional.linear(x.float(), self.weight), None
        flat = torch.mm(x.flatten(0, -2), self.weight.t(), out_dtype=torch.float32)
        return flat.view(*x.shape[:-1], -1), None


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of the head that are scored together.

    `tokens [W]`, ascending, are their ids. `script` is the bit of the script that they are in; 0 is
    that of the rows which every translation may need.
    """

    scorer: Scorer
    tokens: Tensor
    script: int


class PartedHead:
    """A Scorer in parts by script, of which a step may read only some."""

    def __init__(
        self, weight: Tensor, scripts: Sequence[Tensor], make: Callable[[Tensor], Scorer]
    ) -> None:
        """`scripts`: the tokens of each part; `make` makes the scorer of rows of `weight [V, d]`.

        The first part is the one that every translation needs. The bit of the second is 1.
        """
        bits = [0, *(1 << i for i in range(len(scripts) - 1))]
        self.parts = tuple(
            Part(make(weight[tokens]), tokens.to(weight.device), bit)
            for tokens, bit in zip(scripts, bits, strict=True)
        )
        self._columns = torch.cat([part.tokens for part in self.parts]).argsort()

    def scores(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        """See Scorer; of all parts."""
        found = [part.scorer.scores(x) for part in self.parts]
        return torch.cat([scores for scores, _ in found], dim=-1)[..., self._columns], found[0][1]


@dataclass(frozen=True, slots=True)
class CommonHead:
    """A whole Head, and a copy of the rows that every translation may need.

    For GPUs, where nothing on the host may depend on a sentence: a step scores either only the
    common tokens, or all of them, of which those in other scripts than a sentence's are left out.
    `bits`, int32 `[V]`, has COMMON for each common token, and the bit of its script for any other.
    """

    whole: Scorer
    common: Part
    bits: Tensor

    @classmethod
    def of(cls, weight: Tensor, scripts: Sequence[Tensor]) -> "CommonHead":
        """See PartedHead."""
        bits = torch.empty(len(weight), dtype=torch.int32)
        for i, tokens in enumerate(scripts):
            bits[tokens] = 1 << (i - 1) if i else COMMON
        common = scripts[0].to(weight.device)
        return cls(Head(weight), Part(Head(weight[common]), common, 0), bits.to(weight.device))

    def scores(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        """See Scorer; of all tokens."""
        return self.whole.scores(x)

    def others(self, scripts: Tensor) -> Tensor:
        """`scripts [n]`, as in SlotState → bool `[n, V]`: which tokens are in none of them."""
        return (self.bits & (scripts.int() | COMMON)[:, None]) == 0


@dataclass(frozen=True, slots=True)
class Rows:
    """`weight [V, d]`; the rows are converted to `dtype` when they are taken."""

    weight: Tensor
    dtype: torch.dtype

    def __call__(self, tokens: Tensor) -> Tensor:
        """See Embedding."""
        return self.weight[tokens].to(self.dtype)
