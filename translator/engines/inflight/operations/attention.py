"""Attention in plain torch, with masks. Letters as in `state`."""

import torch
from torch import Tensor
from torch.nn import functional

from translator.engines.inflight.operations.types import Context
from translator.engines.inflight.state import Cache, Shape, SlotState

_BATCHED = 16  # sentences, at least; see `attend`


class MaskedSelfAttention:
    """The beams of a sentence are the queries of one product over all columns of its cache."""

    def prepare(self, state: SlotState, shape: Shape) -> Context:
        """Return the first rows `[n]`, their positions `[n]`, and a mask `[n, 1, K, t·K]`."""
        position = state.position[: shape.slots]
        rows = torch.arange(shape.slots, device=position.device)
        mask = additive(_visible(state, shape), state.caches[0].own.dtype)
        return rows, position, mask

    def __call__(self, cache: Cache, projected: Tensor, context: Context, shape: Shape) -> Tensor:
        """See SlotAttention."""
        rows, position, mask = context
        cache.write(rows, position, projected[:, :, 1:].permute(0, 2, 3, 1, 4))
        key, value = cache.own[: shape.slots, :, :, : shape.length].flatten(3, 4).unbind(1)
        return attend(projected[:, :, 0], key, value, mask)


class MaskedCrossAttention:
    """All beams of a sentence look at its source in one product."""

    def prepare(self, state: SlotState, shape: Shape, slots: Tensor | None = None) -> Context:
        """Return a mask `[n, 1, 1, s]`, and `slots` if given."""
        rows = slice(shape.slots) if slots is None else slots
        mask = source_mask(state.source_length[rows], shape.source, state.caches[0].cross.dtype)
        return (mask,) if slots is None else (mask, slots)

    def __call__(self, cache: Cache, projected: Tensor, context: Context, shape: Shape) -> Tensor:
        """See SlotAttention."""
        mask, *slots = context
        rows = slots[0] if slots else slice(shape.slots)
        key, value = cache.cross[rows, :, :, : shape.source].unbind(1)
        return attend(projected, key, value, mask)


class MaskedSourceAttention:
    """All tokens of a source look at all of them in one product."""

    def prepare(self, lengths: Tensor, source: int, dtype: torch.dtype) -> Context:
        """Return a mask `[n, 1, 1, S]`."""
        return (source_mask(lengths, source, dtype),)

    def __call__(self, projected: Tensor, context: Context) -> Tensor:
        """See SourceAttention."""
        query, key, value = projected.permute(2, 0, 3, 1, 4)
        attended = functional.scaled_dot_product_attention(query, key, value, context[0])
        return attended.transpose(1, 2).flatten(2)


def attend(query: Tensor, key: Tensor, value: Tensor, mask: Tensor) -> Tensor:
    """`[n, K, H, D]`, `[n, H, T, D]` twice, additive mask → `[n, K, d]`.

    torch's CPU kernel handles one head at a time, with few queries each: if many sentences have one
    query each, batched products take two thirds of the time.
    """
    query = query.transpose(1, 2)
    if query.device.type != "cpu" or len(query) < _BATCHED or query.shape[2] > 1:
        attended = functional.scaled_dot_product_attention(query, key, value, mask)
    else:
        scores = torch.matmul(query * query.shape[-1] ** -0.5, key.transpose(2, 3)).add_(mask)
        attended = torch.matmul(scores.softmax(dim=-1), value)
    return attended.transpose(1, 2).flatten(2)


def additive(mask: Tensor, dtype: torch.dtype) -> Tensor:
    """Bool mask, true if visible → 0 or -inf, computed once instead of in every layer."""
    return torch.zeros(mask.shape, dtype=dtype, device=mask.device).masked_fill_(~mask, -torch.inf)


def source_mask(lengths: Tensor, source: int, dtype: torch.dtype) -> Tensor:
    """Lengths `[n]` → additive mask `[n, 1, 1, source]`."""
    index = torch.arange(source, device=lengths.device)
    return additive((index < lengths[:, None])[:, None, None], dtype)


def _visible(state: SlotState, shape: Shape) -> Tensor:
    """Return bool `[n, 1, K, t·K]`: the cache columns from which each beam descends."""
    n, length = shape.slots, shape.length
    device = state.position.device
    time = torch.arange(length, device=device)
    column = torch.arange(state.beams, device=device)
    own = state.ancestor[:n, :, :length, None] == column  # [n, K, t, K]
    past = time <= state.position[:n, None]  # [n, t]
    return (own & past[:, None, :, None]).flatten(2)[:, None]
