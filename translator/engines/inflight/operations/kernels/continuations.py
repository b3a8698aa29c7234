"""The best continuations of every beam: one pass over the scores, one reduction per sentence.

The head's product is cuBLAS's: fp32 scores `[n, K, V]`. Then

1. `_scan`: a program per beam and tile of the vocabulary reads its scores once. It keeps the
   largest score and the sum of exponentials (Milakov & Gimelshein, "Online normalizer calculation
   for softmax", 2018), and the best 2·K tokens of the tile.
2. `_merge`: a program per sentence joins the tiles of its K beams to log-probabilities, adds the
   beams' scores, and writes the best 2·K.

Where n-grams must not repeat, `_ban` runs first. Equal scores: the lower beam comes first, then the
lower token. A slot that is not active is not read; its continuations are zeros. With a CommonHead,
tokens in other scripts than a slot's count as -inf. Letters as in `state`.
"""

import torch
import triton
import triton.language as tl

from translator.engines.inflight.operations.kernels.ranking import (
    NOTHING,
    best,
    index_of,
    ranked,
    score_of,
)
from translator.engines.inflight.operations.kernels.scores import (
    LOWEST,
    absorb,
    allowed,
    needed_scripts,
    store_sum,
)
from translator.engines.inflight.operations.types import Continuations
from translator.engines.inflight.projection import CommonHead, Scorer
from translator.engines.inflight.state import Shape, SlotState

_STRIPE = 512  # scores that a warp reads at a time: 16 a lane
_MOST_TILES = 64


def continuations(
    head: Scorer, hidden: torch.Tensor, state: SlotState, shape: Shape, no_repeat_ngram: int = 0
) -> Continuations:
    """See Rank; overwrites scores of tokens that would repeat an n-gram."""
    scores, factor = head.scores(hidden)  # [n, K, V], [n, K, 1] or None
    bits, scripts = (head.bits, state.scripts) if isinstance(head, CommonHead) else (None, None)
    n, beams, vocabulary = scores.shape
    tile, device = tile_size(n * beams, vocabulary), scores.device
    tiles = triton.cdiv(vocabulary, tile)
    parts = tiles + bool(no_repeat_ngram)
    most = torch.empty((n, beams, parts), device=device)
    total = torch.empty_like(most)
    ranks = torch.empty((n, beams, tiles, 2 * beams), dtype=torch.int64, device=device)
    scores = scores.view(-1)  # contiguous, or this fails
    if no_repeat_ngram:
        _ban[n * beams,](
            scores, factor, bits, scripts, state.active, state.running, state.position, most, total,
            vocabulary, state.length, **ban_constants(beams, parts, no_repeat_ngram),
        )  # fmt: skip
    _scan[tiles, n * beams](
        scores, factor, bits, scripts, state.active, most, total, ranks, vocabulary,
        **scan_constants(beams, parts, tile),
    )  # fmt: skip
    score = torch.empty((n, 2 * beams), device=device)
    parent, token = torch.empty((2, n, 2 * beams), dtype=torch.int64, device=device)
    _merge[n,](
        most, total, ranks, state.active, state.running_score, score, parent, token, vocabulary,
        **merge_constants(beams, parts, tiles),
    )  # fmt: skip
    return Continuations(score, parent, token)


def tile_size(rows: int, vocabulary: int) -> int:
    """Return how many scores of a row a program of `_scan` reads.

    A program is one warp, which waits for 2 KB at a time; to keep an H200's memory busy, about
    2,000 of them must wait. With 128 rows of 128,112 scores, 16 tiles each make 2,048 programs:
    each selects after 16 reads, so that reading dominates. With few rows, the smallest tiles make
    the most programs (one row: 63, each with 4 reads), but `_merge` should not get more than 64
    tiles: it holds 64 · 2·K · K ranks of 8 bytes in registers, 64 KB with 8 beams.
    """
    fewest: int = triton.next_power_of_2(triton.cdiv(vocabulary, _MOST_TILES))
    return max(8_192 if rows >= 128 else 2_048, fewest)


def scan_constants(beams: int, parts: int, tile: int) -> dict[str, int]:
    """Return the constants of `_scan`, where a row has `parts` sums."""
    return {
        "BEAMS": beams,
        "PARTS": parts,
        "WIDTH": triton.next_power_of_2(2 * beams),
        "TILE": tile,
        "STRIPE": _STRIPE,
        "num_warps": 1,  # so that a maximum needs no barrier
    }


