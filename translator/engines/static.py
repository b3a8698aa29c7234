"""Static batches: segments of similar length are decoded together, from start to end."""

from collections.abc import Sequence

from translator.engines import DecodedSegment, Decoder, EncodedSegment, OutOfMemoryError


class StaticEngine:
    """An Engine over a Decoder: one batch a step, split in two when memory runs out."""

    def __init__(self, decoder: Decoder, batch_tokens: int) -> None:
        """`batch_tokens` bounds segments × beams × longest source of a batch."""
        self._decoder = decoder
        self._batch_tokens = batch_tokens
        self._waiting: list[EncodedSegment] = []
        self.splits = 0

    def submit(self, segments: Sequence[EncodedSegment]) -> None:
        """Add segments to those waiting."""
        self._waiting.extend(segments)

    def step(self) -> list[DecodedSegment]:
        """Decode the batch that holds the segment that has waited longest."""
        if not self._waiting:
            return []
        batch = select_batch(self._waiting, self._batch_tokens)
        chosen = {segment.key for segment in batch}
        self._waiting = [segment for segment in self._waiting if segment.key not in chosen]
        return self._decode(batch)

    def _decode(self, batch: list[EncodedSegment]) -> list[DecodedSegment]:
        try:
            return self._decoder.decode(batch)
        except OutOfMemoryError:
            if len(batch) == 1:
                return [DecodedSegment(batch[0].key, None)]
        # Outside the handler, so that the failed attempt's frames no longer hold its tensors.
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
