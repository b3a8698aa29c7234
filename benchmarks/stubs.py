"""Fake decoders without a model, for worker processes.

Each payload begins with its number of tokens. All payloads differ, because the pool decodes equal
ones once.
"""

import itertools
import math
import random
import time
from collections import deque
from collections.abc import Iterator, Sequence

from gpu_pool.messages import EngineInfo, Segment

BATCH_TOKENS = 1_024
MEAN_TOKENS = 25
_SIGMA = 0.6  # of the logarithm of the tokens per segment


class Instant:
    """Returns every payload unchanged and at once, in batches of BATCH_TOKENS."""

    def __init__(self, device: str) -> None:
        """Load nothing."""
        self.name = f"stub {device}"
        self.uuids: tuple[str, ...] = ()
        self.engine = EngineInfo("stub", "none", "it needs no model")
        self.budget: int | None = None
        self.memory_scale = 1.0
        self.batches = 1
        self.splits = 0
        self._waiting: deque[tuple[int, bytes]] = deque()

    def cached(self) -> int:
        """Return 0: there is no device memory."""
        return 0

    def submit(self, segments: Sequence[tuple[int, bytes]]) -> None:
        """Queue payloads."""
        self._waiting += segments

    def step(self) -> list[tuple[int, bytes]]:
        """Finish a batch."""
        batch: list[tuple[int, bytes]] = []
        tokens = 0
        while self._waiting and tokens < BATCH_TOKENS:
            batch.append(self._waiting.popleft())
            tokens += int(batch[-1][1].partition(b" ")[0])
        self._compute(tokens)
        return batch

    def _compute(self, tokens: int) -> None:
        """Take no time; subclasses may sleep."""


class Sleeper(Instant):
    """Sleeps in proportion to the tokens of a batch: like a GPU, it needs no CPU time."""

    def __init__(self, speed: float, device: str) -> None:
        """`speed` is in tokens per second."""
        super().__init__(device)
        self._speed = speed

    def _compute(self, tokens: int) -> None:
        time.sleep(tokens / self._speed)


def make_segments(seed: int = 1) -> Iterator[Segment]:
    """Yield an endless sequence of segments with MEAN_TOKENS tokens on average."""
    draw, mean = random.Random(seed).lognormvariate, math.log(MEAN_TOKENS) - _SIGMA**2 / 2
    for number in itertools.count():
        tokens = max(1, round(draw(mean, _SIGMA)))
        yield Segment(f"{tokens} {number}".encode(), tokens)
