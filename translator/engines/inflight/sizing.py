"""How many slots are worth having: by memory, and by what a step of so many takes here."""

import logging
import time
from collections.abc import Callable, Mapping

from translator.engines.inflight.pool import SlotPool
from translator.engines.inflight.rounding import SLOT_BUCKETS
from translator.engines.inflight.state import Shape

_log = logging.getLogger(__name__)
FEWEST, MOST = 64, 1_024
_WORTH = 0.95  # of the best rate: fewer slots with nearly as much leave memory, and answer sooner
_TOKENS = 32  # source and length of the step that is timed: a usual sentence
_REPEATS = 10


def best_slots(limit: int, make_pool: Callable[[int], SlotPool]) -> int:
    """Return how many of the `limit` slots that memory allows bring nearly the best rate.

    `make_pool` is called with `limit` if there is a choice.
    """
    sizes = [size for size in SLOT_BUCKETS if FEWEST <= size <= min(limit, MOST)]
    if len(sizes) < 2:
        return min(limit, MOST)
    pool = make_pool(sizes[-1])
    rates = {size: size / _seconds_a_step(pool, size) for size in sizes}
    chosen = smallest_worth(rates)
    shown = ", ".join(f"{size}: {rate:,.0f}" for size, rate in rates.items())
    _log.info("%d slots; tokens/s by slots, of each beam: %s", chosen, shown)
    return chosen


def smallest_worth(rates: Mapping[int, float]) -> int:
    """Return the fewest slots whose rate is nearly the best."""
    best = max(rates.values())
    return min(size for size, rate in rates.items() if rate >= _WORTH * best)


def _seconds_a_step(pool: SlotPool, slots: int) -> float:
    shape = Shape(slots, _TOKENS, _TOKENS)
    for _ in range(2):  # the second time, it is recorded
        pool.rehearse_step(shape)
    pool.finish_rehearsal()
    begun = time.perf_counter()
    for _ in range(_REPEATS):
        pool.rehearse_step(shape)
    pool.finish_rehearsal()
    return (time.perf_counter() - begun) / _REPEATS
