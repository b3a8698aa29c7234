"""M2M100's forward pass in plain torch: encoder, cross-attention keys and values, decoder step.

The network of Fan et al., "Beyond English-Centric Multilingual Machine Translation" (2020): a
pre-norm Transformer with ReLU, sinusoidal positions and one embedding for encoder, decoder and
head. Letters in shapes: n sentences, S source tokens, K beams, T decoder positions, d hidden size,
H heads of D values, V vocabulary.
"""

import torch
from torch import Tensor

from translator.engines.inflight.operations.table import PLAIN_TABLE, OperationTable
from translator.engines.inflight.operations.types import Residual
from translator.engines.inflight.state import Shape, SlotState
from translator.engines.inflight.weights import FeedForward, Weights
from translator.engines.model_tensors import POSITION_OFFSET


class Network:
    """Computes with the weights; has no state of its own."""

    def __init__(self, weights: Weights, operations: OperationTable = PLAIN_TABLE) -> None:
        self.weights = weights
        self.operations = operations

    def encode(self, source: Tensor) -> Tensor:
        """Source ids `[n, S]`, padded at the end → hidden states `[n, S, d]`."""
        weights = self.weights
        known = source != weights.pad
        index = torch.arange(source.shape[1], device=source.device) + POSITION_OFFSET
        rows = torch.where(known, index, weights.pad)
        hidden = weights.embedding(source) * weights.scale + weights.positions[rows]
        attend_source = self.operations.at(len(source)).attend_source
        context = attend_source.prepare(known.sum(dim=1), source.shape[1], hidden.dtype)
        for layer in weights.encoder:
            hidden = hidden.to(layer.device)
            context = tuple(x.to(layer.device) for x in context)
            projected = layer.attention.qkv(layer.attention.norm(hidden))
            attended = attend_source(self._split(projected, 3), context)
            hidden = hidden + layer.attention.out(attended)
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
        weights, operations = self.weights, self.operations.at(len(slots))
        residual, attend_cross = operations.residual, operations.attend_cross
        tokens = torch.full((len(slots), 1), token, device=slots.device)
        first = weights.decoder[0].attention
        hidden, normed = operations.embed(weights, tokens, torch.zeros_like(slots), first.norm)
        projected = first.qkv(normed)
        shape = Shape(len(slots), source, 1)
        context = attend_cross.prepare(state, shape, slots)
        for i, (layer, cache) in enumerate(zip(weights.decoder, state.caches, strict=True)):
            slots = slots.to(layer.device)
            context = tuple(x.to(layer.device) for x in context)
            own = self._split(projected, 3)[:, 0, 1:]  # [n, 2, H, D]
            cache.own[slots, :, :, 0, 0] = own
            if layer is weights.decoder[-1]:
                return
            hidden, query = self._after_self_attention(
                residual, i, hidden, own[:, 1].flatten(1)[:, None]
            )
            attended = attend_cross(cache, query, context, shape)
            hidden, projected = self._after_cross_attention(residual, i, hidden, attended)

    def decode(self, state: SlotState, shape: Shape) -> Tensor:
        """Feed each slot's current tokens; return hidden states `[n, K, d]` for the head.

        Writes keys and values to the caches at each slot's position.
        """
        weights, n = self.weights, shape.slots
        operations = self.operations.at(n)
        residual = operations.residual
        first = weights.decoder[0].attention
        hidden, normed = operations.embed(weights, state.token[:n], state.position[:n], first.norm)
        projected = first.qkv(normed)
        own = operations.attend_self.prepare(state, shape)
        cross = operations.attend_cross.prepare(state, shape)
        device = state.position.device
        for i, (layer, cache) in enumerate(zip(weights.decoder, state.caches, strict=True)):
            if layer.device != device:
                device = layer.device
                own, cross = (tuple(x.to(device) for x in context) for context in (own, cross))
            attended = operations.attend_self(cache, self._split(projected, 3), own, shape)
            hidden, query = self._after_self_attention(residual, i, hidden, attended)
            attended = operations.attend_cross(cache, query, cross, shape)
            hidden, projected = self._after_cross_attention(residual, i, hidden, attended)
        return projected

    def _after_self_attention(
        self, residual: Residual, index: int, hidden: Tensor, attended: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return the hidden state, and the queries `[n, K, H, D]` to the source."""
        layer = self.weights.decoder[index]
        hidden, query = residual(
            hidden, attended, layer.attention.out, layer.cross_norm, layer.cross_query
        )
        return hidden, self._split(query, 1)[:, :, 0]

    def _after_cross_attention(
        self, residual: Residual, index: int, hidden: Tensor, attended: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Feed forward; return the hidden state, and the next layer's input `[n, K, 3·d]`.

        After the last layer, the second is the input of the head, `[n, K, d]`.
        """
        weights = self.weights
        layer = weights.decoder[index]
        part = layer.feed_forward
        hidden, up = residual(hidden, attended, layer.cross_out, part.norm, part.up, relu=True)
        if layer is weights.decoder[-1]:
            return residual(hidden, up, part.down, weights.decoder_norm, None)
        following = weights.decoder[index + 1].attention
        return residual(hidden, up, part.down, following.norm, following.qkv)

    def _split(self, projected: Tensor, parts: int) -> Tensor:
        """`[n, L, parts · d]` → `[n, L, parts, H, D]`."""
        return projected.view(*projected.shape[:2], parts, self.weights.heads, -1)


def _fed_forward(part: FeedForward, hidden: Tensor) -> Tensor:
    """`[n, L, d] → [n, L, d]`."""
    return part.down(torch.relu_(part.up(part.norm(hidden))))


def _clamped(hidden: Tensor) -> Tensor:
    """Clamp fp16 to finite values, as transformers does in the encoder."""
    if hidden.dtype != torch.float16:
        return hidden
    limit = torch.finfo(torch.float16).max - 1_000
    return hidden.clamp(-limit, limit)
