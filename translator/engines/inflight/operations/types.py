"""What each operation of a step takes and returns. Letters as in `state`; d is the hidden size."""

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from translator.engines.inflight.projection import Projection, Scorer
from translator.engines.inflight.report import Layout
from translator.engines.inflight.state import Cache, Shape, SlotState
from translator.engines.inflight.weights import LayerNorm, Weights

Context = tuple[Tensor, ...]


class SlotAttention(Protocol):
    """Attention of the first slots, each beam a query, over a part of their caches."""

    def prepare(self, state: SlotState, shape: Shape) -> Context:
        """Return what all layers need, such as a mask: computed once a step."""

    def __call__(self, cache: Cache, projected: Tensor, context: Context, shape: Shape) -> Tensor:
        """Return `[n, K, d]`.

        Self-attention takes queries, keys and values `[n, K, 3, H, D]`, and writes keys and values
        to the cache at each slot's position; cross-attention takes queries `[n, K, H, D]`. They
        are contiguous.
        """


class CrossAttention(SlotAttention, Protocol):
    """Attention to the sources of any slots."""

    def prepare(self, state: SlotState, shape: Shape, slots: Tensor | None = None) -> Context:
        """See SlotAttention; `slots [n]`, if given, are looked at in place of the first ones."""


class SourceAttention(Protocol):
    """Self-attention of sources, which are padded at the end."""

    def prepare(self, lengths: Tensor, source: int, dtype: torch.dtype) -> Context:
        """Return what all layers need, from `lengths [n]` of sources padded to `source` tokens.

        `dtype` is that of the hidden states.
        """

    def __call__(self, projected: Tensor, context: Context) -> Tensor:
        """Queries, keys and values `[n, S, 3, H, D]`, contiguous → `[n, S, d]`.

        Results are finite in padding, too.
        """


class Embed(Protocol):
    """Rows of the embedding, scaled, plus positions."""

    def __call__(
        self, weights: Weights, tokens: Tensor, positions: Tensor, norm: LayerNorm
    ) -> tuple[Tensor, Tensor]:
        """`tokens [n, K]` at `positions [n]` → their hidden states, and the norm of those.

        `[n, K, d]` each. A generated padding token gets the position of padding.
        """


class Residual(Protocol):
    """The end of a sublayer and the beginning of the next one."""

    def __call__(
        self,
        hidden: Tensor,
        x: Tensor,
        out: Projection,
        norm: LayerNorm,
        then: Projection | None,
        *,
        relu: bool = False,
    ) -> tuple[Tensor, Tensor]:
        """Return `hidden + out(x)`, and `then` of the norm of that, or the norm if it is None.

        `hidden [n, K, d]`, `x [n, K, in]`; with `relu`, negative results of `then` become 0. The
        results are on the device of `norm`.
        """


@dataclass(frozen=True, slots=True)
class Continuations:
    """The best 2·K of each sentence, best first; each field is `[n, 2·K]`.

    `score` is the sum of the sequence's log-probabilities (of raw scores if there is one beam),
    `parent` the beam that it continues.
    """

    score: Tensor
    parent: Tensor
    token: Tensor


class Rank(Protocol):
    """The best continuations of every sentence."""

    def __call__(
        self, head: Scorer, hidden: Tensor, state: SlotState, shape: Shape, no_repeat_ngram: int
    ) -> Continuations:
        """Score the vocabulary after `hidden [n, K, d]`; `no_repeat_ngram` as in Decoding."""


class Advance(Protocol):
    """A step of beam search."""

    def __call__(self, state: SlotState, found: Continuations, shape: Shape, eos: int) -> None:
        """Choose the next tokens among the continuations found; update the state."""


class WriteReport(Protocol):
    """What the host reads after a step."""

    def __call__(self, state: SlotState, layout: Layout, into: Tensor) -> None:
        """Write the rows of the first slots into `into [layout.size]`, int32."""


@dataclass(frozen=True, slots=True)
class Operations:
    """One implementation of each operation."""

    attend_source: SourceAttention
    attend_self: SlotAttention
    attend_cross: CrossAttention
    embed: Embed
    residual: Residual
    rank: Rank
    advance: Advance
    write_report: WriteReport
