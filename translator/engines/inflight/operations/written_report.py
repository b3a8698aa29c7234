"""Writes the report of a step, in plain torch."""

from torch import Tensor

from translator.engines.inflight.report import ACTIVE, FINITE, FLAGS, Layout
from translator.engines.inflight.state import SlotState


def write_report(state: SlotState, layout: Layout, into: Tensor) -> None:
    """See WriteReport."""
    n, sequences = layout.slots, FLAGS + layout.beams
    rows = into.view(n, layout.width)
    rows[:, ACTIVE] = state.active[:n]
    rows[:, FINITE] = state.finite[:n]
    rows[:, FLAGS:sequences] = state.is_finished[:n]
    rows[:, sequences:] = state.finished[:n, :, : layout.length].flatten(1)
