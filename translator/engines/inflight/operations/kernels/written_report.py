"""Writes the report of a step in one launch. Letters as in `state`."""

import triton
import triton.language as tl
from torch import Tensor

from translator.engines.inflight.report import ACTIVE, FINITE, FLAGS, Layout
from translator.engines.inflight.state import SlotState

_ACTIVE, _FINITE, _FLAGS = tl.constexpr(ACTIVE), tl.constexpr(FINITE), tl.constexpr(FLAGS)
_BLOCK = 512


def write_report(state: SlotState, layout: Layout, into: Tensor) -> None:
    """See WriteReport."""
    _write[layout.slots, triton.cdiv(layout.width, _BLOCK)](
        into, state.active, state.finite, state.is_finished, state.finished, layout.length,
        state.length, **constants(layout.beams),
    )  # fmt: skip


def constants(beams: int) -> dict[str, int]:
    """Return the constants of `_write`."""
    return {"BEAMS": beams, "BLOCK": _BLOCK, "num_warps": 4}


@triton.jit(do_not_specialize=["reported"])
def _write(
    into: tl.tensor,  # int32 [n, FLAGS + K + K · reported]
    active: tl.tensor,  # bool [N]
    finite: tl.tensor,
    is_finished: tl.tensor,  # bool [N, K]
    finished: tl.tensor,  # int64 [N, K, T]
    reported: int,
    length: int,
    BEAMS: tl.constexpr,
    BLOCK: tl.constexpr,
) -> None:
    """A program writes a part of a slot's row: flags, then the first columns of each sequence."""
    slot = tl.program_id(0).to(tl.int64)
    width = _FLAGS + BEAMS * (1 + reported)
    column = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    beam, token = column - _FLAGS, column - _FLAGS - BEAMS
    is_flag, is_token = (beam >= 0) & (token < 0), (token >= 0) & (column < width)
    value = tl.load(is_finished + slot * BEAMS + beam, mask=is_flag, other=0).to(tl.int32)
    sequence = slot * BEAMS + token // reported
    ids = tl.load(finished + sequence * length + token % reported, mask=is_token, other=0)
    value = tl.where(is_token, ids.to(tl.int32), value)
    value = tl.where(column == _ACTIVE, tl.load(active + slot).to(tl.int32), value)
    value = tl.where(column == _FINITE, tl.load(finite + slot).to(tl.int32), value)
    tl.store(into + slot * width + column, value, mask=column < width)
