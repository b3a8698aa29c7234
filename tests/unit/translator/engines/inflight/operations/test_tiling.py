"""The choice of blocks and splits."""

import pytest
import torch

pytest.importorskip("triton", reason="the kernels are written in Triton")

from translator.engines.inflight.operations.kernels.tiling import Tiling, tiling
from translator.engines.inflight.rounding import LENGTH_BUCKETS, SLOT_BUCKETS

HEADS, SIZE = 16, 64


def step(slots: int, length: int, dtype: torch.dtype = torch.bfloat16) -> Tiling:
    return tiling(length, SIZE, dtype, slots * HEADS)


def test_only_a_few_long_sentences_are_split() -> None:
    assert [step(1, length).splits for length in (16, 32, 64, 128)] == [1] * 4
    assert [step(1, length).splits for length in (256, 512, 1_024)] == [2, 4, 8]
    assert [step(slots, 512).splits for slots in (8, 16, 32, 128)] == [4, 2, 1, 1]


def test_a_block_covers_what_registers_hold() -> None:
    assert [step(1, length).block for length in (1, 16, 17, 32, 64, 512)] == [
        16,
        16,
        32,
        32,
        64,
        64,
    ]
    assert step(1, 512, torch.float32).block == 32
    assert tiling(512, 128, torch.bfloat16, HEADS).block == 32
    assert tiling(512, 8, torch.float32, HEADS).padded == 16


def test_a_start_compiles_few_variants() -> None:
    common = {step(slots, length) for slots in SLOT_BUCKETS for length in LENGTH_BUCKETS[:4]}
    assert len(common) == 3
    everything = {step(slots, length) for slots in SLOT_BUCKETS for length in LENGTH_BUCKETS}
    assert len(everything) <= 6
