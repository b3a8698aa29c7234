"""One step of beam search for all slots at once, as `generate` of transformers does it.

`GenerationMixin._beam_search` (transformers/generation/utils.py), sentence by sentence: each slot
has its own length, penalty and stopping rule, and stands still once it is done. Greedy search is
one beam that stops when it is full. No result is read by the host. Letters as in `state`.
"""

import torch
from torch import Tensor

from translator.engines.inflight.state import NEVER, Shape, SlotState


def advance(
    state: SlotState, scores: Tensor, shape: Shape, eos: int, no_repeat_ngram: int = 0
) -> None:
    """Choose the next tokens from `scores [n, K, V]` (fp32, not normalised); update the state.

    `no_repeat_ngram` as in Decoding: of all slots.
    """
    n = shape.slots
    active = state.active[:n]
    position = state.position[:n]
    total = scores.logsumexp(dim=-1, keepdim=True)  # of all tokens, the forbidden ones too
    if no_repeat_ngram:
        sequences = state.running[:n, :, : shape.length]
        scores = _without_repeats(scores, sequences, position, no_repeat_ngram)
    score, parent, token = _candidates(scores, total, state.running_score[:n])  # each [n, 2·K]
    state.finite[:n] &= torch.isfinite(score[:, 0]) | ~active
    grown = _grow(state.running[:n], parent, token, position)  # [n, 2·K, T]
    hit = (token == eos) | (position + 2 >= state.max_length[:n])[:, None]
    _finish(state, n, score, grown, hit)
    _continue(state, n, score, grown, hit, parent, token)
    generated = position + 1  # tokens after the start, the new one among them
    improvable = _can_improve(state, n, generated)
    full = state.is_finished[:n].all(dim=1) & state.stop_when_full[:n]
    done = ~improvable | full | hit.all(dim=1) | ~state.finite[:n]
    position += active
    active &= ~done


def _without_repeats(scores: Tensor, running: Tensor, position: Tensor, size: int) -> Tensor:
    """Return the scores with -inf for what would end an n-gram of `size` tokens a second time.

    A token is forbidden where it follows an earlier occurrence of the sequence's last `size - 1`.
    """
    n, beams, length = running.shape  # a slot that is done may be further than `length`
    time = torch.arange(length, device=running.device)
    repeats = ((time >= size - 1) & (time <= position[:, None]))[:, None]  # [n, 1, T]
    for back in range(1, size):
        index = (position + 1 - back).clamp(0, length - 1)[:, None, None].expand(n, beams, 1)
        repeats = repeats & (running.roll(back, dims=2) == running.gather(2, index))
    return scores.scatter_add(2, running, torch.where(repeats, -torch.inf, 0.0))


def _candidates(scores: Tensor, total: Tensor, running: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the best 2·K continuations of a sentence: log-probability, beam, token.

    `total [n, K, 1]`: logsumexp of the scores, which makes log-probabilities of them. The best of
    each beam first, then the best of those: one pass over the vocabulary, and no tensor of its
    size but the scores.
    """
    beams = scores.shape[1]
    best, ids = scores.topk(2 * beams, dim=-1)  # [n, K, 2·K]
    best = best - total + running[:, :, None]
    score, index = best.flatten(1).topk(2 * beams, dim=-1)
    return score, index // (2 * beams), ids.flatten(1).gather(1, index)


def _grow(running: Tensor, parent: Tensor, token: Tensor, position: Tensor) -> Tensor:
    """Return the sequences `[n, 2·K, T]` of the candidates."""
    grown = _rows(running, parent)
    # A slot that is done at the last position has nothing to write.
    index = (position + 1).clamp(max=running.shape[2] - 1)[:, None, None].expand(*token.shape, 1)
    return grown.scatter(2, index, token[:, :, None])


def _finish(state: SlotState, n: int, total: Tensor, grown: Tensor, hit: Tensor) -> None:
    """Merge candidates that ended into the finished sequences; only the best K may end."""
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
    """Go on with the best K candidates that did not end."""
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
    """Return bool `[n]`: whether the best running beam could beat the worst finished one."""
    penalty = state.length_penalty[:n]
    longest = state.hope_for_longest[:n] & (penalty > 0)
    length = torch.where(longest, state.max_length[:n] - 1, generated)
    possible = state.running_score[:n, 0] / length**penalty
    worst = state.finished_score[:n].amin(dim=1, keepdim=True)
    worst = torch.where(state.is_finished[:n], worst, NEVER)
    return (possible[:, None] > worst).any(dim=1)


def _rows(tensor: Tensor, index: Tensor) -> Tensor:
    """`[n, A, T]` and `[n, B]` → rows `[n, B, T]`."""
    return tensor.gather(1, index[:, :, None].expand(-1, -1, tensor.shape[2]))
