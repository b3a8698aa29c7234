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
COMPANY_AFTER = 1  # times what it took: so long those whose neighbours left together wait for them
_PAUSE = 0.001  # seconds between two looks at who came, where nothing else is to be done
MIN_ENCODER_TOKENS = 256  # padded, of one admission, however often memory runs out


@dataclass(frozen=True, slots=True)
class Lane:
    """What segments must have in common to share the steps of a pool; the terms of Decoding."""

    beams: int
    no_repeat_ngram: int = 0


@dataclass(frozen=True, slots=True)
class _Company:
    """What may still come: clients whose answers left together ask again within moments."""

    size: int  # segments waiting once all have come
    until: float  # when they are no longer waited for


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
        self._company: dict[Lane, _Company] = {}
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
                if len(stepped.done) > pool.live:
                    self._expect(lane, len(stepped.done))
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
        if self._more_come(lane):
            return []
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
        groups = _groups(joining, self._encoder_tokens)
        results = self._join(pool, groups)
        self._admission_seconds = (time.monotonic() - begun) / len(groups)
        return results

    def _expect(self, lane: Lane, left: int) -> None:
        """Wait for as many as `left` at once: one admission of all takes less than several."""
        until = time.monotonic() + COMPANY_AFTER * self._admission_seconds
        self._company[lane] = _Company(len(self._waiting.get(lane, ())) + left, until)

    def _more_come(self, lane: Lane) -> bool:
        """Tell whether company is still expected; sleeps a moment where nothing is live."""
        company, waiting = self._company.get(lane), len(self._waiting[lane])
        if company is None:
            return False
        enough = min(company.size, self._pools[lane].free)
        if waiting >= enough or time.monotonic() >= company.until:
            del self._company[lane]
            return False
        if not any(pool.live for pool in self._pools.values()):
            time.sleep(_PAUSE)
        return True

    def _open(self, lane: Lane) -> bool:
        """Make the pool of a lane; False where memory does not do for a single slot."""
        try:
            self._pools[lane] = self._make_pool(lane)
        except torch.OutOfMemoryError:
            return False
        return True

    def _join(self, pool: SlotPool, groups: list[list[EncodedSegment]]) -> list[DecodedSegment]:
        """Admit groups, in halves where memory runs out, and later groups smaller.

        Returns those that have too little memory even alone.
        """
        segments = [segment for group in groups for segment in group]
        try:
            pool.admit(groups)
        except torch.OutOfMemoryError:
            if len(segments) == 1:
                return [DecodedSegment(segments[0].key, None)]
        else:
            return []
        # Outside the handler, so that the failed attempt's frames no longer hold its tensors.
        torch.cuda.empty_cache()
        self.splits += 1
        self._encoder_tokens = max(MIN_ENCODER_TOKENS, self._encoder_tokens // 2)
        middle = len(segments) // 2
        return [
            failed
            for half in (segments[:middle], segments[middle:])
            for failed in self._join(pool, _groups(half, self._encoder_tokens))
        ]

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
