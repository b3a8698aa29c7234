"""One step of beam search in one launch: a program per slot.

It differs from the reference in what nobody reads: a slot that is not active does not change at
all, and sequences are copied up to the new token only. What is behind it in `running` and
`finished` is left from earlier sentences; in `ancestor` it is a beam's own column already. Of equal
scores, the first one is chosen, where torch's order is undefined. Letters as in `state`.
"""

import triton
import triton.language as tl

from translator.engines.inflight.operations.kernels.ranking import (
    NOTHING,
    best,
    index_of,
    ranked,
    score_of,
)
from translator.engines.inflight.operations.types import Continuations
from translator.engines.inflight.state import NEVER, Shape, SlotState

_NEVER = tl.constexpr(NEVER)


def advance(state: SlotState, found: Continuations, shape: Shape, eos: int) -> None:
    """See Advance."""
    _advance[shape.slots,](
        found.score, found.parent, found.token, state.token, state.position, state.ancestor,
        state.running, state.running_score, state.finished, state.finished_score,
        state.is_finished, state.active, state.finite, state.max_length, state.length_penalty,
        state.stop_when_full, state.length_bound_is_max, eos, state.length,
        **constants(state.beams),
    )  # fmt: skip


def constants(beams: int) -> dict[str, int]:
    """Return the constants of `_advance`."""
    return {
        "BEAMS": beams,
        "ROWS": triton.next_power_of_2(beams),
        "FOUND": triton.next_power_of_2(2 * beams),
        "MERGED": triton.next_power_of_2(3 * beams),
        "BLOCK": 64,  # positions at a time: few sentences are longer
        "num_warps": 4,
    }


@triton.jit
def _power(length: tl.tensor, penalty: tl.tensor) -> tl.tensor:
    """`length ** penalty`, in fp32; through fp64, because fp32's functions are approximate."""
    return tl.exp2(tl.log2(length.to(tl.float64)) * penalty.to(tl.float64)).to(tl.float32)


@triton.jit
def _ranked_continuing(
    score: tl.tensor,
    token: tl.tensor,
    eos: tl.tensor,
    at_limit: tl.tensor,
    BEAMS: tl.constexpr,
    ROWS: tl.constexpr,
    FOUND: tl.constexpr,
) -> tuple[tl.tensor, tl.tensor]:
    """Return the ranks `[ROWS]` of the K best candidates that go on, and whether none does."""
    place = tl.arange(0, FOUND)
    known = place < 2 * BEAMS
    hit = (tl.load(token + place, mask=known, other=0) == eos) | at_limit
    value = tl.load(score + place, mask=known, other=0.0) + tl.where(hit, _NEVER, 0.0)
    ranks = best(tl.where(known, ranked(value, place), NOTHING), BEAMS, ROWS)
    return ranks, tl.min(tl.where(known, hit.to(tl.int32), 1)) == 1


@triton.jit
def _ranked_finished(
    score: tl.tensor,
    token: tl.tensor,
    finished_score: tl.tensor,
    divisor: tl.tensor,
    eos: tl.tensor,
    at_limit: tl.tensor,
    BEAMS: tl.constexpr,
    ROWS: tl.constexpr,
    MERGED: tl.constexpr,
) -> tl.tensor:
    """Return the ranks `[ROWS]` of the K best finished sequences.

    Indices below K are those that were finished before, the others are candidates, of which only
    the K best may end.
    """
    place = tl.arange(0, MERGED)
    candidate = place - BEAMS
    old, new = place < BEAMS, (candidate >= 0) & (candidate < 2 * BEAMS)
    hit = (tl.load(token + candidate, mask=new, other=0) == eos) | at_limit
    value = tl.div_rn(tl.load(score + candidate, mask=new, other=0.0), divisor)
    value += tl.where(hit & (candidate < BEAMS), 0.0, _NEVER)
    value = tl.where(old, tl.load(finished_score + place, mask=old, other=0.0), value)
    return best(tl.where(old | new, ranked(value, place), NOTHING), BEAMS, ROWS)


