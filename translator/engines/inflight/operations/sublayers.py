"""What lies between attention and feed-forward, in plain torch. Letters as in `types`."""

import torch
from torch import Tensor

from translator.engines.inflight.projection import Projection
from translator.engines.inflight.weights import LayerNorm, Weights
from translator.engines.model_tensors import POSITION_OFFSET


def embed(
    weights: Weights, tokens: Tensor, positions: Tensor, norm: LayerNorm
) -> tuple[Tensor, Tensor]:
    """See Embed."""
    device = weights.decoder_positions.device
    tokens, positions = tokens.to(device), positions.to(device)[:, None]
    rows = torch.where(tokens == weights.pad, weights.pad, positions + POSITION_OFFSET)
    hidden = weights.decoder_embedding(tokens) * weights.scale + weights.decoder_positions[rows]
    return hidden, norm(hidden)


def residual(
    hidden: Tensor,
    x: Tensor,
    out: Projection,
    norm: LayerNorm,
    then: Projection | None,
    *,
    relu: bool = False,
) -> tuple[Tensor, Tensor]:
    """See Residual."""
    hidden = (hidden + out(x)).to(norm.weight.device)
    normed = norm(hidden)
    if then is None:
        return hidden, normed
    projected = then(normed)
    return hidden, torch.relu_(projected) if relu else projected
