"""Translators without a model, for worker processes: one answers at once, one takes its time.

A text says how many tokens it has, and no two are equal: the pool translates equal texts once.
"""

import itertools
import math
import random
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from gpu_pool.messages import EngineInfo, Segment

BATCH_TOKENS = 1_024
MEAN_TOKENS = 25
_SIGMA = 0.6  # of the logarithm of a segment's tokens


@dataclass(frozen=True, slots=True)
class Finished:
    """What became of one text."""

    key: int
    text: str | None
    error: str | None = None
    warnings: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()


class Instant:
    """Gives every text back at once, in batches of BATCH_TOKENS."""

    def __init__(self, device: str) -> None:
        """Load nothing."""
        self.name = f"stub {device}"
        self.uuids: tuple[str, ...] = ()
        self.engine = EngineInfo("stub", "none", "it needs no model")
        self.budget: int | None = None
        self.memory_scale = 1.0
        self.batches = 1
        self.splits = 0
        self._waiting: deque[tuple[int, str]] = deque()

    def cached(self) -> int:
        """Return 0: there is no device memory."""
        return 0

    def submit(self, key: int, text: str, source: str, target: str, **_: object) -> None:
        """Take a text."""
        self._waiting.append((key, text))

    def step(self) -> list[Finished]:
        """Finish a batch."""
        batch: list[Finished] = []
        tokens = 0
        while self._waiting and tokens < BATCH_TOKENS:
            key, text = self._waiting.popleft()
            batch.append(Finished(key, text))
            tokens += int(text.partition(" ")[0])
        self._compute(tokens)
        return batch

    def _compute(self, tokens: int) -> None:
        """Take no time."""


class Sleeper(Instant):
    """Sleeps for a time in proportion to the tokens of a batch: needs a device, but no core."""

    def __init__(self, speed: float, device: str) -> None:
        """`speed` is in tokens a second."""
        super().__init__(device)
        self._speed = speed

    def _compute(self, tokens: int) -> None:
        time.sleep(tokens / self._speed)


def make_segments(seed: int = 1) -> Iterator[Segment]:
    """Yield segments without end, MEAN_TOKENS tokens on average."""
    draw, mean = random.Random(seed).lognormvariate, math.log(MEAN_TOKENS) - _SIGMA**2 / 2
    for number in itertools.count():
        tokens = max(1, round(draw(mean, _SIGMA)))
        yield Segment(f"{tokens} {number}", "en", "de", tokens)
