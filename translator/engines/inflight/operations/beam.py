"""One step of beam search for all slots at once, with the results of transformers' `generate`.

This is `GenerationMixin._beam_search` (transformers/generation/utils.py) per sentence: each slot
has its own length, penalty and stopping rule, and does not change once it is done. Greedy search is
one beam that stops when it is full. The host reads no result. Letters as in `state`.
"""

import torch
from torch import Tensor

from translator.engines.inflight.operations.types import Continuations
from translator.engines.inflight.state import NEVER, Shape, SlotState


def advance(state: SlotState, found: Continuations, shape: Shape, eos: int) -> None:
    """See Advance."""
    n = shape.slots
    active = state.active[:n]
    position = state.position[:n]
    score, parent, token = found.score, found.parent, found.token
    state.finite[:n] &= torch.isfinite(score[:, 0]) | ~active
    grown = _grow(state.running[:n], parent, token, position)  # [n, 2·K, T]
    hit = (token == eos) | (position + 2 >= state.max_length[:n])[:, None]
    _finish(state, n, score, grown, hit)
    _continue(state, n, score, grown, hit, parent, token)
    generated = position + 1  # tokens after the start token, the new one included
    improvable = _can_improve(state, n, generated)
    full = state.is_finished[:n].all(dim=1) & state.stop_when_full[:n]
    done = ~improvable | full | hit.all(dim=1) | ~state.finite[:n]
    position += active
    active &= ~done


def _grow(running: Tensor, parent: Tensor, token: Tensor, position: Tensor) -> Tensor:
    """Return the sequences `[n, 2·K, T]` of the candidates."""
    grown = _rows(running, parent)
    # A slot that finished at the last position has nothing to write.
    index = (position + 1).clamp(max=running.shape[2] - 1)[:, None, None].expand(*token.shape, 1)
    return grown.scatter(2, index, token[:, :, None])


def _finish(state: SlotState, n: int, total: Tensor, grown: Tensor, hit: Tensor) -> None:
    """Merge candidates that ended into the finished sequences; only the K best may end."""
    beams = state.beams
    among_best = torch.arange(2 * beams, device=hit.device) < beams
    ended = hit & among_best & state.active[:n, None]
    length = (state.position[:n] + 1)[:, None]
    score = total / length ** state.length_penalty[:n, None]
    merged = torch.cat((state.finished_score[:n], score + NEVER * (~ended).float()), dim=1)
    best, index = merged.topk(beams, dim=1)
    flags = torch.cat((state.is_finished[:n], ended), dim=1)
    state.finished_score[:n] = best
    state.is_finished[:n] = flags.gather(1, index)
    state.finished[:n] = _rows(torch.cat((state.finished[:n], grown), dim=1), index)


def _continue(
    state: SlotState,
    n: int,
    total: Tensor,
    grown: Tensor,
    hit: Tensor,
    parent: Tensor,
    token: Tensor,
) -> None:
    """Continue with the K best candidates that did not end."""
    beams, length = state.beams, state.ancestor.shape[2]
    score, index = (total + NEVER * hit.float()).topk(beams, dim=1)
    state.running_score[:n] = score
    state.running[:n] = _rows(grown, index)
    state.token[:n] = token.gather(1, index)
    ancestor = _rows(state.ancestor[:n], parent.gather(1, index))
    time = torch.arange(length, device=hit.device)
    own = torch.arange(beams, device=hit.device)[:, None].expand(beams, length)
    past = time <= state.position[:n, None, None]
    state.ancestor[:n] = torch.where(past, ancestor, own)


def _can_improve(state: SlotState, n: int, generated: Tensor) -> Tensor:
    """Return bool `[n]`: whether the best running beam could beat the worst finished one.

    Its best possible score is the current one normalised by a bound of the final length.
    """
    penalty = state.length_penalty[:n]
    bound_is_max = state.length_bound_is_max[:n] & (penalty > 0)
    length_bound = torch.where(bound_is_max, state.max_length[:n] - 1, generated)
    best_possible = state.running_score[:n, 0] / length_bound**penalty
    worst = state.finished_score[:n].amin(dim=1, keepdim=True)
    worst = torch.where(state.is_finished[:n], worst, NEVER)
    return (best_possible[:, None] > worst).any(dim=1)


def _rows(tensor: Tensor, index: Tensor) -> Tensor:
    """`[n, A, T]` and `[n, B]` → rows `[n, B, T]`."""
    return tensor.gather(1, index[:, :, None].expand(-1, -1, tensor.shape[2]))
