"""Scores with an index, as integers that sort: a selection needs no second array, and no ties."""

import triton
import triton.language as tl

NOTHING = tl.constexpr(-(2**63))  # sorts below every score


@triton.jit
def ranked(score: tl.tensor, index: tl.tensor) -> tl.tensor:
    """Scores in fp32, indices below 2³¹ → int64: the larger score first, then the lower index.

    NaN comes before all numbers, as in torch's topk, so that the best score shows it.
    """
    bits = (score + 0.0).to(tl.int32, bitcast=True)  # -0.0 becomes 0.0, which it equals
    bits = tl.where(score == score, bits, 0x7FC00000)
    # The bits of negative numbers sort the wrong way round.
    ordered = bits ^ ((bits >> 31) & 0x7FFFFFFF)
    return (ordered.to(tl.int64) << 32) | (0x7FFFFFFF - index)


@triton.jit
def score_of(rank: tl.tensor) -> tl.tensor:
    """Return the score, in fp32."""
    ordered = (rank >> 32).to(tl.int32)
    bits = ordered ^ ((ordered >> 31) & 0x7FFFFFFF)
    return bits.to(tl.float32, bitcast=True)


@triton.jit
def index_of(rank: tl.tensor) -> tl.tensor:
    """Return the index, int32."""
    return 0x7FFFFFFF - (rank & 0x7FFFFFFF).to(tl.int32)


@triton.jit
def best(ranks: tl.tensor, COUNT: tl.constexpr, WIDTH: tl.constexpr) -> tl.tensor:
    """Ranks of any shape → the `COUNT` best, best first, `[WIDTH]`; NOTHING in the other places.

    A maximum for each: cheaper than sorting, because no more than 16 are wanted.
    """
    place = tl.arange(0, WIDTH)
    found = tl.full((WIDTH,), NOTHING, tl.int64)
    ranks = tl.ravel(ranks)
    for i in range(COUNT):
        first = tl.max(ranks)
        found = tl.where(place == i, first, found)
        ranks = tl.where(ranks == first, NOTHING, ranks)
    return found