@triton.jit
def _columns(
    rows: tl.tensor, row: tl.tensor, known: tl.tensor, length: tl.tensor, time: tl.tensor
) -> tl.tensor:
    """Load columns `time [B]` of the known ones among the rows `row [R]`."""
    mask = known[:, None] & (time < length)[None, :]
    return tl.load(rows + row[:, None] * length + time[None, :], mask=mask, other=0)


@triton.jit
def _store_columns(
    rows: tl.tensor, values: tl.tensor, length: tl.tensor, time: tl.tensor, end: tl.tensor,
    BEAMS: tl.constexpr, ROWS: tl.constexpr,
) -> None:  # fmt: skip
    """Store columns `time [B]`, up to `end`, of all rows."""
    beam = tl.arange(0, ROWS)[:, None]
    mask = (beam < BEAMS) & ((time <= end) & (time < length))[None, :]
    tl.store(rows + beam * length + time[None, :], values, mask=mask)


@triton.jit
def _finish(
    ranks: tl.tensor,  # [ROWS]
    parent: tl.tensor,
    token: tl.tensor,
    running: tl.tensor,
    finished: tl.tensor,
    length: tl.tensor,
    end: tl.tensor,
    BEAMS: tl.constexpr,
    ROWS: tl.constexpr,
    BLOCK: tl.constexpr,
) -> None:
    """Re-order finished sequences; new ones are those of a beam, with a new token at `end`."""
    index, is_beam = index_of(ranks), tl.arange(0, ROWS) < BEAMS
    is_old, is_new = is_beam & (index < BEAMS), is_beam & (index >= BEAMS)
    beam = tl.load(parent + index - BEAMS, mask=is_new, other=0)
    last = tl.load(token + index - BEAMS, mask=is_new, other=0)
    for first in range(0, end + 1, BLOCK):
        time = first + tl.arange(0, BLOCK)
        old = _columns(finished, index, is_old, length, time)
        new = _columns(running, beam, is_new, length, time)
        new = tl.where((time == end)[None, :], last[:, None], new)
        rows = tl.where(is_old[:, None], old, new)
        # Rows change places in the same memory: all threads must have read before one writes.
        tl.debug_barrier()
        _store_columns(finished, rows, length, time, end, BEAMS, ROWS)


@triton.jit
def _continue(
    ranks: tl.tensor,  # [ROWS]
    parent: tl.tensor,
    token: tl.tensor,
    running: tl.tensor,
    ancestor: tl.tensor,
    next_token: tl.tensor,
    length: tl.tensor,
    end: tl.tensor,
    BEAMS: tl.constexpr,
    ROWS: tl.constexpr,
    BLOCK: tl.constexpr,
) -> None:
    """Re-order beams; each gets its new token at `end`, where it is its own ancestor."""
    own = tl.arange(0, ROWS)
    is_beam = own < BEAMS
    beam = tl.load(parent + index_of(ranks), mask=is_beam, other=0)
    last = tl.load(token + index_of(ranks), mask=is_beam, other=0)
    tl.store(next_token + own, last, mask=is_beam)
    for first in range(0, end + 1, BLOCK):
        time = first + tl.arange(0, BLOCK)
        at_end = (time == end)[None, :]
        sequences = _columns(running, beam, is_beam, length, time)
        sequences = tl.where(at_end, last[:, None], sequences)
        columns = _columns(ancestor, beam, is_beam, length, time)
        columns = tl.where(at_end, own[:, None], columns)
        tl.debug_barrier()  # as in _finish
        _store_columns(running, sequences, length, time, end, BEAMS, ROWS)
        _store_columns(ancestor, columns, length, time, end, BEAMS, ROWS)


