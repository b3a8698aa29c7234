"""M2M100's forward pass in plain torch: encoder, cross-attention keys and values, decoder step.

The network of Fan et al., "Beyond English-Centric Multilingual Machine Translation" (2020): a
pre-norm Transformer with ReLU, sinusoidal positions and one embedding for encoder, decoder and
head. Letters in shapes: n sentences, S source tokens, K beams, T decoder positions, d hidden size,
H heads of D values, V vocabulary.
"""

import torch
from torch import Tensor
from torch.nn import functional

from translator.engines.inflight.state import Shape, SlotState
from translator.engines.inflight.weights import DecoderLayer, FeedForward, SelfAttention, Weights
from translator.engines.model_tensors import POSITION_OFFSET

_BATCHED_ATTENTION = 16  # sentences, at least; see `_attend`


class Network:
    """Computes with the weights; has no state of its own."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights

    def encode(self, source: Tensor) -> Tensor:
        """Source ids `[n, S]`, padded at the end → hidden states `[n, S, d]`."""
        weights = self.weights
        known = source != weights.pad
        index = torch.arange(source.shape[1], device=source.device) + POSITION_OFFSET
        rows = torch.where(known, index, weights.pad)
        hidden = weights.embedding(source) * weights.scale + weights.positions[rows]
        mask = _additive(known[:, None, None, :], hidden.dtype)
        for layer in weights.encoder:
            hidden, mask = hidden.to(layer.device), mask.to(layer.device)
            query, key, value = self._qkv(layer.attention, hidden).permute(2, 0, 3, 1, 4)
            attended = functional.scaled_dot_product_attention(query, key, value, mask)
            hidden = hidden + layer.attention.out(_merge(attended))
            hidden = _clamped(hidden + _fed_forward(layer.feed_forward, hidden))
        return weights.encoder_norm(hidden)

    def cross_keys_values(self, hidden: Tensor) -> list[Tensor]:
        """Hidden states `[n, S, d]` → for each decoder layer keys and values `[n, 2, H, S, D]`."""
        result: list[Tensor] = []
        for part in self.weights.cross:
            projected = part.project(hidden.to(part.device))  # [n, S, layers · 2 · d]
            n, length, _ = projected.shape
            split = projected.view(n, length, part.layers, 2, self.weights.heads, -1)
            result += [split[:, :, i].permute(0, 2, 3, 1, 4) for i in range(part.layers)]
        return result

    def start(self, state: SlotState, slots: Tensor, token: int, source: int) -> None:
        """Feed `token` at decoder position 0 of `slots [n]`, whose sources are in the caches.

        The sources have at most `source` tokens. Writes keys and values; nothing is predicted, so
        the last layer computes nothing else. With one position, self-attention returns its value.
        """
        tokens = torch.full((len(slots), 1), token, device=slots.device)
        hidden = self._embed(tokens, torch.zeros_like(tokens))  # [n, 1, d]
        mask = _additive(state.cross_mask[slots, None, None, :source], hidden.dtype)
        for layer, cache in zip(self.weights.decoder, state.caches, strict=True):
            hidden, mask, slots = (x.to(layer.device) for x in (hidden, mask, slots))
            own = self._qkv(layer.attention, hidden)[:, 0, 1:]  # [n, 2, H, D]
            cache.own[slots, :, :, 0, 0] = own
            if layer is self.weights.decoder[-1]:
                return
            hidden = hidden + layer.attention.out(own[:, 1].flatten(1)[:, None])
            keys_values = cache.cross[slots, :, :, :source]
            hidden = self._cross_and_feed(layer, hidden, keys_values, mask)

    def decode(self, state: SlotState, shape: Shape) -> Tensor:
        """Feed each slot's current tokens; return hidden states `[n, K, d]` for the head.

        Writes keys and values to the caches at each slot's position.
        """
        n, source_length, length = shape.slots, shape.source, shape.length
        position = state.position[:n]
        hidden = self._embed(state.token[:n], position[:, None].expand(-1, state.beams))
        self_mask = _additive(state.self_mask(shape), hidden.dtype)
        cross_mask = _additive(state.cross_mask[:n, None, None, :source_length], hidden.dtype)
        rows = torch.arange(n, device=position.device)
        for layer, cache in zip(self.weights.decoder, state.caches, strict=True):
            if hidden.device != layer.device:
                moving = hidden, self_mask, cross_mask, rows, position
                hidden, self_mask, cross_mask, rows, position = (x.to(layer.device) for x in moving)
            qkv = self._qkv(layer.attention, hidden)
            cache.write(rows, position, qkv[:, :, 1:].permute(0, 2, 3, 1, 4))
            key, value = cache.own[:n, :, :, :length].flatten(3, 4).unbind(1)
            attended = _attend(qkv[:, :, 0].transpose(1, 2), key, value, self_mask)
            hidden = hidden + layer.attention.out(_merge(attended))
            source = cache.cross[:n, :, :, :source_length]
            hidden = self._cross_and_feed(layer, hidden, source, cross_mask)
        return self.weights.decoder_norm(hidden)

    def _cross_and_feed(
        self, layer: DecoderLayer, hidden: Tensor, source: Tensor, mask: Tensor
    ) -> Tensor:
        """Attention to the source `[n, 2, H, S, D]`, and feed-forward: `[n, K, d]`."""
        query = layer.cross_query(layer.cross_norm(hidden))
        query = query.view(*query.shape[:2], self.weights.heads, -1).transpose(1, 2)
        key, value = source.unbind(1)
        attended = _attend(query, key, value, mask)
        hidden = hidden + layer.cross_out(_merge(attended))
        return hidden + _fed_forward(layer.feed_forward, hidden)

    def _embed(self, tokens: Tensor, positions: Tensor) -> Tensor:
        """`[n, K]` each → `[n, K, d]`. A generated padding token gets the position of padding."""
        weights = self.weights
        device = weights.decoder_positions.device
        tokens, positions = tokens.to(device), positions.to(device)
        rows = torch.where(tokens == weights.pad, weights.pad, positions + POSITION_OFFSET)
        return weights.decoder_embedding(tokens) * weights.scale + weights.decoder_positions[rows]

    def _qkv(self, attention: SelfAttention, hidden: Tensor) -> Tensor:
        """`[n, L, d]` → queries, keys and values `[n, L, 3, H, D]`."""
        projected = attention.qkv(attention.norm(hidden))
        return projected.view(*hidden.shape[:2], 3, self.weights.heads, -1)


def _additive(mask: Tensor, dtype: torch.dtype) -> Tensor:
    """Bool mask, true if visible → 0 or -inf, computed once instead of in every layer."""
    return torch.zeros_like(mask, dtype=dtype).masked_fill_(~mask, -torch.inf)


def _attend(query: Tensor, key: Tensor, value: Tensor, mask: Tensor) -> Tensor:
    """`[n, H, K, D]`, twice `[n, H, L, D]`, `[n, 1, K or 1, L]` → `[n, H, K, D]`.

    torch's CPU kernel handles one head at a time, with few queries each: if many sentences have one
    query each, batched products take two thirds of the time.
    """
    if query.device.type != "cpu" or len(query) < _BATCHED_ATTENTION or query.shape[2] > 1:
        return functional.scaled_dot_product_attention(query, key, value, mask)
    scores = torch.matmul(query * query.shape[-1] ** -0.5, key.transpose(2, 3)).add_(mask)
    return torch.matmul(scores.softmax(dim=-1), value)


def _merge(heads: Tensor) -> Tensor:
    """`[n, H, L, D] → [n, L, d]`."""
    return heads.transpose(1, 2).flatten(2)


def _fed_forward(part: FeedForward, hidden: Tensor) -> Tensor:
    """`[n, L, d] → [n, L, d]`."""
    return part.down(torch.relu_(part.up(part.norm(hidden))))


def _clamped(hidden: Tensor) -> Tensor:
    """Clamp fp16 to finite values, as transformers does in the encoder."""
    if hidden.dtype != torch.float16:
        return hidden
    limit = torch.finfo(torch.float16).max - 1_000
    return hidden.clamp(-limit, limit)
