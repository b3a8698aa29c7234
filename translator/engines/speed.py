"""How fast an engine decodes, under load and one sentence at a time."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from translator.engines import EncodedSegment, Engine, OutOfMemoryError
from translator.engines.trial import Trial

_REPEATS = 3  # with one sentence: the best counts, the others were disturbed


@dataclass(frozen=True, slots=True)
class Speed:
    """Tokens per second."""

    loaded: float  # with many sentences in flight
    alone: float  # with one at a time

    @property
    def score(self) -> float:
        """The figure of merit: a ratio in one of the two counts as much as in the other."""
        return self.loaded * self.alone


def measure_speed(engine: Engine, trial: Trial) -> Speed:
    """Return the speed of an engine after a warm-up.

    Raises OutOfMemoryError if a sentence does not fit the device.
    """
    # The warm-up compiles kernels for new shapes and records graphs.
    tokens_per_second(engine, trial.stream, trial.concurrency)
    alone = max(tokens_per_second(engine, [trial.single], 1) for _ in range(_REPEATS))
    return Speed(tokens_per_second(engine, trial.stream, trial.concurrency), alone)


def tokens_per_second(engine: Engine, stream: Sequence[EncodedSegment], concurrency: int) -> float:
    """Decode a stream, `concurrency` sentences at a time, and return the rate.

    Raises OutOfMemoryError if a sentence does not fit the device.
    """
    started = time.perf_counter()
    upcoming = iter(stream)
    engine.submit(list(islice(upcoming, concurrency)))
    remaining, tokens = len(stream), 0
    while remaining:
        finished = engine.step()
        for decoded in finished:
            if decoded.ids is None:
                raise OutOfMemoryError("the device has too little memory for a sentence")
            tokens += len(decoded.ids) + 1  # with `</s>`
        remaining -= len(finished)
        if following := list(islice(upcoming, len(finished))):
            engine.submit(following)
    return tokens / (time.perf_counter() - started)
