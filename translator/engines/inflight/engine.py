"""In-flight batching: a sentence joins the running batch as soon as a slot is free.

The idea is Orca's iteration-level scheduling (Yu et al., OSDI 2022), for an encoder-decoder: one
pass of the encoder on admission, then a token a step beside sentences of any age.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import torch

from translator.engines import DecodedSegment, EncodedSegment, Engine
from translator.engines.inflight.policy import AdmissionPolicy
from translator.engines.inflight.pool import SlotPool

_PAUSE = 0.001  # seconds between two looks at who came, where nothing else is to be done
MIN_ENCODER_TOKENS = 256  # padded, of one admission, however often memory runs out


class Lane(NamedTuple):
    """What segments must have in common to share the steps of a pool; the terms of Decoding."""

    beams: int
    no_repeat_ngram: int = 0


@dataclass(slots=True)
class _Queue:
    """The segments of a lane that wait, in order of arrival, and the slots that they wait for."""

    pool: SlotPool | None = None  # once there are slots
    waiting: list[EncodedSegment] = field(default_factory=list)
    policy: AdmissionPolicy = field(default_factory=AdmissionPolicy)


class InflightEngine:
    """An Engine of slots, one pool for each lane in use."""

    batches = 1

    def __init__(
        self,
        make_pool: Callable[[Lane], SlotPool],
        encoder_tokens: int,
        make_precise: Callable[[], Engine] | None = None,
    ) -> None:
        """`make_pool` allocates the slots of a lane; `encoder_tokens` bounds a pass of the encoder.

        `make_precise` builds the engine in fp32 that decodes again what overflowed in fp16; None
        where nothing overflows.
        """
        self._make_pool = make_pool
        self._queues: dict[Lane, _Queue] = {}
        self._encoder_tokens = encoder_tokens
        self._make_precise = make_precise
        self._precise: Engine | None = None
        self._admission = 0.0  # seconds that a pass of the encoder took, the last time
        self._turn = 0.0  # seconds that it or a step took, whichever was longer
        self.splits = 0

    def submit(self, segments: Sequence[EncodedSegment]) -> None:
        """Take segments; they are decoded beside those in hand as slots become free."""
        now = time.monotonic()
        for segment in segments:
            lane = Lane(segment.decoding.beams, segment.decoding.no_repeat_ngram)
            queue = self._queues.get(lane)
            if queue is None:
                queue = self._queues[lane] = _Queue()
            queue.waiting.append(segment)
            queue.policy.arrive(now)

    def step(self) -> list[DecodedSegment]:
        """Admit what may join, then decode one token of every sentence in a slot."""
        results: list[DecodedSegment] = []
        for lane, queue in self._queues.items():
            if queue.waiting:
                results += self._admit(lane, queue)
        for queue in self._queues.values():
            if queue.pool is not None and queue.pool.live:
                results += self._step(queue, queue.pool)
        if self._precise is not None:
            results += self._precise.step()
        return results

    def _admit(self, lane: Lane, queue: _Queue) -> list[DecodedSegment]:
        """Fill free slots, shortest sources together; return what cannot be decoded at all."""
        pool = queue.pool = queue.pool or self._open(lane)
        if pool is None:
            refused, queue.waiting = queue.waiting, []
            queue.policy = AdmissionPolicy()
            return [DecodedSegment(segment.key, None) for segment in refused]
        begun = time.monotonic()
        if not queue.policy.admits(begun, len(queue.waiting), pool.free, pool.live, self._turn):
            if not any(other.pool and other.pool.live for other in self._queues.values()):
                time.sleep(_PAUSE)
            return []
        groups = pool.plan(queue.waiting, self._encoder_tokens)
        queue.waiting = queue.waiting[sum(map(len, groups)) :]
        results = self._join(pool, groups)
        queue.policy.admitted(begun, len(queue.waiting))
        self._admission = (time.monotonic() - begun) / len(groups)
        return results

    def _step(self, queue: _Queue, pool: SlotPool) -> list[DecodedSegment]:
        begun = time.monotonic()
        if not queue.waiting:
            pool.compact()
        stepped = pool.step()
        if stepped.broken:
            self._again(stepped.broken)
        now = time.monotonic()
        # Where graphs are replayed the host is done with an admission long before the device is,
        # which takes about as long for it as for a step.
        self._turn = max(self._admission, now - begun)
        queue.policy.left(now, len(stepped.done), len(queue.waiting), pool.live, self._turn)
        return stepped.done

    def _open(self, lane: Lane) -> SlotPool | None:
        """Make the pool of a lane; None where memory does not do for a single slot."""
        try:
            return self._make_pool(lane)
        except torch.OutOfMemoryError:
            return None

    def _join(self, pool: SlotPool, groups: list[list[EncodedSegment]]) -> list[DecodedSegment]:
        """Admit groups, in halves where memory runs out, and later groups smaller.

        Returns those that have too little memory even alone.
        """
        refused = pool.admit(groups)
        if len(refused) <= 1:
            return [DecodedSegment(segment.key, None) for segment in refused]
        torch.cuda.empty_cache()
        self.splits += 1
        self._encoder_tokens = max(MIN_ENCODER_TOKENS, self._encoder_tokens // 2)
        middle = len(refused) // 2
        return [
            failed
            for half in (refused[:middle], refused[middle:])
            for failed in self._join(pool, pool.group(half, self._encoder_tokens))
        ]

    def _again(self, broken: list[EncodedSegment]) -> None:
        """Decode in fp32 what had scores that are not finite."""
        if self._precise is None:
            if self._make_precise is None:
                raise ArithmeticError("the model's scores are not finite: its weights are damaged")
            self._precise = self._make_precise()
        self._precise.submit(broken)
