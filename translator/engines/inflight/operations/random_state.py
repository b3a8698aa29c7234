"""Slots in the middle of their work, at random: what kernels are compared and timed with."""

from dataclasses import replace

import torch
from torch import Tensor

from translator.engines.inflight.projection import COMMON
from translator.engines.inflight.state import Shape, SlotState
from translator.engines.inflight.weights import Weights

_SEED = 1


def random_state(weights: Weights, vocabulary: int, shape: Shape, beams: int) -> SlotState:
    """Return the state of `shape.slots` sentences; it has the cache of one layer only.

    Sources, positions and ancestors are ragged, all inside `shape`, and a slot in eight is done.
    """
    one_layer = replace(weights, decoder=weights.decoder[-1:])
    state = SlotState.allocate(one_layer, shape.slots, beams, shape.source, shape.length)
    device = state.position.device
    generator = torch.Generator(device).manual_seed(_SEED)

    def integers(low: int, high: int, like: Tensor) -> None:
        high = max(high, low + 1)
        drawn = torch.randint(low, high, like.shape, generator=generator, device=device)
        like.copy_(drawn)

    for tensor in (state.caches[0].own, state.caches[0].cross):
        tensor.normal_(generator=generator)
    integers(1, shape.source + 1, state.source_length)
    integers(1, shape.length - 1, state.position)
    for tokens in (state.token, state.running, state.finished):
        integers(4, vocabulary, tokens)
    _link(state, generator)
    state.running_score.uniform_(-20, 0, generator=generator)
    state.running_score.copy_(state.running_score.sort(dim=1, descending=True).values)
    state.finished_score.uniform_(-2, 0, generator=generator)
    state.finished_score.copy_(state.finished_score.sort(dim=1, descending=True).values)
    integers(0, 2, state.is_finished)
    integers(2, shape.length + 1, state.max_length)
    integers(0, COMMON, state.scripts)
    state.active.copy_(torch.arange(len(state.active), device=device) % 8 != 7)
    return state


def _link(state: SlotState, generator: torch.Generator) -> None:
    """Set random ancestors up to each slot's position, and the own column from there on."""
    device, length = state.position.device, state.length
    ancestor = torch.randint(
        0, state.beams, state.ancestor.shape, generator=generator, device=device
    )
    own = torch.arange(state.beams, device=device)[:, None].expand(state.beams, length)
    past = torch.arange(length, device=device) < state.position[:, None, None]
    state.ancestor.copy_(torch.where(past, ancestor, own))
