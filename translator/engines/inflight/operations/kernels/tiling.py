"""How programs share the keys of a sentence: in blocks, and in splits if there are few programs."""

from dataclasses import dataclass

import torch
import triton

_LEAST_BLOCK = 16  # what matrix products need
_MOST_BLOCK = 64
_BLOCK_BYTES = 8_192  # of the keys of a block, and of its values: with more, registers spill
_VALUES_PER_THREAD, _THREADS_PER_WARP = 32, 32
_LEAST_SPLIT_KEYS = 256  # below, a second launch costs more than it saves
_KEYS_PER_SPLIT = 128
_PROGRAMS = 512  # about four for each of the 132 multiprocessors of an H100


@dataclass(frozen=True, slots=True)
class Tiling:
    """What a kernel is compiled for."""

    padded: int  # D, rounded up to a power of two
    block: int  # keys that a program reads at a time
    splits: int  # programs among which the keys of a sentence are divided

    @property
    def warps(self) -> int:
        """Of a program: each thread holds as many values whatever the block."""
        warp = _VALUES_PER_THREAD * _THREADS_PER_WARP
        return max(1, self.block * self.padded // warp)


def tiling(keys: int, size: int, dtype: torch.dtype, programs: int) -> Tiling:
    """Return the tiling for up to `keys` keys of D = `size` values each.

    `programs` are launched if nothing is split.

    A block covers short sentences at once, since a program waits for memory once per block. Few
    programs leave multiprocessors idle, and each would walk over a long sentence alone: then
    several share a sentence, and a second launch combines what they found (`combine`). The limits
    were reasoned from an H100's data sheet, not measured.
    """
    padded = max(_LEAST_BLOCK, triton.next_power_of_2(size))
    block = min(_MOST_BLOCK, max(_LEAST_BLOCK, triton.next_power_of_2(keys)))
    block = max(_LEAST_BLOCK, min(block, _BLOCK_BYTES // (padded * dtype.itemsize)))
    splits = 1
    if keys >= _LEAST_SPLIT_KEYS:
        most = min(keys // _KEYS_PER_SPLIT, _PROGRAMS // programs)
        while 2 * splits <= most:
            splits *= 2
    return Tiling(padded, block, splits)
