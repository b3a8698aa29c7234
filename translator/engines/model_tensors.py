"""class ModelTensors: the weights of a checkpoint by their names in transformers."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from transformers import M2M100Config

from translator.engines.tensor_files import TensorSource, open_tensors
from translator.errors import CheckpointError

POSITION_OFFSET = 2  # position p is row p + 2 of the table; row 1, of padding, is zeros
ENCODER_TABLE, DECODER_TABLE, HEAD = TABLES = (
    "model.encoder.embed_tokens.weight",
    "model.decoder.embed_tokens.weight",
    "lm_head.weight",
)
SHARED = "model.shared.weight"  # what tied tables are called
_CPU = torch.device("cpu")
_PARTS = ("q", "k", "v", "out")
_NORM = ("weight", "bias")
_MOST_NAMED = 5  # tensors in an error


@dataclass(frozen=True, slots=True)
class ModelTensors:
    """What a model consists of; values are read when they are asked for, and not kept."""

    config: M2M100Config
    sources: Mapping[str, TensorSource]  # with all of TABLES, which may be one tensor

    @classmethod
    def of(cls, folder: Path) -> "ModelTensors":
        """Open the files of a checkpoint folder.

        Raises CheckpointError if a file is damaged, and if tensors are missing or do not fit the
        configuration.
        """
        config = M2M100Config.from_pretrained(folder, local_files_only=True)
        if config.activation_function != "relu":
            raise CheckpointError(
                f"the model in {folder} has the activation {config.activation_function!r}; served "
                "are models with 'relu'"
            )
        sources = dict(open_tensors(folder))
        present = [name for name in (SHARED, *TABLES) if name in sources]
        if present and config.tie_word_embeddings:  # files have a tied tensor under any name
            sources = dict.fromkeys(TABLES, sources[present[0]]) | sources
        shapes = {name: source.shape for name, source in sources.items()}
        wrong = [name for name, shape in tensor_shapes(config) if shapes.get(name) != shape]
        if wrong:
            raise CheckpointError(
                f"the weights in {folder} do not fit the model: {', '.join(wrong[:_MOST_NAMED])}"
            )
        return cls(config, sources)

    @property
    def scale(self) -> float:
        """The factor of embeddings: √d, or 1."""
        return math.sqrt(self.config.d_model) if self.config.scale_embedding else 1.0

    def read(self, names: Sequence[str], dtype: torch.dtype, device: torch.device = _CPU) -> Tensor:
        """Return the tensors with these names, stacked into one along the first dimension."""
        sources = [self.sources[name] for name in names]
        sizes = [source.shape[0] for source in sources]
        stacked = torch.empty((sum(sizes), *sources[0].shape[1:]), dtype=dtype, device=device)
        for source, part in zip(sources, torch.split(stacked, sizes), strict=True):
            source.read_into(part)
        return stacked

    def positions(self, count: int) -> Tensor:
        """Return the first rows of the sinusoidal table, `[count + POSITION_OFFSET, d]` in fp32.

        They are those of transformers, bit by bit, which are in no checkpoint.
        """
        width, half = self.config.d_model, self.config.d_model // 2
        exponents = torch.arange(half).float() * -(math.log(10_000) / (half - 1))
        angles = torch.arange(count + POSITION_OFFSET).float()[:, None] * torch.exp(exponents)
        table = torch.zeros(count + POSITION_OFFSET, width)
        table[:, : 2 * half] = torch.cat([angles.sin(), angles.cos()], dim=1)
        table[self.config.pad_token_id] = 0
        return table

    def layer_sizes(self, side: str) -> list[int]:
        """Return the number of parameters of each layer of the "encoder" or "decoder"."""
        sizes = [0] * getattr(self.config, f"{side}_layers")
        for name, shape in tensor_shapes(self.config):
            if match := re.match(rf"model\.{side}\.layers\.(\d+)\.", name):
                sizes[int(match[1])] += math.prod(shape)
        return sizes


def tensor_shapes(config: M2M100Config) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield the names and shapes of a model's tensors, as in `M2M100ForConditionalGeneration`."""
    width: int = config.d_model
    yield from ((name, (config.vocab_size, width)) for name in TABLES)
    for side, attentions in (
        ("encoder", ["self_attn"]),
        ("decoder", ["self_attn", "encoder_attn"]),
    ):
        inner: int = getattr(config, f"{side}_ffn_dim")
        linear = {f"{name}.{part}_proj": (width, width) for name in attentions for part in _PARTS}
        linear |= {"fc1": (inner, width), "fc2": (width, inner)}
        norms = [*(f"{name}_layer_norm" for name in attentions), "final_layer_norm"]
        for i in range(getattr(config, f"{side}_layers")):
            begin = f"model.{side}.layers.{i}"
            for name, shape in linear.items():
                yield f"{begin}.{name}.weight", shape
                yield f"{begin}.{name}.bias", shape[:1]
            yield from ((f"{begin}.{norm}.{x}", (width,)) for norm in norms for x in _NORM)
        yield from ((f"model.{side}.layer_norm.{x}", (width,)) for x in _NORM)