@triton.jit
def _end(
    score: tl.tensor, parent: tl.tensor, token: tl.tensor,  # of the slot, as the rest
    running: tl.tensor, finished: tl.tensor, finished_score: tl.tensor, is_finished: tl.tensor,
    divisor: tl.tensor, at_limit: tl.tensor, eos: tl.tensor, length: tl.tensor, end: tl.tensor,
    BEAMS: tl.constexpr, ROWS: tl.constexpr, MERGED: tl.constexpr, BLOCK: tl.constexpr,
) -> tuple[tl.tensor, tl.tensor, tl.tensor]:  # fmt: skip
    """Update the finished sequences; return the worst score, whether any is one, and all are."""
    beam = tl.arange(0, ROWS)
    is_beam = beam < BEAMS
    ranks = _ranked_finished(
        score, token, finished_score, divisor, eos, at_limit, BEAMS, ROWS, MERGED
    )
    index, worst = index_of(ranks), score_of(tl.min(tl.where(is_beam, ranks, tl.max(ranks))))
    flags = tl.load(is_finished + index, mask=is_beam & (index < BEAMS), other=0) != 0
    is_new = is_beam & (index >= BEAMS) & (index < 2 * BEAMS)
    flags |= is_new & ((tl.load(token + index - BEAMS, mask=is_new, other=0) == eos) | at_limit)
    _finish(
        ranks, parent, token, running, finished, length, end, BEAMS, ROWS, BLOCK
    )  # waits until all threads have read what is written from here on
    tl.store(finished_score + beam, score_of(ranks), mask=is_beam)
    tl.store(is_finished + beam, flags, mask=is_beam)
    return worst, _any(flags & is_beam), ~_any(~flags & is_beam)


@triton.jit
def _advance(
    score: tl.tensor, parent: tl.tensor, token: tl.tensor,  # [n, 2·K], fp32 and int64
    next_token: tl.tensor, position: tl.tensor, ancestor: tl.tensor,  # fields of the state
    running: tl.tensor, running_score: tl.tensor,
    finished: tl.tensor, finished_score: tl.tensor, is_finished: tl.tensor,
    active: tl.tensor, finite: tl.tensor, max_length: tl.tensor, length_penalty: tl.tensor,
    stop_when_full: tl.tensor, length_bound_is_max: tl.tensor, eos: int, length: int,
    BEAMS: tl.constexpr, ROWS: tl.constexpr, FOUND: tl.constexpr, MERGED: tl.constexpr,
    BLOCK: tl.constexpr,
) -> None:  # fmt: skip
    """See the module."""
    slot = tl.program_id(0).to(tl.int64)
    if not tl.load(active + slot):
        return
    row = slot * BEAMS
    score, parent, token = score + 2 * row, parent + 2 * row, token + 2 * row
    running, finished = running + row * length, finished + row * length
    generated, limit = tl.load(position + slot) + 1, tl.load(max_length + slot)
    penalty = tl.load(length_penalty + slot)
    divisor, at_limit = _power(generated, penalty), generated + 1 >= limit
    worst, any_is, all_are = _end(
        score, parent, token, running, finished, finished_score + row, is_finished + row,
        divisor, at_limit, eos, length, generated, BEAMS, ROWS, MERGED, BLOCK,
    )  # fmt: skip
    ranks, none_left = _ranked_continuing(score, token, eos, at_limit, BEAMS, ROWS, FOUND)
    _continue(ranks, parent, token, running, ancestor + row * length, next_token + row, length,
              generated, BEAMS, ROWS, BLOCK)  # fmt: skip
    beam = tl.arange(0, ROWS)
    tl.store(running_score + row + beam, score_of(ranks), mask=beam < BEAMS)
    # What the best beam could still reach, against the worst finished sequence.
    to_limit = tl.load(length_bound_is_max + slot) & (penalty > 0)
    bound = tl.where(to_limit, _power(limit - 1, penalty), divisor)
    reach = tl.div_rn(score_of(tl.max(ranks)), bound)
    improvable = (any_is & (reach > worst)) | (~all_are & (reach > _NEVER))
    is_finite = tl.load(finite + slot) & (tl.abs(tl.load(score)) < float("inf"))
    full = all_are & tl.load(stop_when_full + slot)
    tl.store(finite + slot, is_finite)
    tl.store(position + slot, generated)
    tl.store(active + slot, improvable & ~full & ~none_left & is_finite)


@triton.jit
def _any(flags: tl.tensor) -> tl.tensor:
    """Return whether any is set."""
    return tl.max(flags.to(tl.int32)) == 1
