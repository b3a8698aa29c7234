"""The operation Embed in one launch."""

import torch
import triton
import triton.language as tl
from torch import Tensor

from translator.engines.inflight.operations.kernels.layer_norm import normed, row_launch
from translator.engines.inflight.projection import Rows
from translator.engines.inflight.weights import LayerNorm, Weights
from translator.engines.model_tensors import POSITION_OFFSET


def embed(
    weights: Weights, tokens: Tensor, positions: Tensor, norm: LayerNorm
) -> tuple[Tensor, Tensor]:
    """See Embed. The embedding must be Rows, and everything on one device.

    A program reads a row of the embedding and one of the positions, and writes both results.
    """
    embedding, table = weights.decoder_embedding, weights.decoder_positions
    assert isinstance(embedding, Rows)
    n, beams = tokens.shape
    width = table.shape[1]
    hidden = torch.empty(n, beams, width, dtype=table.dtype, device=table.device)
    result = torch.empty_like(hidden)
    _embed_kernel[(n * beams,)](
        tokens.contiguous(), positions, embedding.weight, table, norm.weight, norm.bias,
        hidden, result, weights.scale, beams, width, weights.pad, POSITION_OFFSET,
        **row_launch(width),
    )  # fmt: skip
    return hidden, result


@triton.jit(do_not_specialize=["beams", "pad", "offset"])
def _embed_kernel(  # type: ignore[no-untyped-def]
    tokens,  # int64 [n · beams]
    positions,  # int64 [n]
    embedding,  # [V, width]
    table,  # [positions, width], the row of padding included
    weight,  # [width]
    bias,  # [width]
    hidden,  # [n · beams, width]: result
    result,  # [n · beams, width]: the norm of it
    scale,
    beams,
    width,
    pad,
    offset,
    block: tl.constexpr,
):
    """Program i computes row i; it rounds where plain torch does."""
    i = tl.program_id(0)
    columns = tl.arange(0, block)
    inside = columns < width
    token = tl.load(tokens + i)
    place = tl.load(positions + i // beams) + offset
    place = tl.where(token == pad, pad, place)
    dtype = hidden.dtype.element_ty
    row = tl.load(embedding + token * width + columns, mask=inside, other=0.0)
    at = tl.load(table + place * width + columns, mask=inside, other=0.0)
    scaled = (row.to(dtype).to(tl.float32) * scale).to(dtype)
    total = (scaled.to(tl.float32) + at.to(tl.float32)).to(dtype)
    first = i.to(tl.int64) * width
    tl.store(hidden + first + columns, total, mask=inside)
    norm = normed(total.to(tl.float32), weight, bias, width, columns)
    tl.store(result + first + columns, norm.to(dtype), mask=inside)
