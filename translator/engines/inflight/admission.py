"""What it takes to put sentences into slots: one table for the device, and the work with it.

A row of the table holds a slot's fields and the ids of its source. A row that is there for the
shape alone has the spare slot, the last one, which takes part in no step. Letters as in `state`.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from translator.engines import EncodedSegment
from translator.engines.inflight.network import Network
from translator.engines.inflight.state import NEVER, SlotState
from translator.engines.inflight.stream import Numbers

_SLOT, _TARGET, _MAX_LENGTH, _LENGTH_PENALTY, _STOP_WHEN_FULL, _HOPE, FIELDS = range(7)

Cuts = Sequence[tuple[slice, int]]  # rows that are encoded together, and their longest source


def fill(
    table: Numbers, segments: Sequence[EncodedSegment], slots: Sequence[int], spare: int, pad: int
) -> None:
    """Write the segments, at least one, into the first rows of `table [n, FIELDS + S]`."""
    count = len(segments)
    rules = [segment.decoding for segment in segments]
    table[:, FIELDS:] = pad
    table[:count, _SLOT] = slots
    table[:count, _TARGET] = [segment.target_id for segment in segments]
    table[:count, _MAX_LENGTH] = [rule.max_length for rule in rules]
    table.view(np.float32)[:count, _LENGTH_PENALTY] = [rule.length_penalty for rule in rules]
    # One beam is greedy search, which stops when it is full.
    table[:count, _STOP_WHEN_FULL] = [r.beams == 1 or r.early_stopping is True for r in rules]
    table[:count, _HOPE] = [rule.early_stopping == "never" for rule in rules]
    for row, segment in zip(table, segments, strict=False):
        row[FIELDS : FIELDS + len(segment.source_ids)] = segment.source_ids
    table[count:] = table[0]
    table[count:, _SLOT] = spare


def admit(network: Network, state: SlotState, table: Tensor, *, start: int, cuts: Cuts) -> None:
    """Encode the sources of `table [n, FIELDS + S]`, and make their slots ready for a step.

    `start` is the token of decoder position 0.
    """
    slots, source = table[:, _SLOT].long(), table[:, FIELDS:].long()
    known = source != network.weights.pad
    state.cross_mask[slots] = False
    state.cross_mask[slots, : known.shape[1]] = known
    for rows, width in cuts:
        part = source[rows, :width].to(network.weights.positions.device)
        cross = network.cross_keys_values(network.encode(part))
        for cache, keys_values in zip(state.caches, cross, strict=True):
            there = slots[rows].to(keys_values.device)
            cache.cross[there, :, :, :width] = keys_values
    network.start(state, slots, start, source.shape[1])
    _begin(state, table, slots, start)


def _begin(state: SlotState, table: Tensor, slots: Tensor, start: int) -> None:
    """Set slots to: position 0 is done, the language token is fed next, beam 0 leads."""
    targets = table[:, _TARGET, None].long()
    state.token[slots] = targets
    state.position[slots] = 1
    ancestor = torch.arange(state.beams, device=slots.device)[:, None].repeat(1, state.length)
    ancestor[:, 0] = 0
    state.ancestor[slots] = ancestor
    state.running[slots, :, 0] = start
    state.running[slots, :, 1] = targets
    leading = torch.full((state.beams,), NEVER, device=slots.device)
    leading[0] = 0.0
    state.running_score[slots] = leading
    state.finished_score[slots] = NEVER
    state.is_finished[slots] = False
    state.finite[slots] = True
    state.max_length[slots] = table[:, _MAX_LENGTH].long()
    state.length_penalty[slots] = table.view(torch.float32)[:, _LENGTH_PENALTY]
    state.stop_when_full[slots] = table[:, _STOP_WHEN_FULL].bool()
    state.hope_for_longest[slots] = table[:, _HOPE].bool()
    state.active[slots] = True
