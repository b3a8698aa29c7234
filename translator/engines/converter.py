"""Converts checkpoints for CTranslate2, by way of its specifications of models.

CTranslate2's own converter reads a model of transformers, which is in memory as a whole, in fp32.
Here the specification holds where the tensors are. CTranslate2 reads each when it quantises or
writes it, so there is never more than the quantised model and one tensor in fp32.

The names in the specification are those that `M2M100Loader` in ctranslate2.converters.transformers
fills, and the layout of `model.bin` is that of `ModelSpec.save`.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from ctranslate2.specs.common_spec import Activation
from ctranslate2.specs.model_spec import Variable
from ctranslate2.specs.transformer_spec import TransformerSpec

from translator.engines.model_tensors import (
    DECODER_TABLE,
    ENCODER_TABLE,
    HEAD,
    POSITION_OFFSET,
    ModelTensors,
)
from translator.models.tokenizer import Vocabulary


def convert(tensors: ModelTensors, vocabulary: Vocabulary, quantization: str, folder: Path) -> None:
    """Write the converted model into `folder`, which is empty."""
    spec = _Filler(tensors).spec()
    names = vocabulary.tokens()
    spec.register_source_vocabulary(names)
    spec.register_target_vocabulary(names)
    spec.config.bos_token = names[vocabulary.bos]
    spec.config.eos_token = spec.config.decoder_start_token = names[vocabulary.eos]
    spec.config.unk_token = names[vocabulary.unk]
    spec.validate()
    spec.optimize(quantization=quantization)
    spec.save(str(folder))


class _StoredVariable(Variable):  # type: ignore[misc]
    """Tensors of a checkpoint, stacked; they are read whenever their values are asked for."""

    def __init__(self, tensors: ModelTensors, names: Sequence[str], dtype: str) -> None:
        self._tensors = tensors
        self._names = tuple(names)
        self._dtype = dtype

    @property
    def shape(self) -> list[int]:
        shapes = [self._tensors.sources[name].shape for name in self._names]
        return [sum(shape[0] for shape in shapes), *shapes[0][1:]]

    @property
    def dtype(self) -> str:
        return self._dtype

    def numpy(self) -> "np.ndarray[Any, Any]":
        return self._read().numpy()

    def num_bytes(self) -> int:
        size: int = getattr(torch, self._dtype).itemsize
        return int(np.prod(self.shape)) * size

    def to_bytes(self) -> bytes:
        return self._read().flatten().view(torch.uint8).numpy().tobytes()

    def _read(self) -> torch.Tensor:
        return self._tensors.read(self._names, getattr(torch, self._dtype))

    def _to(self, dtype: str) -> "_StoredVariable":
        return _StoredVariable(self._tensors, self._names, dtype)

    def _equal(self, other: "_StoredVariable") -> bool:
        """Return whether both are the same tensors, as tied ones are."""
        return self._places() == other._places()

    def _places(self) -> list[object]:
        return [self._tensors.sources[name].place for name in self._names]


class _Filler:
    """Fills a specification with the tensors of a checkpoint."""

    def __init__(self, tensors: ModelTensors) -> None:
        self._tensors = tensors

    def spec(self) -> TransformerSpec:
        config = self._tensors.config
        spec = TransformerSpec.from_config(
            (config.encoder_layers, config.decoder_layers),
            config.encoder_attention_heads,
            pre_norm=True,
            activation=Activation.RELU,
            layernorm_embedding=False,
        )
        positions = self._tensors.positions(config.max_position_embeddings)[POSITION_OFFSET:]
        tables = ("encoder", spec.encoder.embeddings[0], ENCODER_TABLE), (
            "decoder", spec.decoder.embeddings, DECODER_TABLE,
        )  # fmt: skip
        for side, embeddings, table in tables:
            part = getattr(spec, side)
            part.scale_embeddings = self._tensors.scale
            part.position_encodings.encodings = positions
            embeddings.weight = self._variable([table])
            self._norm(part.layer_norm, f"model.{side}.layer_norm")
            for i, layer in enumerate(part.layer):
                self._layer(layer, f"model.{side}.layers.{i}", cross=side == "decoder")
        spec.decoder.projection.weight = self._variable([HEAD])
        return spec

    def _layer(self, layer: Any, name: str, *, cross: bool) -> None:
        own = f"{name}.self_attn"
        self._linear(layer.self_attention.linear[0], [f"{own}.{part}_proj" for part in "qkv"])
        self._linear(layer.self_attention.linear[1], [f"{own}.out_proj"])
        self._norm(layer.self_attention.layer_norm, f"{own}_layer_norm")
        if cross:
            other = f"{name}.encoder_attn"
            self._linear(layer.attention.linear[0], [f"{other}.q_proj"])
            self._linear(layer.attention.linear[1], [f"{other}.k_proj", f"{other}.v_proj"])
            self._linear(layer.attention.linear[2], [f"{other}.out_proj"])
            self._norm(layer.attention.layer_norm, f"{other}_layer_norm")
        self._linear(layer.ffn.linear_0, [f"{name}.fc1"])
        self._linear(layer.ffn.linear_1, [f"{name}.fc2"])
        self._norm(layer.ffn.layer_norm, f"{name}.final_layer_norm")

    def _linear(self, part: Any, names: Sequence[str]) -> None:
        part.weight = self._variable([f"{name}.weight" for name in names])
        part.bias = self._variable([f"{name}.bias" for name in names])

    def _norm(self, part: Any, name: str) -> None:
        part.gamma = self._variable([f"{name}.weight"])
        part.beta = self._variable([f"{name}.bias"])

    def _variable(self, names: Sequence[str]) -> _StoredVariable:
        return _StoredVariable(self._tensors, names, "float32")
