"""Static batches: segments of similar length are decoded together, from start to end."""

import math
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

from translator.engines import DecodedSegment, Decoder, EncodedSegment, OutOfMemoryError
from translator.engines.running_batches import IDLE_SECONDS, RunningBatches

# Clients whose answers leave together ask again within moments. So a batch waits for company, for
# this share of what the last one took: little for any of them, and a fuller batch for all.
_COMPANY_SHARE = 0.02
_MOST_COMPANY = 0.05  # seconds


class StaticEngine:
    """An Engine over a Decoder: a batch for each replica, split in two when memory runs out."""

    def __init__(self, decoder: Decoder, batch_tokens: int) -> None:
        """`batch_tokens` bounds segments × beams × longest source of a batch."""
        self._decoder = decoder
        self._batch_tokens = batch_tokens
        self._waiting: list[EncodedSegment] = []
        # In threads, so that the next batch is encoded and the last one read while they compute.
        self._threads = ThreadPoolExecutor(decoder.replicas, thread_name_prefix="decode")
        self._running_batches = RunningBatches[list[DecodedSegment]](decoder.replicas)
        self._waiting_since = 0.0
        self._company = 0.0  # seconds that a batch waits for others
        self._lock = Lock()
        self.splits = 0

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
        """Start what can be started; return what has finished, or soon does."""
        self._start()
        if not self._running_batches and self._waiting:
            time.sleep(min(IDLE_SECONDS, self._company))
        outcomes = self._running_batches.collect()
        for outcome in outcomes:
            self._company = min(_MOST_COMPANY, _COMPANY_SHARE * outcome.seconds)
        self._start()  # before the caller reads the results: no replica shall wait for that
        return [decoded for outcome in outcomes for decoded in outcome.result]

    def _start(self) -> None:
        """Share what is waiting among idle replicas; keep a full batch ready behind them."""
        now = time.monotonic()
        while self._waiting and len(self._running_batches) <= self.batches:
            idle = self.batches - len(self._running_batches)
            cost = sum(len(s.source_ids) * s.decoding.beams for s in self._waiting)
            young = now - self._waiting_since < self._company
            if cost < self._batch_tokens and (idle == 0 or young):
                return  # it may yet grow
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
        # Outside the handler, so that the failed attempt's frames no longer hold its tensors.
        with self._lock:
            self.splits += 1
        middle = len(batch) // 2
        return self._decode(batch[:middle]) + self._decode(batch[middle:])


def select_batch(waiting: Sequence[EncodedSegment], batch_tokens: int) -> list[EncodedSegment]:
    """Return the oldest segment and those nearest to it in length, within the token budget.

    They are decoded alike. Sorting keeps padding low; starting from the oldest keeps any length
    from being starved.
    """
    decoding = waiting[0].decoding
    alike = [i for i, segment in enumerate(waiting) if segment.decoding == decoding]
    order = sorted(alike, key=lambda i: len(waiting[i].source_ids))
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
