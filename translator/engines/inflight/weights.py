"""The weights of an M2M100 checkpoint, fused and placed on their devices."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from translator.engines.heap import release_free_memory
from translator.engines.inflight.int8 import Int8Linear, Int8Rows, Int8StepLinear
from translator.engines.inflight.narrow import NarrowLinear
from translator.engines.inflight.placement import Placement
from translator.engines.inflight.projection import (
    CommonHead,
    Embedding,
    Head,
    Linear,
    PartedHead,
    Projection,
    Rows,
    Scorer,
)
from translator.engines.model_tensors import (
    DECODER_TABLE,
    ENCODER_TABLE,
    HEAD,
    TABLES,
    ModelTensors,
)

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
    tensors: ModelTensors,
    placement: Placement,
    dtype: torch.dtype,
    *,
    int8: bool = False,
    parts: Sequence[Tensor] = (),
    narrow: torch.dtype | None = None,
) -> Weights:
    """Read the weights and fuse them, each directly onto its device.

    With `int8`, matrices are quantised on the CPU, one at a time; all else is `dtype`, fp32. With
    `narrow`, for GPUs, those of the layers are kept in that dtype. `parts`: of a PartedHead, or of
    a CommonHead on a GPU.
    """
    # The largest come first: while they are converted, little else is held.
    embedding, decoder_embedding, head = _tables(tensors, placement, dtype, int8=int8, parts=parts)
    reader, step_reader = _readers(tensors, dtype, int8=int8, narrow=narrow)
    positions = tensors.positions(MAX_POSITIONS).to(dtype)
    return Weights(
        embedding=embedding,
        decoder_embedding=decoder_embedding,
        head=head,
        positions=positions.to(placement.encoder[0]),
        decoder_positions=positions.to(placement.decoder[0]),
        scale=tensors.scale,
        heads=tensors.config.decoder_attention_heads,
        pad=tensors.config.pad_token_id,
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
        decoder_norm=reader.norm("model.decoder.layer_norm", placement.decoder[-1]),
    )


def _readers(
    tensors: ModelTensors, dtype: torch.dtype, *, int8: bool, narrow: torch.dtype | None
) -> tuple["_Reader", "_Reader"]:
    """Return what reads the matrices that work on many rows, and those of a decoding step."""
    if narrow is not None:
        make = partial(NarrowLinear.of, kept=narrow, dtype=dtype)
        reader = _Reader(tensors, dtype, make, torch.float32)
        return reader, reader
    return (
        _Reader(tensors, dtype, Int8Linear if int8 else Linear),
        _Reader(tensors, dtype, Int8StepLinear if int8 else Linear),
    )


def _tables(
    tensors: ModelTensors,
    placement: Placement,
    dtype: torch.dtype,
    *,
    int8: bool,
    parts: Sequence[Tensor],
) -> tuple[Embedding, Embedding, Scorer]:
    """Return the embeddings of encoder and decoder, and the head; tied ones share their memory.

    The head is in fp32 if torch has no product of 16-bit numbers with a 32-bit result: on CPUs and
    before torch 2.8. A tied embedding is then in fp32, too.
    """
    first, second, last = placement.encoder[0], placement.decoder[0], placement.decoder[-1]
    mixed = last.type == "cuda" and torch.__version__ >= "2.8"
    scored = tensors.read([HEAD], dtype if mixed else torch.float32, last)
    encoder, decoder, head = (tensors.sources[name].place for name in TABLES)

    def rows(name: str, device: torch.device) -> Embedding:
        tied = tensors.sources[name].place == head and device == last
        weight = scored if tied else tensors.read([name], dtype, device)
        return Int8Rows(weight) if int8 else Rows(weight, dtype)

    embedding = rows(ENCODER_TABLE, first)
    same = encoder == decoder and first == second
    decoder_embedding = embedding if same else rows(DECODER_TABLE, second)
    make = _int8_head if int8 else Head
    return embedding, decoder_embedding, _head(scored, parts, make)


def _head(weight: Tensor, parts: Sequence[Tensor], make: Callable[[Tensor], Scorer]) -> Scorer:
    if not parts or (len(parts) == 1 and weight.device.type != "cpu"):
        return make(weight)  # a copy of all rows would gain nothing
    if weight.device.type == "cpu":
        return PartedHead(weight, parts, make)
    return CommonHead.of(weight, parts)


def _int8_head(weight: Tensor) -> Scorer:
    return Int8StepLinear(weight, None)


class _Reader:
    """Reads parts of a model by their names in transformers."""

    def __init__(
        self,
        tensors: ModelTensors,
        dtype: torch.dtype,
        project: Callable[[Tensor, Tensor], Projection],
        projected: torch.dtype | None = None,
    ) -> None:
        """`project` makes a projection of `weight [out, in]` and `bias [out]` in `projected`.

        `dtype` is that of norms, and the default of `projected`.
        """
        self._tensors = tensors
        self._dtype = dtype
        self._project = project
        self._projected = projected or dtype

    def linear(self, names: Sequence[str], device: torch.device) -> Projection:
        """Return the projections with these names, stacked into one."""
        weight, bias = (
            self._tensors.read([f"{name}.{part}" for name in names], self._projected, device)
            for part in ("weight", "bias")
        )
        return self._project(weight, bias)

    def norm(self, name: str, device: torch.device) -> LayerNorm:
        weight, bias = (
            self._tensors.read([f"{name}.{part}"], self._dtype, device)
            for part in ("weight", "bias")
        )
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
        layer = EncoderLayer(device, self.attention(name, device), self.feed_forward(name, device))
        release_free_memory()
        return layer

    def decoder_layer(self, name: str, device: torch.device) -> DecoderLayer:
        layer = DecoderLayer(
            device,
            self.attention(name, device),
            self.norm(f"{name}.encoder_attn_layer_norm", device),
            self.linear([f"{name}.encoder_attn.q_proj"], device),
            self.linear([f"{name}.encoder_attn.out_proj"], device),
            self.feed_forward(name, device),
        )
        release_free_memory()
        return layer

    def cross(self, layers: range, device: torch.device) -> CrossKeysValues:
        names = [
            f"model.decoder.layers.{i}.encoder_attn.{part}_proj" for i in layers for part in "kv"
        ]
        return CrossKeysValues(device, len(layers), self.linear(names, device))
