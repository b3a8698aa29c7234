"""In-flight batching: a sentence joins the running batch as soon as a slot is free.

The idea is Orca's iteration-level scheduling (Yu et al., OSDI 2022), for an encoder-decoder: one
pass of the encoder on admission, then a token a step beside sentences of any age.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from translator.engines import DecodedSegment, EncodedSegment, Engine
from translator.engines.inflight.pool import SlotPool

# An admission takes about as long for one sentence as for many, and all that are live wait for it.
ADMIT_SHARE = 1 / 8  # of the live ones: so many that may join are worth it
ADMIT_AFTER = 3  # times what the last admission took: so long a segment waits at most
MIN_ENCODER_TOKENS = 256  # padded, of one admission, however often memory runs out


@dataclass(frozen=True, slots=True)
class Lane:
    """What segments must have in common to share the steps of a pool; the terms of Decoding."""

    beams: int
    no_repeat_ngram: int = 0


class InflightEngine:
    """An Engine of slots, one pool for each lane in use."""

    batches = 1

    def __init__(
        self,
        make_pool: Callable[[Lane], SlotPool],
        encoder_tokens: int,
        make_precise: Callable[[], Engine] | None = None,
    ) -> None:
        """`make_pool` allocates the slots of a lane; `encoder_tokens` bounds an admission.

        `make_precise` builds the engine in fp32 that decodes again what overflowed in fp16; None
        where nothing overflows.
        """
        self._make_pool = make_pool
        self._pools: dict[Lane, SlotPool] = {}
        self._encoder_tokens = encoder_tokens
        self._make_precise = make_precise
        self._precise: Engine | None = None
        self._waiting: dict[Lane, list[EncodedSegment]] = {}  # in order of arrival
        self._since: dict[Lane, float] = {}  # when the oldest of them came
        self._admission_seconds = 0.0  # of a group, the last time
        self.splits = 0

    def submit(self, segments: Sequence[EncodedSegment]) -> None:
        """Take segments; they are decoded beside those in hand as slots become free."""
        now = time.monotonic()
        for segment in segments:
            lane = Lane(segment.decoding.beams, segment.decoding.no_repeat_ngram)
            self._waiting.setdefault(lane, []).append(segment)
            self._since.setdefault(lane, now)

    def step(self) -> list[DecodedSegment]:
        """Admit what may join, then decode one token of every sentence in a slot."""
        results: list[DecodedSegment] = []
        for lane in [*self._waiting]:
            results += self._admit(lane)
        for lane, pool in self._pools.items():
            if pool.live:
                if lane not in self._waiting:
                    pool.compact()
                stepped = pool.step()
                results += stepped.done
                if stepped.broken:
                    self._again(stepped.broken)
        if self._precise is not None:
            results += self._precise.step()
        return results

    def _admit(self, lane: Lane) -> list[DecodedSegment]:
        """Fill free slots, shortest sources together; return what cannot be decoded at all."""
        if lane not in self._pools and not self._open(lane):
            del self._since[lane]
            return [DecodedSegment(segment.key, None) for segment in self._waiting.pop(lane)]
        pool, waiting = self._pools[lane], self._waiting[lane]
        begun = time.monotonic()
        joinable = min(pool.free, len(waiting))
        overdue = begun - self._since[lane] > ADMIT_AFTER * self._admission_seconds
        worth_it = joinable >= ADMIT_SHARE * pool.live
        if not joinable or not (worth_it or overdue):
            return []
        joining, rest = waiting[: pool.free], waiting[pool.free :]
        if rest:
            self._waiting[lane] = rest
            self._since[lane] = begun
        else:
            del self._waiting[lane], self._since[lane]
        results: list[DecodedSegment] = []
        groups = _groups(joining, self._encoder_tokens)
        for group in groups:
            results += self._join(pool, group)
        self._admission_seconds = (time.monotonic() - begun) / len(groups)
        return results

    def _open(self, lane: Lane) -> bool:
        """Make the pool of a lane; False where memory does not do for a single slot."""
        try:
            self._pools[lane] = self._make_pool(lane)
        except torch.OutOfMemoryError:
            return False
        return True

    def _join(self, pool: SlotPool, group: list[EncodedSegment]) -> list[DecodedSegment]:
        """Admit a group, in halves where memory runs out, and later groups smaller.

        Returns those that have too little memory even alone.
        """
        try:
            pool.admit(group)
        except torch.OutOfMemoryError:
            if len(group) == 1:
                return [DecodedSegment(group[0].key, None)]
        else:
            return []
        # Outside the handler, so that the failed attempt's frames no longer hold its tensors.
        torch.cuda.empty_cache()
        self.splits += 1
        self._encoder_tokens = max(MIN_ENCODER_TOKENS, self._encoder_tokens // 2)
        middle = len(group) // 2
        return self._join(pool, group[:middle]) + self._join(pool, group[middle:])

    def _again(self, broken: list[EncodedSegment]) -> None:
        """Decode in fp32 what had scores that are not finite."""
        if self._precise is None:
            if self._make_precise is None:
                raise ArithmeticError("the model's scores are not finite: its weights are damaged")
            self._precise = self._make_precise()
        self._precise.submit(broken)


def _groups(segments: list[EncodedSegment], tokens: int) -> list[list[EncodedSegment]]:
    """Sort by length and cut where the padded tokens of a group would pass `tokens`."""
    groups: list[list[EncodedSegment]] = []
    for segment in sorted(segments, key=lambda segment: len(segment.source_ids)):
        if groups and (len(groups[-1]) + 1) * len(segment.source_ids) <= tokens:
            groups[-1].append(segment)
        else:
            groups.append([segment])
    return groups
