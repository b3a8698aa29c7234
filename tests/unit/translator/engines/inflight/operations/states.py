"""Random states of slots, in the memory layouts of CPUs and of GPUs.

Where there is a GPU, kernels are compiled for it, and all tensors are there.
"""

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

import torch
from torch import Tensor

from tests.unit.translator.engines.inflight.tiny import make_network, tiny_model
from translator.engines.inflight.operations.types import SlotAttention
from translator.engines.inflight.state import Cache, Shape, SlotState

_WEIGHTS = make_network(tiny_model(0)).weights
DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
# fp32 sums in another order.
EXACT = 1e-5
# Times the largest value. Rounding to bf16 changes a result by at most 2 ** -8 of it, and so does
# the rounding of the weights, of which it is the mean.
BF16 = 2**-7


def random_state(
    beams: int,
    positions: Sequence[int],
    sources: Sequence[int],
    dtype: torch.dtype = torch.float32,
    *,
    heads: int = 2,
    size: int = 8,
    capacity: int = 40,
    source: int = 24,
    as_on_gpu: bool = False,
    seed: int = 0,
) -> SlotState:
    """Return a state with slots at `positions`, whose sources have `sources` tokens."""
    generator = torch.Generator().manual_seed(seed)
    weights = replace(_WEIGHTS, heads=heads, positions=torch.zeros(1, heads * size, dtype=dtype))
    state = SlotState.allocate(weights, len(positions), beams, source, capacity)
    state.position[:-1] = torch.tensor(positions)
    state.source_length[:-1] = torch.tensor(sources)
    state.ancestor.copy_(torch.randint(beams, state.ancestor.shape, generator=generator))
    column = torch.arange(beams)
    for slot, position in enumerate(positions):
        if 0 < position < capacity:  # at position 0, all beams descend from beam 0
            state.ancestor[slot, :, position] = column
        else:
            state.ancestor[slot, :, 0] = 0
    for cache in state.caches:
        for tensor in (cache.own, cache.cross):
            tensor.copy_(torch.randn(tensor.shape, generator=generator))
    return _on_device(laid_out_as_on_gpu(state) if as_on_gpu else state)


def laid_out_as_on_gpu(state: SlotState) -> SlotState:
    """Return a copy of the caches in the order of their dimensions."""
    caches = tuple(Cache(c.own.contiguous(), c.cross.contiguous()) for c in state.caches)
    return replace(state, caches=caches)


def _on_device(state: SlotState) -> SlotState:
    values = {field.name: getattr(state, field.name) for field in fields(state)}
    tensors: dict[str, Any] = {
        name: x.to(DEVICE) for name, x in values.items() if isinstance(x, Tensor)
    }
    caches = tuple(Cache(c.own.to(DEVICE), c.cross.to(DEVICE)) for c in state.caches)
    return replace(state, caches=caches, **tensors)


def copied(state: SlotState, dtype: torch.dtype) -> SlotState:
    """Return the same numbers in other caches, of another dtype."""
    caches = tuple(Cache(c.own.to(dtype).clone(), c.cross.to(dtype).clone()) for c in state.caches)
    return replace(state, caches=caches)


def attended(attention: SlotAttention, state: SlotState, projected: Tensor, shape: Shape) -> Tensor:
    """Run an operation on the first layer."""
    context = attention.prepare(state, shape)
    return attention(state.caches[0], projected, context, shape)


def assert_close(actual: Tensor, expected: Tensor, largest: Tensor) -> None:
    """Compare with results in fp32; `largest` are the values whose means they are."""
    bound = EXACT if actual.dtype == torch.float32 else BF16 * float(largest.abs().max())
    torch.testing.assert_close(actual.float(), expected, rtol=0, atol=bound)
