"""The best continuations in the scripts that each sentence may need: a part of the vocabulary.

The host reads which scripts those are, so this is for CPUs. Letters as in `state`.
"""

from functools import reduce
from operator import or_

import torch
from torch import Tensor

from translator.engines.inflight.operations.continuations import (
    Candidates,
    Forbidden,
    candidates,
    forbidden,
    joined,
    passes,
    select,
)
from translator.engines.inflight.operations.types import Continuations
from translator.engines.inflight.projection import Part, PartedHead, Scorer
from translator.engines.inflight.state import Shape, SlotState


def continuations_by_script(
    head: Scorer, hidden: Tensor, state: SlotState, shape: Shape, no_repeat_ngram: int = 0
) -> Continuations:
    """See Rank; `head` is a PartedHead.

    Each part is multiplied with the sentences that may need its script, so a mixed step reads no
    row twice. Other tokens take no part in the normalisation either: the probabilities are those of
    a model without them.
    """
    assert isinstance(head, PartedHead)
    n = shape.slots
    needed: list[int] = torch.where(state.active[:n], state.scripts[:n], 0).tolist()
    found = []
    for slots in passes(hidden, state, shape):
        banned = forbidden(state, slots, shape, no_repeat_ngram)
        best = _best(head, hidden[slots], needed[slots], banned)
        found.append(select(best, state.running_score[slots]))
    return joined(found)


def _best(
    head: PartedHead, hidden: Tensor, needed: list[int], banned: Forbidden | None
) -> Candidates:
    """Return the best of all parts; `needed` has the bits of each sentence's scripts."""
    union = reduce(or_, needed)
    found = []
    for part in head.parts:
        if part.script == 0:
            found.append(_best_of_part(part, hidden, banned))
        elif part.script & union:
            rows = torch.tensor([i for i, bits in enumerate(needed) if bits & part.script])
            if len(rows) == len(needed):
                found.append(_best_of_part(part, hidden, banned))
            else:
                some = banned and Forbidden(banned.token[rows], banned.here[rows])
                best = _best_of_part(part, hidden[rows], some)
                found.append(_spread(best, rows, len(needed)))
    return found[0] if len(found) == 1 else _merged(found)


def _best_of_part(part: Part, hidden: Tensor, banned: Forbidden | None) -> Candidates:
    """Return the best tokens of one part."""
    if banned is not None:
        # Of a contiguous copy, or torch warns.
        columns = torch.searchsorted(part.tokens, banned.token.contiguous()).clamp_(
            max=len(part.tokens) - 1
        )
        here = banned.here & (part.tokens[columns] == banned.token)
        banned = Forbidden(columns, here)
    best = candidates(*part.scorer.scores(hidden), banned)
    return Candidates(best.score, part.tokens[best.token], best.normaliser)


def _spread(best: Candidates, rows: Tensor, count: int) -> Candidates:
    """Return the candidates of some rows among those of `count` sentences; others have none."""

    def full(values: Tensor, empty: float) -> Tensor:
        return values.new_full((count, *values.shape[1:]), empty).index_copy_(0, rows, values)

    normaliser = best.normaliser
    return Candidates(
        full(best.score, -torch.inf),
        full(best.token, 0),
        None if normaliser is None else full(normaliser, -torch.inf),
    )


def _merged(found: list[Candidates]) -> Candidates:
    """Return the candidates of all parts, normalised together."""
    normalisers = [each.normaliser for each in found if each.normaliser is not None]
    return Candidates(
        torch.cat([each.score for each in found], dim=-1),
        torch.cat([each.token for each in found], dim=-1),
        torch.cat(normalisers, dim=-1).logsumexp(dim=-1, keepdim=True) if normalisers else None,
    )
