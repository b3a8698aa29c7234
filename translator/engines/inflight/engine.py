"""In-flight batching: a sentence joins the running batch as soon as a slot is free.

This is Orca's iteration-level scheduling (Yu et al., OSDI 2022) for an encoder-decoder: one encoder
pass on admission, then one token per step, beside sentences at any position.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

import torch

from translator.engines import DecodedSegment, EncodedSegment, Engine
from translator.engines.inflight.policy import AdmissionPolicy
from translator.engines.inflight.pool import SlotPool

_POLL_SECONDS = 0.001  # between two checks for new segments while nothing is decoded
MIN_ENCODER_TOKENS = 256  # padded, per admission, however often memory runs out


class BeamGroup(NamedTuple):
    """The fields of Decoding that segments must have in common to share a pool and its steps."""

    beams: int
    no_repeat_ngram: int = 0


@dataclass(slots=True)
class _Queue:
    """The waiting segments of a beam group, in order of arrival, and its slots."""

    pool: SlotPool | None = None  # allocated at the first admission
    waiting: list[EncodedSegment] = field(default_factory=list)
    policy: AdmissionPolicy = field(default_factory=AdmissionPolicy)


class InflightEngine:
    """An Engine with a pool of slots for each beam group in use."""

    batches = 1

    def __init__(
        self,
        make_pool: Callable[[BeamGroup], SlotPool],
        encoder_tokens: int,
        make_precise: Callable[[], Engine] | None = None,
        kernels: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """`make_pool` allocates slots; `encoder_tokens` bounds the tokens of an encoder pass.

        `make_precise` builds the fp32 engine that decodes again what overflowed in fp16; None if
        nothing can overflow. `kernels` is filled by `make_pool`.
        """
        self.kernels = kernels
        self._make_pool = make_pool
        self._queues: dict[BeamGroup, _Queue] = {}
        self._encoder_tokens = encoder_tokens
        self._make_precise = make_precise
        self._precise: Engine | None = None
        self._admission_seconds = 0.0  # of the last encoder pass
        self._iteration_seconds = 0.0  # of the last encoder pass or step, whichever was longer
        self.splits = 0

    def submit(self, segments: Sequence[EncodedSegment]) -> None:
        """Queue segments; they join those being decoded as slots become free."""
        now = time.monotonic()
        for segment in segments:
            beam_group = BeamGroup(segment.decoding.beams, segment.decoding.no_repeat_ngram)
            queue = self._queues.get(beam_group)
            if queue is None:
                queue = self._queues[beam_group] = _Queue()
            queue.waiting.append(segment)
            queue.policy.arrived(now)

    def step(self) -> list[DecodedSegment]:
        """Admit segments, then decode one token of every sentence in a slot."""
        results: list[DecodedSegment] = []
        for beam_group, queue in self._queues.items():
            if queue.waiting:
                results += self._admit(beam_group, queue)
        for queue in self._queues.values():
            if queue.pool is not None and queue.pool.live:
                results += self._step(queue, queue.pool)
        if self._precise is not None:
            results += self._precise.step()
        return results

    def _admit(self, beam_group: BeamGroup, queue: _Queue) -> list[DecodedSegment]:
        """Fill free slots, similar lengths together; return segments that do not fit memory."""
        pool = queue.pool = queue.pool or self._allocate(beam_group)
        if pool is None:
            refused, queue.waiting = queue.waiting, []
            queue.policy = AdmissionPolicy()
            return [DecodedSegment(segment.key, None) for segment in refused]
        started = time.monotonic()
        if not queue.policy.admits(
            started, len(queue.waiting), pool.free, pool.live, self._iteration_seconds
        ):
            if not any(other.pool and other.pool.live for other in self._queues.values()):
                time.sleep(_POLL_SECONDS)
            return []
        groups = pool.plan(queue.waiting, self._encoder_tokens)
        queue.waiting = queue.waiting[sum(map(len, groups)) :]
        results = self._join(pool, groups)
        queue.policy.admitted(started, len(queue.waiting))
        self._admission_seconds = (time.monotonic() - started) / len(groups)
        return results

    def _step(self, queue: _Queue, pool: SlotPool) -> list[DecodedSegment]:
        started = time.monotonic()
        if not queue.waiting:
            pool.compact()
        result = pool.step()
        if result.non_finite:
            self._decode_precisely(result.non_finite)
        now = time.monotonic()
        # With graphs, the host finishes launching an admission long before the device completes it,
        # which takes the device about as long as a step.
        self._iteration_seconds = max(self._admission_seconds, now - started)
        queue.policy.finished(
            now, len(result.done), len(queue.waiting), pool.live, self._iteration_seconds
        )
        return result.done

    def _allocate(self, beam_group: BeamGroup) -> SlotPool | None:
        """Return the pool of a beam group; None if not even one slot fits memory."""
        try:
            return self._make_pool(beam_group)
        except torch.OutOfMemoryError:
            return None

    def _join(self, pool: SlotPool, groups: list[list[EncodedSegment]]) -> list[DecodedSegment]:
        """Admit groups; if memory runs out, in halves, and with smaller groups from then on.

        Returns the segments that do not fit memory even alone.
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

    def _decode_precisely(self, segments: list[EncodedSegment]) -> None:
        """Decode segments in fp32 whose scores were not finite."""
        if self._precise is None:
            if self._make_precise is None:
                raise ArithmeticError("the model's scores are not finite: its weights are damaged")
            self._precise = self._make_precise()
        self._precise.submit(segments)
