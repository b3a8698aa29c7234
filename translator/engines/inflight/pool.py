"""The slots of a beam group: sentences join and leave them between any two steps."""

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
from translator.engines.inflight.launcher import Launcher, Transfer
from translator.engines.inflight.network import Network
from translator.engines.inflight.projection import CommonHead
from translator.engines.inflight.report import Layout, Report
from translator.engines.inflight.rounding import Rounding
from translator.engines.inflight.scripts import ScriptsOf, no_scripts
from translator.engines.inflight.state import Shape, SlotState
from translator.engines.inflight.step import decode_step
from translator.engines.inflight.stream import Numbers

MOST_GROUPS = 3  # of an admission: each takes the host two operations


@dataclass(frozen=True, slots=True)
class StepResult:
    """The segments that left their slots: decoded ones, and those with non-finite scores."""

    done: list[DecodedSegment]
    non_finite: list[EncodedSegment]


@dataclass(frozen=True, slots=True)
class _PendingReport:
    """The report of a step, on its way to the host."""

    run: int  # the number of the step
    layout: Layout
    numbers: Transfer


class SlotPool:
    """Admits encoded segments into slots, runs steps, and returns finished segments."""

    def __init__(
        self,
        network: Network,
        state: SlotState,
        launcher: Launcher,
        start: int,
        eos: int,
        no_repeat_ngram: int = 0,
        scripts_of: ScriptsOf = no_scripts,
    ) -> None:
        """`start` is the token of decoder position 0; `no_repeat_ngram` applies to all segments.

        `scripts_of` returns the bits of the scripts that a translation may be in: see SlotState.
        """
        self._network = network
        self._state = state
        self._start = start
        self._eos = eos
        self._no_repeat_ngram = no_repeat_ngram
        self._scripts_of = scripts_of
        self.launcher = launcher
        self._rounding = Rounding(state.slots, state.source, state.length, exact=launcher.exact)
        self._limits = state.source, state.length
        whole = Layout(state.slots, state.beams, state.length)
        self._report = torch.zeros(whole.size, dtype=torch.int32, device=state.active.device)
        self._pending: deque[_PendingReport] = deque()
        self._free = list(range(state.slots))  # a heap: low slots first, to keep steps small
        self._dirty: set[int] = set()  # free slots whose caches hold NaN
        self._runs = 0
        self._segments: list[EncodedSegment | None] = [None] * state.slots
        # The head of a step that needs common tokens only has no row for a token of a sequence.
        self.has_common = isinstance(network.weights.head, CommonHead) and not no_repeat_ngram
        # By slot: whether a sentence is in it, the length and scripts of its source and target, the
        # run of its first step, and the first run whose report describes this sentence.
        self._live = np.zeros(state.slots, dtype=bool)
        self._source, self._scripts, self._first_run, self._first_report = np.zeros(
            (4, state.slots), dtype=np.int64
        )

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
        """Return the first waiting segments that may join now, in groups; see `group`.

        If groups are launched one by one, they are few, because the live sentences wait.
        """
        joining = waiting[: self.free]
        groups = self.group(joining, tokens)
        while len(groups) > MOST_GROUPS and not self.launcher.exact:
            joining = joining[: len(joining) * MOST_GROUPS // len(groups)]
            groups = self.group(joining, tokens)
        return groups

    def group(self, segments: Sequence[EncodedSegment], tokens: int) -> list[list[EncodedSegment]]:
        """Sort by length; start a new group where padded source tokens would exceed `tokens`."""
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
        """Give each segment (at most `free`) a slot; return those that ran out of memory.

        Raises ValueError, and admits none, if a segment is longer than a slot.
        """
        if not all(self._fits(segment) for group in groups for segment in group):
            raise ValueError("a segment, or its longest translation, is longer than a slot")
        refused: list[EncodedSegment] = []
        # With exact shapes, all at once: then a single decoder pass serves all groups.
        for parts in [groups] if self.launcher.exact else [[group] for group in groups]:
            try:
                self._join(parts)
            except torch.OutOfMemoryError:
                refused += [segment for part in parts for segment in part]
        return refused

    @torch.inference_mode()
    def step(self) -> StepResult:
        """Feed one token per beam to every sentence."""
        layout = self._launch(self.shape())
        numbers = self.launcher.fetch(self._report[: layout.size])
        self._pending.append(_PendingReport(self._runs, layout, numbers))
        self._runs += 1
        if len(self._pending) <= self.launcher.lag:
            return StepResult([], [])
        return self._read(self._pending.popleft())

    @torch.inference_mode()
    def compact(self) -> None:
        """Move sentences to lower slots if that makes steps smaller, when nothing is waiting."""
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
        except torch.OutOfMemoryError:  # then steps stay as large as they are
            self._release(new)
            return
        for values in (self._live, self._source, self._scripts, self._first_run):
            values[new] = values[old]
        self._first_report[new] = self._runs  # earlier reports describe the old slots
        for source, target in zip(old, new, strict=True):
            self._segments[target] = self._segments[source]
        self._release(old)

    @torch.inference_mode()
    def warm_up_step(self, shape: Shape) -> None:
        """Run a step of a shape on empty slots; the second call with a shape records its graph."""
        self._launch(shape)

    @torch.inference_mode()
    def warm_up_admission(self, sentences: int, source: int) -> None:
        """Run an admission of `sentences` of `source` tokens each into the spare slot."""
        table = self.launcher.stage(sentences, FIELDS + source)
        table[:], table[:, FIELDS:] = self.slots, self._eos  # the first field is the slot
        self._send(table, [(slice(sentences), source)])

    @torch.inference_mode()
    def finish_warm_up(self) -> None:
        """Wait until the device has finished the warm-up."""
        self.launcher.fetch(self._report[:1]).read()

    def shape(self) -> Shape:
        """Return the smallest shape that serves every slot in use."""
        used = np.flatnonzero(self._live)
        position = 1 + self._runs - int(self._first_run[used].min())  # the largest one
        return Shape(
            self._rounding.slots(int(used[-1]) + 1),
            self._rounding.source(int(self._source[used].max())),
            self._rounding.length(position + 1),
            common=self.has_common and not self._scripts[used].any(),
        )

    def _join(self, groups: list[list[EncodedSegment]]) -> None:
        """Put segments, sorted by length, into slots; raises torch.OutOfMemoryError."""
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
        scripts = [*map(self._scripts_of, segments)]
        fill(table, segments, slots, scripts, self.slots, self._network.weights.pad)
        try:
            self._send(table, cuts)
        except torch.OutOfMemoryError:
            self._release(slots)
            raise
        self._live[slots] = True
        self._source[slots] = [len(segment.source_ids) for segment in segments]
        self._scripts[slots] = scripts
        self._first_run[slots] = self._first_report[slots] = self._runs
        for slot, segment in zip(slots, segments, strict=True):
            self._segments[slot] = segment

    def _read(self, pending: _PendingReport) -> StepResult:
        """Wait for a report, and free the slots of the sentences that are done."""
        report, n = Report(pending.numbers.read(), pending.layout), pending.layout.slots
        ended = self._live[:n] & (self._first_report[:n] <= pending.run) & (report.active == 0)
        slots = np.flatnonzero(ended).tolist()
        finite = [slot for slot in slots if report.finite[slot]]
        done = report.results(finite, self._segments_in(finite), self._eos) if finite else []
        dirty = [slot for slot in slots if not report.finite[slot]]
        non_finite = self._segments_in(dirty)
        self._dirty.update(dirty)
        self._release(slots)
        return StepResult(done, non_finite)

    def _segments_in(self, slots: list[int]) -> list[EncodedSegment]:
        """Return the segments in occupied slots."""
        return [segment for segment in map(self._segments.__getitem__, slots) if segment]

    def _take(self, count: int) -> list[int]:
        """Take the lowest free slots; wipe those with NaN in their caches."""
        slots = [heapq.heappop(self._free) for _ in range(count)]
        dirty = sorted(self._dirty.intersection(slots))
        if dirty:
            self._send_slots(("wipe",), self._state.wipe, dirty)
            self._dirty.difference_update(dirty)
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
        """Enqueue the admission of the sentences in a table."""
        work = partial(admit, self._network, self._state, start=self._start, cuts=cuts)
        self.launcher.send(("admit", *table.shape), work, table)

    def _send_slots(
        self, key: tuple[Hashable, ...], work: Callable[[Tensor], None], *columns: list[int]
    ) -> None:
        """Enqueue work on slots; the spare slot pads the rounded table."""
        used = len(columns[0])
        table = self.launcher.stage(self._rounding.slots(used), len(columns))
        table[:used], table[used:] = np.transpose(columns), self.slots
        self.launcher.send((*key, len(table)), work, table)

    def _launch(self, shape: Shape) -> Layout:
        """Enqueue a step; return the layout of the report that it writes."""
        layout = Layout.of(self._state, shape)
        self.launcher.launch(shape, partial(self._step, shape, layout))
        return layout

    def _step(self, shape: Shape, layout: Layout) -> None:
        decode_step(self._network, self._state, shape, self._eos, self._no_repeat_ngram)
        write_report = self._network.operations.at(shape.slots).write_report
        write_report(self._state, layout, self._report[: layout.size])


def _source_length(segment: EncodedSegment) -> int:
    return len(segment.source_ids)
