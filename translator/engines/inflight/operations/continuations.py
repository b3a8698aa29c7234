"""The best continuations of every beam: a pass over the vocabulary. Letters as in `state`."""

import torch
from torch import Tensor

from translator.engines.inflight.operations.types import Continuations
from translator.engines.inflight.projection import Scorer
from translator.engines.inflight.state import Shape, SlotState

# Each pass over the vocabulary reads all of its weights, so few passes are best; but the scores of
# more beams than this (33 MB for 128,112 tokens) do not fit the CPU's caches.
_BEAMS_PER_PASS_ON_CPU = 64
_STRIPES = 16


def continuations(
    head: Scorer, hidden: Tensor, state: SlotState, shape: Shape, no_repeat_ngram: int = 0
) -> Continuations:
    """See Rank."""
    n = shape.slots
    per_pass = n if hidden.device.type == "cuda" else max(1, _BEAMS_PER_PASS_ON_CPU // state.beams)
    found = [
        _best(*head.scores(hidden[part]), state, part, shape.length, no_repeat_ngram)
        for part in (slice(start, min(start + per_pass, n)) for start in range(0, n, per_pass))
    ]
    score, parent, token = (torch.cat(parts) for parts in zip(*found, strict=True))
    return Continuations(score, parent, token)


def _best(
    scores: Tensor,
    factor: Tensor | None,
    state: SlotState,
    part: slice,
    length: int,
    no_repeat_ngram: int,
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the fields of Continuations for a part of the slots; overwrites their `scores`.

    `factor [n, K, 1]`: see Scorer.

    First the best of each beam are selected, then the best of those. The normalisation to
    log-probabilities works in place: new tensors of the vocabulary's size cost more than the
    arithmetic.
    """
    beams = scores.shape[1]
    allowed = scores
    if no_repeat_ngram:
        running = state.running[part, :, :length]
        allowed = _without_repeats(scores, running, state.position[part], no_repeat_ngram)
    best, ids = _top(allowed, 2 * beams)  # [n, K, 2·K]
    if factor is not None:
        best = best * factor
    if beams > 1:  # a single beam competes with no other and needs no normalisation
        # Over all tokens, including forbidden ones, one of which may have the largest score.
        if factor is not None:
            scores.mul_(factor)
        most = best[..., :1] if allowed is scores else scores.amax(dim=-1, keepdim=True)
        best = best - _logsumexp_(scores, most)
    best = best + state.running_score[part, :, None]
    score, index = best.flatten(1).topk(2 * beams, dim=-1)
    return score, index // (2 * beams), ids.flatten(1).gather(1, index)


def _top(scores: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Return the `count` largest of `scores [n, K, V]`, largest first, and their ids.

    Maxima over stripes of the vocabulary leave few tokens to be sorted.
    """
    size = scores.shape[-1]
    width = size // _STRIPES
    stripes = scores[..., : width * _STRIPES].reshape(*scores.shape[:-1], _STRIPES, width)
    columns = stripes.amax(dim=-2).topk(min(count, width), dim=-1).indices  # [n, K, count]
    firsts = torch.arange(0, width * _STRIPES, width, device=scores.device)
    ids = (columns[..., None] + firsts).flatten(-2)
    rest = torch.arange(width * _STRIPES, size, device=scores.device)  # in no stripe
    ids = torch.cat((ids, rest.expand(*ids.shape[:-1], -1)), dim=-1)
    best, index = scores.gather(-1, ids).topk(count, dim=-1)
    return best, ids.gather(-1, index)


def _logsumexp_(scores: Tensor, most: Tensor) -> Tensor:
    """`[n, K, V]`, their maxima `[n, K, 1]` → `[n, K, 1]`; the scores are overwritten."""
    return scores.sub_(most).exp_().sum(dim=-1, keepdim=True).log_().add_(most)


def _without_repeats(scores: Tensor, running: Tensor, position: Tensor, size: int) -> Tensor:
    """Return the scores with -inf for tokens that would repeat an n-gram of `size` tokens.

    A token is forbidden if it follows an earlier occurrence of the sequence's last `size - 1`.
    """
    n, beams, length = running.shape  # a finished slot may be beyond `length`
    time = torch.arange(length, device=running.device)
    repeats = ((time >= size - 1) & (time <= position[:, None]))[:, None]  # [n, 1, T]
    for back in range(1, size):
        index = (position + 1 - back).clamp(0, length - 1)[:, None, None].expand(n, beams, 1)
        repeats = repeats & (running.roll(back, dims=2) == running.gather(2, index))
    added = torch.where(repeats, -torch.inf, 0.0).expand(n, beams, length)  # where size is 1
    return scores.scatter_add(2, running, added)
