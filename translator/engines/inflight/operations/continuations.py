"""The best continuations of every beam: a pass over the vocabulary. Letters as in `state`."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from translator.engines.inflight.operations.types import Continuations
from translator.engines.inflight.projection import CommonHead, Scorer
from translator.engines.inflight.state import Shape, SlotState

# Each pass over the vocabulary reads all of its weights, so few passes are best; but the scores of
# more beams than this (33 MB for 128,112 tokens) do not fit the CPU's caches.
_BEAMS_PER_PASS_ON_CPU = 64
_STRIPES = 16


@dataclass(frozen=True, slots=True)
class Candidates:
    """The best tokens of each beam, from one pass over rows of the head.

    `score` and `token` are `[n, K, C]`; `normaliser [n, K, 1]` is the logarithm of the sum of the
    exponentials of all scores, also those of forbidden tokens. It is None if there is one beam,
    which competes with no other.
    """

    score: Tensor
    token: Tensor
    normaliser: Tensor | None


@dataclass(frozen=True, slots=True)
class Forbidden:
    """Which tokens must not follow: those of `token [n, K, T]` where `here`, bool, is true."""

    token: Tensor
    here: Tensor


def continuations(
    head: Scorer, hidden: Tensor, state: SlotState, shape: Shape, no_repeat_ngram: int = 0
) -> Continuations:
    """See Rank."""
    found = []
    for part in passes(hidden, state, shape):
        banned = forbidden(state, part, shape, no_repeat_ngram)
        scores, factor = allowed_scores(head, hidden[part], state.scripts[part])
        best = candidates(scores, factor, banned)
        found.append(select(best, state.running_score[part]))
    return joined(found)


def allowed_scores(head: Scorer, hidden: Tensor, scripts: Tensor) -> tuple[Tensor, Tensor | None]:
    """See Scorer; with a CommonHead, the scores of tokens in other scripts are -inf.

    `hidden [n, K, d]`; `scripts [n]`, as in SlotState.
    """
    scores, factor = head.scores(hidden)
    if isinstance(head, CommonHead):
        scores.masked_fill_(head.others(scripts)[:, None], -torch.inf)
    return scores, factor


def passes(hidden: Tensor, state: SlotState, shape: Shape) -> Iterator[slice]:
    """Yield the slots of each pass over the head."""
    n = shape.slots
    per_pass = n if hidden.device.type == "cuda" else max(1, _BEAMS_PER_PASS_ON_CPU // state.beams)
    for start in range(0, n, per_pass):
        yield slice(start, min(start + per_pass, n))


def forbidden(
    state: SlotState, part: slice, shape: Shape, no_repeat_ngram: int
) -> Forbidden | None:
    """Return the tokens that would repeat an n-gram; None if all may be repeated."""
    if not no_repeat_ngram:
        return None
    running = state.running[part, :, : shape.length]
    return Forbidden(running, _repeats(running, state.position[part], no_repeat_ngram))


def candidates(scores: Tensor, factor: Tensor | None, banned: Forbidden | None) -> Candidates:
    """Return the 2·K best of each beam, or all if the rows are fewer; overwrites `scores`.

    `scores [n, K, W]` of W rows, and `factor [n, K, 1]`: see Scorer. The normalisation works in
    place: new tensors of the vocabulary's size cost more than the arithmetic.
    """
    beams = scores.shape[1]
    allowed = scores
    if banned is not None:
        allowed = scores.scatter_add(2, banned.token, torch.where(banned.here, -torch.inf, 0.0))
    best, ids = _top(allowed, 2 * beams)  # [n, K, C]
    if factor is not None:
        best = best * factor
    if beams == 1:
        return Candidates(best, ids, None)
    # Over all tokens, including forbidden ones, one of which may have the largest score.
    if factor is not None:
        scores.mul_(factor)
    most = best[..., :1] if allowed is scores else scores.amax(dim=-1, keepdim=True)
    return Candidates(best, ids, _logsumexp_(scores, most))


def select(found: Candidates, running_score: Tensor) -> Continuations:
    """Return the 2·K best of each sentence; `running_score [n, K]` of its beams."""
    score, beams = found.score, found.score.shape[1]
    if found.normaliser is not None:
        score = score - found.normaliser
    score = score + running_score[:, :, None]
    best, index = score.flatten(1).topk(2 * beams, dim=-1)
    parent = index // score.shape[2]
    return Continuations(best, parent, found.token.flatten(1).gather(1, index))


def joined(found: list[Continuations]) -> Continuations:
    """Return the continuations of all passes."""
    fields = ([each.score, each.parent, each.token] for each in found)
    return Continuations(*(torch.cat(parts) for parts in zip(*fields, strict=True)))


def _top(scores: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Return the `count` largest of `scores [n, K, W]`, largest first, and their columns.

    Maxima over stripes of the vocabulary leave few columns to be sorted.
    """
    size = scores.shape[-1]
    width = size // _STRIPES
    stripes = scores[..., : width * _STRIPES].reshape(*scores.shape[:-1], _STRIPES, width)
    columns = stripes.amax(dim=-2).topk(min(count, width), dim=-1).indices  # [n, K, count]
    firsts = torch.arange(0, width * _STRIPES, max(1, width), device=scores.device)
    ids = (columns[..., None] + firsts).flatten(-2)
    rest = torch.arange(width * _STRIPES, size, device=scores.device)  # in no stripe
    ids = torch.cat((ids, rest.expand(*ids.shape[:-1], -1)), dim=-1)
    best, index = scores.gather(-1, ids).topk(min(count, size), dim=-1)
    return best, ids.gather(-1, index)


def _logsumexp_(scores: Tensor, most: Tensor) -> Tensor:
    """`[n, K, W]`, their maxima `[n, K, 1]` → `[n, K, 1]`; the scores are overwritten."""
    return scores.sub_(most).exp_().sum(dim=-1, keepdim=True).log_().add_(most)


def _repeats(running: Tensor, position: Tensor, size: int) -> Tensor:
    """Return bool `[n, K, T]`: where the token of a sequence would repeat an n-gram if it followed.

    It does if it follows an earlier occurrence of the sequence's last `size - 1` tokens.
    """
    n, beams, length = running.shape  # a finished slot may be beyond `length`
    time = torch.arange(length, device=running.device)
    repeats = ((time >= size - 1) & (time <= position[:, None]))[:, None]  # [n, 1, T]
    for back in range(1, size):
        index = (position + 1 - back).clamp(0, length - 1)[:, None, None].expand(n, beams, 1)
        repeats = repeats & (running.roll(back, dims=2) == running.gather(2, index))
    return repeats.expand(n, beams, length)  # where size is 1
