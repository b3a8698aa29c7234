"""Scores of the vocabulary: which of them count, and their sums of exponentials."""

import triton
import triton.language as tl

from translator.engines.inflight import projection

LOWEST = tl.constexpr(-3.4028234663852886e38)  # not -inf, whose difference to itself is NaN
_COMMON = tl.constexpr(projection.COMMON)


@triton.jit
def needed_scripts(scripts: tl.tensor | None, slot: tl.tensor) -> tl.tensor:
    """Return the bits of the tokens that a slot may have; `scripts` is int64 `[N]`, or None."""
    return _COMMON if scripts is None else tl.load(scripts + slot).to(tl.int32) | _COMMON


@triton.jit
def allowed(
    x: tl.tensor, bits: tl.tensor | None, needed: tl.tensor, ids: tl.tensor, inside: tl.tensor
) -> tl.tensor:
    """Scores `x` of the tokens `ids` → -inf for those in other scripts than `needed`.

    `bits`, int32 `[V]`, are those of a CommonHead; None: all tokens are allowed. Tokens that are
    not `inside` are not read.
    """
    if bits is not None:
        own = tl.load(bits + ids, mask=inside, other=0)
        x = tl.where((own & needed) != 0, x, float("-inf"))
    return x


@triton.jit
def absorb(peak: tl.tensor, mass: tl.tensor, x: tl.tensor) -> tuple[tl.tensor, tl.tensor]:
    """Add scores to sums of exponentials, in units of exp(`peak`), with one exponential each."""
    gap = x - peak
    decay = tl.exp(-tl.abs(gap))
    return tl.where(gap > 0, x, peak), tl.where(gap > 0, mass * decay + 1.0, mass + decay)


@triton.jit
def store_sum(
    most: tl.tensor, total: tl.tensor, entry: tl.tensor, peak: tl.tensor, mass: tl.tensor
) -> None:
    """Store the sum over all lanes."""
    top = tl.max(peak)
    tl.store(most + entry, top)
    tl.store(total + entry, tl.sum(mass * tl.exp(peak - top)))
