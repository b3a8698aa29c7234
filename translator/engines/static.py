"""Static batches: segments of similar length are decoded together, from start to end."""

import math
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

from translator.engines import DecodedSegment, Decoder, EncodedSegment, OutOfMemoryError
from translator.engines.running_batches import IDLE_SECONDS, RunningBatches

# Clients that were answered together send their next requests within moments of each other. So a
# batch is delayed by this share of the previous batch's time: a short wait, and a fuller batch.
_DELAY_SHARE = 0.02
_MAX_BATCHING_DELAY = 0.05  # seconds


class StaticEngine:
    """An Engine over a Decoder: a batch per replica, split in two when memory runs out."""

    def __init__(self, decoder: Decoder, batch_tokens: int) -> None:
        """`batch_tokens` bounds segments × beams × longest source of a batch."""
        self._decoder = decoder
        self._batch_tokens = batch_tokens
        self._waiting: list[EncodedSegment] = []
        # Threads let the next batch be encoded and the last one be read while others compute.
        self._threads = ThreadPoolExecutor(decoder.replicas, thread_name_prefix="decode")
        self._running_batches = RunningBatches[list[DecodedSegment]](decoder.replicas)
        self._waiting_since = 0.0
        self._batching_delay = 0.0  # seconds
        self._lock = Lock()
        self.splits = 0
        self.kernels: Mapping[str, str] = {}

    @property
    def batches(self) -> int:
        """Batches that are decoded at a time."""
        return self._decoder.replicas

    def submit(self, segments: Sequence[EncodedSegment]) -> None:
        """Add segments to those waiting."""
        if not self._waiting:
            self._waiting_since = time.monotonic()
        self._waiting.extend(segments)

    def step(self) -> list[DecodedSegment]:
        """Start batches; return the segments that have finished, or finish within moments."""
        self._start()
        if not self._running_batches and self._waiting:
            time.sleep(min(IDLE_SECONDS, self._batching_delay))
        outcomes = self._running_batches.collect()
        for outcome in outcomes:
            self._batching_delay = min(_MAX_BATCHING_DELAY, _DELAY_SHARE * outcome.seconds)
        self._start()  # now, so that no replica is idle while the caller reads the results
        return [decoded for outcome in outcomes for decoded in outcome.result]

    def _start(self) -> None:
        """Share waiting segments among idle replicas; queue one full batch behind busy ones."""
        now = time.monotonic()
        while self._waiting and len(self._running_batches) <= self.batches:
            idle = self.batches - len(self._running_batches)
            cost = sum(len(s.source_ids) * s.decoding.beams for s in self._waiting)
            delayed = now - self._waiting_since < self._batching_delay
            if cost < self._batch_tokens and (idle == 0 or delayed):
                return  # the batch may still grow
            share = math.ceil(cost / idle) if idle > 1 else self._batch_tokens
            batch = select_batch(self._waiting, min(share, self._batch_tokens))
            chosen = {segment.key for segment in batch}
            self._waiting = [segment for segment in self._waiting if segment.key not in chosen]
            self._running_batches.add(self._threads.submit(self._decode, batch))

    def _decode(self, batch: list[EncodedSegment]) -> list[DecodedSegment]:
        try:
            return self._decoder.decode(batch)
        except OutOfMemoryError:
            if len(batch) == 1:
                return [DecodedSegment(batch[0].key, None)]
        # Outside the handler, where the frames of the failed attempt no longer hold its tensors.
        with self._lock:
            self.splits += 1
        middle = len(batch) // 2
        return self._decode(batch[:middle]) + self._decode(batch[middle:])


def select_batch(waiting: Sequence[EncodedSegment], batch_tokens: int) -> list[EncodedSegment]:
    """Return the oldest segment and those closest to it in length, within the token budget.

    All have the same decoding. Sorting by length keeps padding low, and starting from the oldest
    keeps every length from starving.
    """
    decoding = waiting[0].decoding
    candidates = [i for i, segment in enumerate(waiting) if segment.decoding == decoding]
    order = sorted(candidates, key=lambda i: len(waiting[i].source_ids))
    low = high = order.index(0)

    def fits(first: int, last: int) -> bool:
        width = len(waiting[order[last]].source_ids) * decoding.beams
        return (last - first + 1) * width <= batch_tokens

    while True:
        if low > 0 and fits(low - 1, high):
            low -= 1
        elif high + 1 < len(order) and fits(low, high + 1):
            high += 1
        else:
            return [waiting[i] for i in order[low : high + 1]]