def merge_constants(beams: int, parts: int, tiles: int) -> dict[str, int]:
    """Return the constants of `_merge`."""
    rows, entries = triton.next_power_of_2(beams), triton.next_power_of_2(tiles * 2 * beams)
    return {
        "BEAMS": beams,
        "PARTS": parts,
        "FOUND": tiles * 2 * beams,
        "ROWS": rows,
        "COLUMNS": triton.next_power_of_2(parts),
        "ENTRIES": entries,
        "WIDTH": triton.next_power_of_2(2 * beams),
        "num_warps": min(8, max(1, rows * entries // 512)),
    }


def ban_constants(beams: int, parts: int, no_repeat_ngram: int) -> dict[str, int]:
    """Return the constants of `_ban`."""
    return {
        "BEAMS": beams,
        "PARTS": parts,
        "SIZE": no_repeat_ngram,
        "BLOCK": 32,
        "num_warps": 1,
    }


@triton.jit
def _scan(
    scores: tl.tensor, factor: tl.tensor | None,  # fp32 [n · K, V]; [n · K] or None
    bits: tl.tensor | None, scripts: tl.tensor | None,  # int32 [V]; int64 [N]: see CommonHead
    active: tl.tensor,  # bool [N]
    most: tl.tensor, total: tl.tensor,  # fp32 [n · K, PARTS]; total: sums of exponentials
    ranks: tl.tensor, vocabulary: int,  # int64 [n · K, tiles, 2·K]; V
    BEAMS: tl.constexpr, PARTS: tl.constexpr, WIDTH: tl.constexpr, TILE: tl.constexpr,
    STRIPE: tl.constexpr,
) -> None:  # fmt: skip
    """See the module; the tile is seen as rows of `STRIPE` scores."""
    tile, row = tl.program_id(0), tl.program_id(1).to(tl.int64)
    if not tl.load(active + row // BEAMS):
        return
    scores += row * vocabulary
    scale = 1.0 if factor is None else tl.load(factor + row)
    needed = needed_scripts(scripts, row // BEAMS)
    begin, lane = tile * TILE, tl.arange(0, STRIPE)
    peak, mass = tl.full((STRIPE,), LOWEST, tl.float32), tl.zeros((STRIPE,), tl.float32)
    peak_id = begin + lane
    ids, end = begin + lane, tl.minimum(begin + TILE, vocabulary)
    following = tl.load(scores + ids, mask=ids < end, other=float("-inf"))
    for _ in range(0, TILE, STRIPE):
        x = allowed(following, bits, needed, ids, ids < end) * scale
        # Early, so that the memory works while the warp computes.
        following = tl.load(scores + ids + STRIPE, mask=ids + STRIPE < end, other=float("-inf"))
        peak_id = tl.where(x > peak, ids, peak_id)
        peak, mass = absorb(peak, mass, x)
        ids += STRIPE
    if BEAMS > 1:
        store_sum(most, total, row * PARTS + tile, peak, mass)
    # NaN is no peak, but makes the sum NaN; it must be among the best to be seen.
    peak = tl.where(mass == mass, peak, float("nan"))
    column = (index_of(best(ranked(peak, peak_id), 2 * BEAMS, WIDTH)) - begin) % STRIPE
    ids = begin + column[:, None] + STRIPE * tl.arange(0, TILE // STRIPE)[None, :]
    top = _best_of(scores, ids, scale, bits, needed, vocabulary, BEAMS, WIDTH)
    place = tl.arange(0, WIDTH)
    ranks += (row * tl.cdiv(vocabulary, TILE) + tile) * 2 * BEAMS
    tl.store(ranks + place, top, mask=place < 2 * BEAMS)


@triton.jit
def _best_of(
    scores: tl.tensor, ids: tl.tensor, scale: tl.tensor, bits: tl.tensor | None, needed: tl.tensor,
    vocabulary: int, BEAMS: tl.constexpr, WIDTH: tl.constexpr,
) -> tl.tensor:  # fmt: skip
    """Return the ranks of the best 2·K among a tile's columns `ids [WIDTH, rows]`.

    They lie in the 2·K columns with the largest maxima, so only those are read again, from the
    cache.
    """
    known = (tl.arange(0, WIDTH) < 2 * BEAMS)[:, None] & (ids < vocabulary)
    x = tl.load(scores + ids, mask=known, other=0.0)
    x = allowed(x, bits, needed, ids, known) * scale
    return best(tl.where(known, ranked(x, ids), NOTHING), 2 * BEAMS, WIDTH)


@triton.jit
def _merge(
    most: tl.tensor, total: tl.tensor, ranks: tl.tensor,  # fp32 [n, K, PARTS]; int64 [n, K, FOUND]
    active: tl.tensor, running_score: tl.tensor,  # bool [N], fp32 [N, K]
    score: tl.tensor, parent: tl.tensor, token: tl.tensor,  # [n, 2·K], fp32 and int64
    vocabulary: int,
    BEAMS: tl.constexpr, PARTS: tl.constexpr, FOUND: tl.constexpr, ROWS: tl.constexpr,
    COLUMNS: tl.constexpr, ENTRIES: tl.constexpr, WIDTH: tl.constexpr,
) -> None:  # fmt: skip
    """See the module; the beams of a sentence are the rows of a matrix."""
    slot = tl.program_id(0).to(tl.int64)
    place = tl.arange(0, WIDTH)
    out, inside = slot * 2 * BEAMS + place, place < 2 * BEAMS
    if not tl.load(active + slot):
        tl.store(score + out, tl.zeros((WIDTH,), tl.float32), mask=inside)
        tl.store(parent + out, tl.zeros((WIDTH,), tl.int64), mask=inside)
        tl.store(token + out, tl.zeros((WIDTH,), tl.int64), mask=inside)
        return
    beam, entry = tl.arange(0, ROWS), tl.arange(0, ENTRIES)[None, :]
    row = (slot * BEAMS + beam)[:, None]
    known = (beam < BEAMS)[:, None]
    found = tl.load(ranks + row * FOUND + entry, mask=known & (entry < FOUND), other=NOTHING)
    value = score_of(found)
    if BEAMS > 1:
        column = tl.arange(0, COLUMNS)[None, :]
        part, stored = row * PARTS + column, known & (column < PARTS)
        peak = tl.load(most + part, mask=stored, other=LOWEST)
        mass = tl.load(total + part, mask=stored, other=0.0)
        top = tl.max(peak, axis=1)
        mass = tl.sum(mass * tl.exp(peak - top[:, None]), axis=1)
        value -= (tl.log(tl.where(beam < BEAMS, mass, 1.0)) + top)[:, None]
    value += tl.load(running_score + row, mask=known, other=0.0)
    candidate = ranked(value, beam[:, None] * vocabulary + index_of(found))
    chosen = best(tl.where(found == NOTHING, NOTHING, candidate), 2 * BEAMS, WIDTH)
    index = index_of(chosen)
    tl.store(score + out, score_of(chosen), mask=inside)
    tl.store(parent + out, (index // vocabulary).to(tl.int64), mask=inside)
    tl.store(token + out, (index % vocabulary).to(tl.int64), mask=inside)


@triton.jit
def _ban(
    scores: tl.tensor, factor: tl.tensor | None,  # the first four as in _scan
    bits: tl.tensor | None, scripts: tl.tensor | None,
    active: tl.tensor, running: tl.tensor, position: tl.tensor,  # [N], int64 [N, K, T] and [N]
    most: tl.tensor, total: tl.tensor,  # fp32 [n · K, PARTS]
    vocabulary: int, length: int,
    BEAMS: tl.constexpr, PARTS: tl.constexpr, SIZE: tl.constexpr, BLOCK: tl.constexpr,
) -> None:  # fmt: skip
    """Make the scores of a beam's forbidden tokens -inf; what they add to its sum is the last part.

    A token is forbidden if it follows an earlier occurrence of the sequence's last `SIZE - 1`. One
    that is forbidden twice counts once: the second addition finds -inf.
    """
    row = tl.program_id(0).to(tl.int64)
    slot = row // BEAMS
    if not tl.load(active + slot):
        return
    scores += row * vocabulary
    running += row * length
    scale = 1.0 if factor is None else tl.load(factor + row)
    needed = needed_scripts(scripts, slot)
    end = tl.load(position + slot)
    peak, mass = tl.full((BLOCK,), LOWEST, tl.float32), tl.zeros((BLOCK,), tl.float32)
    for first in range(SIZE - 1, end + 1, BLOCK):
        time = first + tl.arange(0, BLOCK)
        banned = time <= end
        for back in tl.static_range(1, SIZE):
            earlier = tl.load(running + time - back, mask=banned, other=-1)
            banned &= earlier == tl.load(running + end + 1 - back)
        ids = tl.load(running + time, mask=banned, other=0)
        x = tl.atomic_add(scores + ids, float("-inf"), mask=banned, sem="relaxed")
        x = allowed(x, bits, needed, ids, banned) * scale
        if BEAMS > 1:
            peak, mass = absorb(peak, mass, tl.where(banned, x, float("-inf")))
    if BEAMS > 1:
        store_sum(most, total, row * PARTS + PARTS - 1, peak, mass)
