"""The shape of the bundled model, and growing a trained model into another shape.

Added parts contribute nothing at first: the grown model computes the same as the old one, and
continues learning from there (Chen, Goodfellow and Shlens, Net2Net, 2016; Gong et al., progressive
stacking, 2019).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from transformers import M2M100Config, M2M100ForConditionalGeneration

from training.corpus import LANGUAGES

if TYPE_CHECKING:
    from translator.models.tokenizer import Tokenizer

WIDTH = 256
_LAYER_OUTPUTS = ("self_attn.out_proj", "encoder_attn.out_proj", "fc2")


@dataclass(frozen=True)
class Shape:
    """Layers and widths; a shallow decoder saves time, so the encoder is the deep part."""

    encoder_layers: int = 4
    decoder_layers: int = 2
    encoder_ffn: int = 1024
    decoder_ffn: int = 1024

    def config(self, vocabulary: int) -> M2M100Config:
        """Return the configuration of a model of this shape."""
        return M2M100Config(
            vocab_size=vocabulary,
            d_model=WIDTH,
            encoder_layers=self.encoder_layers,
            decoder_layers=self.decoder_layers,
            encoder_attention_heads=8,
            decoder_attention_heads=8,
            encoder_ffn_dim=self.encoder_ffn,
            decoder_ffn_dim=self.decoder_ffn,
            max_position_embeddings=256,
            dropout=0.0,
            attention_dropout=0.0,
            encoder_layerdrop=0.0,
            decoder_layerdrop=0.0,
            languages=list(LANGUAGES),
        )


def grow(model: M2M100ForConditionalGeneration, shape: Shape) -> M2M100ForConditionalGeneration:
    """Return a model of `shape` that computes the same as `model`.

    Added layers are copies of their neighbours with zero outputs; added rows of the feed-forward
    networks are random, with zero outputs. Raises ValueError if `shape` is smaller.
    """
    old = model.config
    counts = {
        "encoder": (old.encoder_layers, shape.encoder_layers),
        "decoder": (old.decoder_layers, shape.decoder_layers),
    }
    if any(now > then for now, then in counts.values()) or (
        old.encoder_ffn_dim > shape.encoder_ffn or old.decoder_ffn_dim > shape.decoder_ffn
    ):
        raise ValueError("a model can only grow: the shape has fewer layers or a narrower network")
    grown = M2M100ForConditionalGeneration(shape.config(old.vocab_size))
    state = grown.state_dict()
    values = model.state_dict()
    for name, target in state.items():
        source, added = _origin(name, counts)
        _fill(target, values[source], outputs=source.rpartition(".")[0].endswith(_LAYER_OUTPUTS))
        if added and name.rpartition(".")[0].endswith(_LAYER_OUTPUTS):
            target.zero_()
    grown.load_state_dict(state)
    return grown


def respell(
    model: M2M100ForConditionalGeneration, old: "Tokenizer", new: "Tokenizer"
) -> M2M100ForConditionalGeneration:
    """Return the model with another vocabulary: each entry is the mean of the old ones spelling it.

    The embeddings are also the output projection: `tie_word_embeddings`.
    """
    config = M2M100Config(**{**model.config.to_dict(), "vocab_size": new.size})
    respelled = M2M100ForConditionalGeneration(config)
    before = model.model.shared.weight.detach()
    known = {token: i for i, token in enumerate(old.tokens())}
    rows = [_spelling(token, known, old) for token in new.tokens()]
    embeddings = torch.stack([before[row].mean(dim=0) for row in rows])
    state = {
        name: embeddings if value.shape[:1] == before.shape[:1] else value
        for name, value in model.state_dict().items()
    }
    respelled.load_state_dict(state)
    return respelled


def _spelling(token: str, known: dict[str, int], old: "Tokenizer") -> list[int]:
    if token in known:
        return [known[token]]
    if token.startswith("▁"):
        return old.encode_pieces(token[1:])
    # A text begins with a space, which a piece from inside a word must not have. A leading digit,
    # which never merges with letters, separates the space.
    digit = "0"
    return old.encode_pieces(digit + token)[len(old.encode_pieces(digit)) :]


def _origin(name: str, counts: dict[str, tuple[int, int]]) -> tuple[str, bool]:
    """Return the old name of a weight, and whether its layer is an added copy."""
    parts = name.split(".")
    if "layers" not in parts:
        return name, False
    place = parts.index("layers") + 1
    layer = int(parts[place])
    old, new = counts[parts[place - 2]]
    # Each old layer is followed by its copies: 4 → 8 gives 0 0' 1 1' 2 2' 3 3'.
    origin = layer * old // new
    parts[place] = str(origin)
    first = layer == 0 or (layer - 1) * old // new != origin
    return ".".join(parts), not first


def _fill(target: Tensor, source: Tensor, *, outputs: bool) -> None:
    """Copy a weight into the corner of a wider one; new columns of outputs are zero."""
    if target.shape == source.shape:
        target.copy_(source)
        return
    if outputs:
        target.zero_()
    target[tuple(slice(size) for size in source.shape)] = source
