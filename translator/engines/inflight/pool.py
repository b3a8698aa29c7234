"""The slots of one beam width: sentences join and leave them between any two steps."""

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import compress

import torch
from torch import Tensor

from translator.engines import DecodedSegment, EncodedSegment
from translator.engines.inflight.beam import advance
from translator.engines.inflight.continuations import continuations
from translator.engines.inflight.network import Network
from translator.engines.inflight.runner import Runner, Step
from translator.engines.inflight.state import NEVER, Shape, SlotState

SLOT_BUCKETS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
LENGTH_BUCKETS = (16, 32, 64, 128, 256, 512, 1_024)


def bucket(size: int, buckets: Sequence[int], limit: int) -> int:
    """Return the smallest bucket that holds `size`, or `limit` where that is smaller."""
    return min(limit, next((b for b in buckets if b >= size), limit))


@dataclass(slots=True)
class _Live:
    """A sentence in a slot; `position` is where its next token is fed."""

    segment: EncodedSegment
    first_run: int  # number of the first step that it takes part in
    position: int = 1


@dataclass(frozen=True, slots=True)
class Stepped:
    """What left its slot in a step: translations, and segments whose scores were not finite."""

    done: list[DecodedSegment]
    broken: list[EncodedSegment]


class SlotPool:
    """Admits encoded segments into slots, runs steps, and gives back what is done."""

    def __init__(
        self,
        network: Network,
        state: SlotState,
        make_runner: Callable[[Step, SlotState], Runner],
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
        self.runner = make_runner(self._step, state)
        self._free = list(range(len(state.active)))  # a heap: low slots first keeps steps small
        self._live: dict[int, _Live] = {}
        self._spoilt: set[int] = set()  # free slots that hold NaN
        self._runs = 0

    @property
    def slots(self) -> int:
        """The number of slots, free ones included."""
        return len(self._state.active)

    @property
    def free(self) -> int:
        """The number of free slots."""
        return len(self._free)

    @property
    def live(self) -> int:
        """The number of slots in use."""
        return len(self._live)

    @torch.inference_mode()
    def admit(self, groups: Sequence[Sequence[EncodedSegment]]) -> None:
        """Encode groups, each at once, and give every segment (as many as are free) a slot.

        Raises ValueError for one that a slot cannot hold, torch.OutOfMemoryError where there is too
        little memory; none is admitted then.
        """
        segments = [segment for group in groups for segment in group]
        if not all(map(self._fits, segments)):
            raise ValueError("a segment, or its longest translation, is longer than a slot")
        slots = self._take(len(segments))
        rows = torch.tensor(slots, device=self._state.position.device)
        try:
            begin = 0
            for group in groups:
                self._encode(group, rows[begin : begin + len(group)])
                begin += len(group)
            longest = max(len(segment.source_ids) for segment in segments)
            self._network.start(self._state, rows, self._start, longest)
        except torch.OutOfMemoryError:
            self._release(slots)
            raise
        self._fill(rows, segments)
        for slot, segment in zip(slots, segments, strict=True):
            self._live[slot] = _Live(segment, self._runs)

    @torch.inference_mode()
    def step(self) -> Stepped:
        """Feed one token a beam to every sentence."""
        flags = self.runner.run(self.shape())
        known = self._runs - self.runner.lag  # the step that the flags tell of
        self._runs += 1
        for live in self._live.values():
            live.position += 1
        ended = [
            slot
            for slot, live in self._live.items()
            if live.first_run <= known and not flags.active[slot]
        ]
        good = [slot for slot in ended if flags.finite[slot]]
        done = self._read(good) if good else []
        overflown = [slot for slot in ended if not flags.finite[slot]]
        broken = [self._live[slot].segment for slot in overflown]
        self._spoilt.update(overflown)
        for slot in ended:
            del self._live[slot]
        self._release(ended)
        return Stepped(done, broken)

    @torch.inference_mode()
    def compact(self) -> None:
        """Move sentences to lower slots where that makes steps smaller: when work runs out."""
        slots = self.slots
        sizes = max(self._live) + 1, self.live
        now, smallest = (self._rounded(size, SLOT_BUCKETS, slots) for size in sizes)
        if now == smallest:
            return
        old = sorted(slot for slot in self._live if slot >= self.live)
        new = self._take(len(old))
        self._state.move(old, new, self.shape())
        for source, target in zip(old, new, strict=True):
            live = self._live.pop(source)
            live.first_run = self._runs  # flags of earlier steps tell of the old slot
            self._live[target] = live
        self._release(old)

    def shape(self) -> Shape:
        """Return the smallest shape that holds every slot in use."""
        slots, source, length = self._limits()
        live = self._live.values()
        longest = max(len(item.segment.source_ids) for item in live)
        furthest = max(item.position for item in live)
        return Shape(
            self._rounded(max(self._live) + 1, SLOT_BUCKETS, slots),
            self._rounded(longest, LENGTH_BUCKETS, source),
            self._rounded(furthest + 1, LENGTH_BUCKETS, length),
        )

    def _take(self, count: int) -> list[int]:
        """Return free slots, the lowest ones, which are used from now on."""
        slots = [heapq.heappop(self._free) for _ in range(count)]
        spoilt = self._spoilt.intersection(slots)
        if spoilt:
            self._state.wipe(sorted(spoilt))
            self._spoilt -= spoilt
        return slots

    def _release(self, slots: list[int]) -> None:
        for slot in slots:
            heapq.heappush(self._free, slot)

    def _fits(self, segment: EncodedSegment) -> bool:
        _, source, length = self._limits()
        return len(segment.source_ids) <= source and segment.decoding.max_length <= length

    def _limits(self) -> tuple[int, int, int]:
        slots, source = self._state.cross_mask.shape
        return slots, source, self._state.running.shape[2]

    def _rounded(self, size: int, buckets: Sequence[int], limit: int) -> int:
        return min(size, limit) if self.runner.exact else bucket(size, buckets, limit)

    def _step(self, shape: Shape) -> None:
        decode_step(self._network, self._state, shape, self._eos, self._no_repeat_ngram)

    def _read(self, slots: list[int]) -> list[DecodedSegment]:
        """Return the translations in slots that are done."""
        segments = [self._live[slot].segment for slot in slots]
        most = max(segment.decoding.hypotheses for segment in segments)
        sequences = self._state.finished[slots, :most].tolist()
        # A slot still holds what others left there, wherever it has no sequence of its own.
        own = self._state.is_finished[slots, :most].tolist() if most > 1 else [[True]] * len(slots)
        return [
            _result(segment, list(compress(found, flags)), self._eos)
            for segment, found, flags in zip(segments, sequences, own, strict=True)
        ]

    def _encode(self, segments: Sequence[EncodedSegment], slots: Tensor) -> None:
        """Put keys and values of the sources into the caches of `slots [n]`."""
        network, state = self._network, self._state
        width = max(len(segment.source_ids) for segment in segments)
        padded = torch.full((len(segments), width), network.weights.pad)
        for row, segment in zip(padded, segments, strict=True):
            row[: len(segment.source_ids)] = torch.tensor(segment.source_ids)
        source = padded.to(network.weights.positions.device)
        cross = network.cross_keys_values(network.encode(source))
        for cache, keys_values in zip(state.caches, cross, strict=True):
            cache.cross[slots.to(keys_values.device), :, :, :width] = keys_values
        state.cross_mask[slots] = False
        state.cross_mask[slots, :width] = (source != network.weights.pad).to(slots.device)

    def _fill(self, slots: Tensor, segments: Sequence[EncodedSegment]) -> None:
        """Set `slots [n]` to: position 0 is done, the language token is fed next, beam 0 leads."""
        state, device = self._state, slots.device
        targets = torch.tensor([segment.target_id for segment in segments], device=device)
        state.token[slots] = targets[:, None]
        state.position[slots] = 1
        state.ancestor[slots] = torch.arange(state.beams, device=device)[:, None]
        state.ancestor[slots, :, 0] = 0
        state.running[slots, :, 0] = self._start
        state.running[slots, :, 1] = targets[:, None]
        state.running_score[slots] = NEVER
        state.running_score[slots, 0] = 0.0
        state.finished_score[slots] = NEVER
        state.is_finished[slots] = False
        state.finite[slots] = True
        rules = [segment.decoding for segment in segments]
        state.max_length[slots] = torch.tensor([r.max_length for r in rules], device=device)
        state.length_penalty[slots] = torch.tensor([r.length_penalty for r in rules], device=device)
        greedy = state.beams == 1
        state.stop_when_full[slots] = torch.tensor(
            [greedy or r.early_stopping is True for r in rules], device=device
        )
        state.hope_for_longest[slots] = torch.tensor(
            [r.early_stopping == "never" for r in rules], device=device
        )
        state.active[slots] = True


def decode_step(
    network: Network, state: SlotState, shape: Shape, eos: int, no_repeat_ngram: int = 0
) -> None:
    """Feed one token a beam and choose the next ones: all that a CUDA graph records."""
    hidden = network.decode(state, shape)
    found = continuations(network.weights.head, hidden, state, shape, no_repeat_ngram)
    advance(state, found, shape, eos)


def _result(segment: EncodedSegment, sequences: list[list[int]], eos: int) -> DecodedSegment:
    """Make a result of the sequences that a segment finished, best first."""
    decoding = segment.decoding
    wanted = sequences[: decoding.hypotheses]
    (best, complete), *others = (_cut(found[2 : decoding.max_length], eos) for found in wanted)
    return DecodedSegment(segment.key, best, complete, tuple(ids for ids, end in others if end))


def _cut(ids: list[int], eos: int) -> tuple[list[int], bool]:
    """Return what is before `</s>`, or else all, and whether there was one."""
    return (ids[: ids.index(eos)], True) if eos in ids else (ids, False)
