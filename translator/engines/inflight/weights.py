"""The weights of an M2M100 checkpoint, fused and placed on their devices."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import M2M100ForConditionalGeneration

from translator.engines.inflight.int8 import Int8Linear, Int8Rows, Int8StepLinear
from translator.engines.inflight.placement import Placement
from translator.engines.inflight.projection import Embedding, Head, Linear, Projection, Rows, Scorer

POSITION_OFFSET = 2  # position p is row p + 2 of the table; row 1, of padding, is zeros
MAX_POSITIONS = 1_024


@dataclass(frozen=True, slots=True)
class LayerNorm:
    """`weight [d]`, `bias [d]`."""

    weight: Tensor
    bias: Tensor

    def __call__(self, x: Tensor) -> Tensor:
        """`[…, d] → […, d]`."""
        return torch.layer_norm(x, self.weight.shape, self.weight, self.bias)


@dataclass(frozen=True, slots=True)
class FeedForward:
    """Norm, d → ffn, activation, ffn → d."""

    norm: LayerNorm
    up: Projection
    down: Projection


@dataclass(frozen=True, slots=True)
class SelfAttention:
    """Norm, one product for query, key and value (`[3·d, d]`), output projection."""

    norm: LayerNorm
    qkv: Projection
    out: Projection


@dataclass(frozen=True, slots=True)
class EncoderLayer:
    """One layer on one device."""

    device: torch.device
    attention: SelfAttention
    feed_forward: FeedForward


@dataclass(frozen=True, slots=True)
class DecoderLayer:
    """One layer on one device; `Weights.cross` computes the keys and values of the source."""

    device: torch.device
    attention: SelfAttention
    cross_norm: LayerNorm
    cross_query: Projection
    cross_out: Projection
    feed_forward: FeedForward


@dataclass(frozen=True, slots=True)
class CrossKeysValues:
    """Keys and values of consecutive decoder layers on one device, in one product.

    `project.weight [layers · 2 · d, d]`: for each layer its keys, then its values.
    """

    device: torch.device
    layers: int
    project: Projection


@dataclass(frozen=True, slots=True)
class Weights:
    """All weights; the embedding is on the first device, the head on the last."""

    embedding: Embedding
    decoder_embedding: Embedding
    head: Scorer
    positions: Tensor  # [MAX_POSITIONS + 2, d], sinusoidal
    decoder_positions: Tensor
    scale: float  # of embeddings: √d, or 1
    heads: int
    pad: int
    encoder: tuple[EncoderLayer, ...]
    encoder_norm: LayerNorm
    cross: tuple[CrossKeysValues, ...]
    decoder: tuple[DecoderLayer, ...]
    decoder_norm: LayerNorm

    @property
    def dtype(self) -> torch.dtype:
        """The dtype of activations and caches."""
        return self.positions.dtype

    @property
    def width(self) -> int:
        """The size d of a hidden state."""
        return self.positions.shape[1]


def load(
    model: M2M100ForConditionalGeneration, placement: Placement, *, int8: bool = False
) -> Weights:
    """Fuse the weights of a transformers model and move them to their devices.

    With `int8`, the weights of a model in fp32 are quantised on the CPU, and the model must not be
    used afterwards. The head stays in fp32 if torch has no product of 16-bit numbers with a 32-bit
    result: on CPUs and before torch 2.8.
    """
    config = model.config
    state = model.state_dict()
    reader = _Reader(state, Int8Linear if int8 else Linear, consume=int8)
    step_reader = _Reader(state, Int8StepLinear if int8 else Linear, consume=int8)
    first, last = placement.encoder[0], placement.decoder[-1]
    shared = model.model.shared.weight.detach()
    positions = _positions(model).to(shared.dtype)
    decoder_first = placement.decoder[0]
    rows = Int8Rows if int8 else Rows
    embedding = rows(shared.to(first))
    return Weights(
        embedding=embedding,
        decoder_embedding=embedding if decoder_first == first else rows(shared.to(decoder_first)),
        head=Int8StepLinear(shared, None) if int8 else _head(shared, last),
        positions=positions.to(first),
        decoder_positions=positions.to(decoder_first),
        scale=config.d_model**0.5 if config.scale_embedding else 1.0,
        heads=config.decoder_attention_heads,
        pad=config.pad_token_id,
        encoder=tuple(
            reader.encoder_layer(f"model.encoder.layers.{i}", device)
            for i, device in enumerate(placement.encoder)
        ),
        encoder_norm=reader.norm("model.encoder.layer_norm", placement.encoder[-1]),
        cross=tuple(reader.cross(range(*run), device) for device, run in placement.decoder_runs()),
        decoder=tuple(
            step_reader.decoder_layer(f"model.decoder.layers.{i}", device)
            for i, device in enumerate(placement.decoder)
        ),
        decoder_norm=reader.norm("model.decoder.layer_norm", last),
    )


def _positions(model: M2M100ForConditionalGeneration) -> Tensor:
    """Return the sinusoidal table of positions, `[MAX_POSITIONS + 2, d]`."""
    config = model.config
    table: Tensor = model.model.encoder.embed_positions.get_embedding(
        MAX_POSITIONS + POSITION_OFFSET, config.d_model, config.pad_token_id
    )
    return table


def _head(shared: Tensor, device: torch.device) -> Head:
    mixed = device.type == "cuda" and torch.__version__ >= "2.8"
    return Head(shared.to(device, shared.dtype if mixed else torch.float32))


class _Reader:
    """Reads parts of a state dict by their names in transformers."""

    def __init__(
        self,
        state: dict[str, Tensor],
        project: Callable[[Tensor, Tensor], Projection],
        *,
        consume: bool,
    ) -> None:
        """`project` makes a projection of `weight [out, in]` and `bias [out]`.

        `consume` frees the weights that were read, to avoid a second copy of the model.
        """
        self._state = state
        self._project = project
        self._consume = consume

    def linear(self, names: Sequence[str], device: torch.device) -> Projection:
        """Return the projections with these names, stacked into one."""
        weight, bias = (
            torch.cat([self._state[f"{name}.{part}"] for name in names]).detach().to(device)
            for part in ("weight", "bias")
        )
        projection = self._project(weight, bias)
        if self._consume:
            for name in names:
                storage = self._state[f"{name}.weight"].untyped_storage()
                if storage.resizable():  # not if it is mapped from a file
                    storage.resize_(0)
        return projection

    def norm(self, name: str, device: torch.device) -> LayerNorm:
        weight, bias = (self._state[f"{name}.{part}"].to(device) for part in ("weight", "bias"))
        return LayerNorm(weight, bias)

    def attention(self, name: str, device: torch.device) -> SelfAttention:
        parts = [f"{name}.self_attn.{part}_proj" for part in "qkv"]
        return SelfAttention(
            self.norm(f"{name}.self_attn_layer_norm", device),
            self.linear(parts, device),
            self.linear([f"{name}.self_attn.out_proj"], device),
        )

    def feed_forward(self, name: str, device: torch.device) -> FeedForward:
        return FeedForward(
            self.norm(f"{name}.final_layer_norm", device),
            self.linear([f"{name}.fc1"], device),
            self.linear([f"{name}.fc2"], device),
        )

    def encoder_layer(self, name: str, device: torch.device) -> EncoderLayer:
        return EncoderLayer(device, self.attention(name, device), self.feed_forward(name, device))

    def decoder_layer(self, name: str, device: torch.device) -> DecoderLayer:
        return DecoderLayer(
            device,
            self.attention(name, device),
            self.norm(f"{name}.encoder_attn_layer_norm", device),
            self.linear([f"{name}.encoder_attn.q_proj"], device),
            self.linear([f"{name}.encoder_attn.out_proj"], device),
            self.feed_forward(name, device),
        )

    def cross(self, layers: range, device: torch.device) -> CrossKeysValues:
        names = [
            f"model.decoder.layers.{i}.encoder_attn.{part}_proj" for i in layers for part in "kv"
        ]
        return CrossKeysValues(device, len(layers), self.linear(names, device))
