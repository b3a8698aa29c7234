"""The slots of one beam width: sentences join and leave them between any two steps."""

import heapq
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate

import numpy as np
import torch
from torch import Tensor

from translator.engines import DecodedSegment, EncodedSegment
from translator.engines.inflight.admission import FIELDS, Cuts, admit, fill
from translator.engines.inflight.launcher import Fetched, Launcher
from translator.engines.inflight.network import Network
from translator.engines.inflight.report import Layout, Report, write_report
from translator.engines.inflight.rounding import Rounding
from translator.engines.inflight.state import Shape, SlotState
from translator.engines.inflight.step import decode_step
from translator.engines.inflight.stream import Numbers

MOST_GROUPS = 3  # of an admission: two operations of the host each


@dataclass(frozen=True, slots=True)
class Stepped:
    """What left its slot in a step: translations, and segments whose scores were not finite."""

    done: list[DecodedSegment]
    broken: list[EncodedSegment]


@dataclass(frozen=True, slots=True)
class _Told:
    """What a step will have told, once its numbers are here."""

    run: int
    layout: Layout
    numbers: Fetched


class SlotPool:
    """Admits encoded segments into slots, runs steps, and gives back what is done."""

    def __init__(
        self,
        network: Network,
        state: SlotState,
        launcher: Launcher,
        start: int,
        eos: int,
        no_repeat_ngram: int = 0,
    ) -> None:
        """`start` is the token of decoder position 0; `no_repeat_ngram` holds for all segments."""
        self._network = network
        self._state = state
        self._start = start
        self._eos = eos
        self._no_repeat_ngram = no_repeat_ngram
        self.launcher = launcher
        self._rounding = Rounding(state.slots, state.source, state.length, exact=launcher.exact)
        self._limits = state.source, state.length
        whole = Layout(state.slots, state.beams, state.length)
        self._report = torch.zeros(whole.size, dtype=torch.int32, device=state.active.device)
        self._told: deque[_Told] = deque()
        self._free = list(range(state.slots))  # a heap: low slots first keeps steps small
        self._spoilt: set[int] = set()  # free slots that hold NaN
        self._runs = 0
        self._segments: list[EncodedSegment | None] = [None] * state.slots
        # Of each slot: whether a sentence is in it, how long its source is, the run that fed its
        # first token, and the first run whose report is of it.
        self._live = np.zeros(state.slots, dtype=bool)
        self._source, self._begun, self._told_from = np.zeros((3, state.slots), dtype=np.int64)

    @property
    def slots(self) -> int:
        """The number of slots, free ones included."""
        return self._state.slots

    @property
    def free(self) -> int:
        """The number of free slots."""
        return len(self._free)

    @property
    def live(self) -> int:
        """The number of slots in use."""
        return self.slots - len(self._free)

    def plan(self, waiting: Sequence[EncodedSegment], tokens: int) -> list[list[EncodedSegment]]:
        """Return those of the first waiting ones that may join now, in groups; see `group`.

        Where an admission is launched group by group, they are few, for the live ones wait.
        """
        joining = waiting[: self.free]
        groups = self.group(joining, tokens)
        while len(groups) > MOST_GROUPS and not self.launcher.exact:
            joining = joining[: len(joining) * MOST_GROUPS // len(groups)]
            groups = self.group(joining, tokens)
        return groups

    def group(self, segments: Sequence[EncodedSegment], tokens: int) -> list[list[EncodedSegment]]:
        """Sort by length and cut where the padded source tokens of a group would pass `tokens`."""
        rounding, group = self._rounding, list[EncodedSegment]()
        groups = [group]
        for segment in sorted(segments, key=_source_length):
            rows = rounding.slots(len(group) + 1)
            if group and rows * rounding.source(len(segment.source_ids)) > tokens:
                group = []
                groups.append(group)
            group.append(segment)
        return groups

    @torch.inference_mode()
    def admit(self, groups: list[list[EncodedSegment]]) -> list[EncodedSegment]:
        """Give every segment (as many as are free) a slot; return those that memory is short for.

        Raises ValueError for a segment that a slot cannot hold; none is admitted then.
        """
        if not all(self._fits(segment) for group in groups for segment in group):
            raise ValueError("a segment, or its longest translation, is longer than a slot")
        refused: list[EncodedSegment] = []
        # Where shapes are exact in one go, for the decoder has a pass for all of them.
        for parts in [groups] if self.launcher.exact else [[group] for group in groups]:
            try:
                self._join(parts)
            except torch.OutOfMemoryError:
                refused += [segment for part in parts for segment in part]
        return refused

    @torch.inference_mode()
    def step(self) -> Stepped:
        """Feed one token a beam to every sentence."""
        layout = self._launch(self.shape())
        numbers = self.launcher.fetch(self._report[: layout.size])
        self._told.append(_Told(self._runs, layout, numbers))
        self._runs += 1
        if len(self._told) <= self.launcher.lag:
            return Stepped([], [])
        return self._read(self._told.popleft())

    @torch.inference_mode()
    def compact(self) -> None:
        """Move sentences to lower slots where that makes steps smaller: when work runs out."""
        used = np.flatnonzero(self._live)
        sizes = int(used[-1]) + 1, len(used)
        now, smallest = (self._rounding.slots(size) for size in sizes)
        if now == smallest:
            return
        old: list[int] = used[used >= len(used)].tolist()
        new = self._take(len(old))
        shape = self.shape()
        move = partial(self._state.move, shape=shape)
        try:
            self._send_slots(("move", shape.source, shape.length), move, old, new)
        except torch.OutOfMemoryError:  # they stay where they are, and steps as large
            self._release(new)
            return
        for values in (self._live, self._source, self._begun):
            values[new] = values[old]
        self._told_from[new] = self._runs  # what earlier runs tell is of the old slots
        for source, target in zip(old, new, strict=True):
            self._segments[target] = self._segments[source]
        self._release(old)

    @torch.inference_mode()
    def rehearse_step(self, shape: Shape) -> None:
        """Do a step of a shape while all slots are empty; the second one of it is recorded."""
        self._launch(shape)

    @torch.inference_mode()
    def rehearse_admission(self, sentences: int, source: int) -> None:
        """Admit so many sentences of so many tokens into no slot."""
        table = self.launcher.stage(sentences, FIELDS + source)
        table[:], table[:, FIELDS:] = self.slots, self._eos  # the first field is the slot
        self._send(table, [(slice(sentences), source)])

    @torch.inference_mode()
    def finish_rehearsal(self) -> None:
        """Wait until the device has done all of it."""
        self.launcher.fetch(self._report[:1]).read()

    def shape(self) -> Shape:
        """Return the smallest shape that holds every slot in use."""
        used = np.flatnonzero(self._live)
        position = 1 + self._runs - int(self._begun[used].min())  # the furthest one
        return Shape(
            self._rounding.slots(int(used[-1]) + 1),
            self._rounding.source(int(self._source[used].max())),
            self._rounding.length(position + 1),
        )

    def _join(self, groups: list[list[EncodedSegment]]) -> None:
        """Put segments, sorted by length, into slots, or raise torch.OutOfMemoryError."""
        segments = [segment for group in groups for segment in group]
        rows = self._rounding.slots(len(segments))
        columns = self._rounding.source(len(segments[-1].source_ids))
        cuts: Cuts = [(slice(rows), columns)]
        if len(groups) > 1:
            ends = list(accumulate(map(len, groups)))
            cuts = [
                (slice(end - len(group), end), len(group[-1].source_ids))
                for group, end in zip(groups, ends, strict=True)
            ]
        slots = self._take(len(segments))
        table = self.launcher.stage(rows, FIELDS + columns)
        fill(table, segments, slots, self.slots, self._network.weights.pad)
        try:
            self._send(table, cuts)
        except torch.OutOfMemoryError:
            self._release(slots)
            raise
        self._live[slots] = True
        self._source[slots] = [len(segment.source_ids) for segment in segments]
        self._begun[slots] = self._told_from[slots] = self._runs
        for slot, segment in zip(slots, segments, strict=True):
            self._segments[slot] = segment

    def _read(self, told: _Told) -> Stepped:
        """Free the slots of sentences that are done by what a step tells."""
        report, n = Report(told.numbers.read(), told.layout), told.layout.slots
        ended = self._live[:n] & (self._told_from[:n] <= told.run) & (report.active == 0)
        slots = np.flatnonzero(ended).tolist()
        good = [slot for slot in slots if report.finite[slot]]
        done = report.results(good, self._of(good), self._eos) if good else []
        spoilt = [slot for slot in slots if not report.finite[slot]]
        broken = self._of(spoilt)
        self._spoilt.update(spoilt)
        self._release(slots)
        return Stepped(done, broken)

    def _of(self, slots: list[int]) -> list[EncodedSegment]:
        """Return the segments in slots that are in use."""
        return [segment for segment in map(self._segments.__getitem__, slots) if segment]

    def _take(self, count: int) -> list[int]:
        """Return free slots, the lowest ones, which are used from now on."""
        slots = [heapq.heappop(self._free) for _ in range(count)]
        spoilt = sorted(self._spoilt.intersection(slots))
        if spoilt:
            self._send_slots(("wipe",), self._state.wipe, spoilt)
            self._spoilt.difference_update(spoilt)
        return slots

    def _release(self, slots: list[int]) -> None:
        self._live[slots] = False
        for slot in slots:
            self._segments[slot] = None
            heapq.heappush(self._free, slot)

    def _fits(self, segment: EncodedSegment) -> bool:
        source, length = self._limits
        return len(segment.source_ids) <= source and segment.decoding.max_length <= length

    def _send(self, table: Numbers, cuts: Cuts) -> None:
        """Let the device admit the sentences of a table."""
        work = partial(admit, self._network, self._state, start=self._start, cuts=cuts)
        self.launcher.send(("admit", *table.shape), work, table)

    def _send_slots(
        self, key: tuple[Hashable, ...], work: Callable[[Tensor], None], *columns: list[int]
    ) -> None:
        """Let the device do something with slots; the spare one fills the rounded table."""
        used = len(columns[0])
        table = self.launcher.stage(self._rounding.slots(used), len(columns))
        table[:used], table[used:] = np.transpose(columns), self.slots
        self.launcher.send((*key, len(table)), work, table)

    def _launch(self, shape: Shape) -> Layout:
        """Let the device do a step; return the layout of the report that it writes."""
        layout = Layout.of(self._state, shape)
        self.launcher.launch(shape, partial(self._step, shape, layout))
        return layout

    def _step(self, shape: Shape, layout: Layout) -> None:
        decode_step(self._network, self._state, shape, self._eos, self._no_repeat_ngram)
        write_report(self._state, layout, self._report[: layout.size])


def _source_length(segment: EncodedSegment) -> int:
    return len(segment.source_ids)
