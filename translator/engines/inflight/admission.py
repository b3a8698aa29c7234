"""Admits sentences into slots: one table is sent to the device, which does the rest.

A row of the table holds a slot's fields and the ids of its source. Rows that only pad the shape
name the spare slot, the last one, which takes part in no step. Letters as in `state`.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from translator.engines import EncodedSegment
from translator.engines.inflight.network import Network
from translator.engines.inflight.state import NEVER, SlotState
from translator.engines.inflight.stream import Numbers

_SLOT, _TARGET, _MAX_LENGTH, _LENGTH_PENALTY, _STOP_WHEN_FULL, _LENGTH_BOUND = range(6)
_SCRIPTS, FIELDS = 6, 7

_NONE = -1  # in place of a target

Cuts = Sequence[tuple[slice, int]]  # rows to encode together, and the length of their source


def fill(
    table: Numbers,
    segments: Sequence[EncodedSegment],
    slots: Sequence[int],
    scripts: Sequence[int],
    spare: int,
    pad: int,
) -> None:
    """Write the segments, at least one, into the first rows of `table [n, FIELDS + S]`.

    `slots` and `scripts` (see SlotState) are those of the segments.
    """
    count = len(segments)
    rules = [segment.decoding for segment in segments]
    table[:, FIELDS:] = pad
    table[:count, _SLOT] = slots
    table[:count, _TARGET] = [_NONE if s.target_id is None else s.target_id for s in segments]
    table[:count, _MAX_LENGTH] = [rule.max_length for rule in rules]
    table.view(np.float32)[:count, _LENGTH_PENALTY] = [rule.length_penalty for rule in rules]
    # Greedy search, with one beam, stops when it is full.
    table[:count, _STOP_WHEN_FULL] = [r.beams == 1 or r.early_stopping is True for r in rules]
    table[:count, _LENGTH_BOUND] = [rule.early_stopping == "never" for rule in rules]
    table[:count, _SCRIPTS] = scripts
    for row, segment in zip(table, segments, strict=False):
        row[FIELDS : FIELDS + len(segment.source_ids)] = segment.source_ids
    table[count:] = table[0]
    table[count:, _SLOT] = spare


def admit(network: Network, state: SlotState, table: Tensor, *, start: int, cuts: Cuts) -> None:
    """Encode the sources of `table [n, FIELDS + S]`, and prepare their slots for a step.

    `start` is the token of decoder position 0.
    """
    slots, source = table[:, _SLOT].long(), table[:, FIELDS:].long()
    known = source != network.weights.pad
    state.source_length[slots] = known.sum(dim=1)
    for rows, width in cuts:
        part = source[rows, :width].to(network.weights.positions.device)
        cross = network.cross_keys_values(network.encode(part))
        for cache, keys_values in zip(state.caches, cross, strict=True):
            there = slots[rows].to(keys_values.device)
            cache.cross[there, :, :, :width] = keys_values
    network.start(state, slots, start, source.shape[1])
    _begin(state, table, slots, start)


def _begin(state: SlotState, table: Tensor, slots: Tensor, start: int) -> None:
    """Set slots to the state before their first step, in which only beam 0 counts.

    That is position 1 with the target's language token, or position 0 where no token is given.
    """
    targets = table[:, _TARGET, None].long()
    given = targets != _NONE
    first = torch.where(given, targets, start)
    state.token[slots] = first
    state.position[slots] = given[:, 0].long()
    ancestor = torch.arange(state.beams, device=slots.device)[:, None].repeat(1, state.length)
    ancestor[:, 0] = 0
    state.ancestor[slots] = ancestor
    state.running[slots, :, 0] = start
    state.running[slots, :, 1] = first  # overwritten where position 1 is still to be predicted
    scores = torch.full((state.beams,), NEVER, device=slots.device)
    scores[0] = 0.0
    state.running_score[slots] = scores
    state.finished_score[slots] = NEVER
    state.is_finished[slots] = False
    state.finite[slots] = True
    state.max_length[slots] = table[:, _MAX_LENGTH].long()
    state.length_penalty[slots] = table.view(torch.float32)[:, _LENGTH_PENALTY]
    state.stop_when_full[slots] = table[:, _STOP_WHEN_FULL].bool()
    state.length_bound_is_max[slots] = table[:, _LENGTH_BOUND].bool()
    state.scripts[slots] = table[:, _SCRIPTS].long()
    state.active[slots] = True
