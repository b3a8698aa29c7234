"""Chooses the number of slots by memory, and by the measured throughput of steps."""

import logging
import time
from collections.abc import Callable, Mapping

from translator.engines.inflight.pool import SlotPool
from translator.engines.inflight.rounding import SLOT_BUCKETS
from translator.engines.inflight.state import Shape

_log = logging.getLogger(__name__)
FEWEST, MOST = 64, 1_024
_NEARLY_BEST = 0.95  # of the best rate: fewer slots take less memory and have a lower latency
_TOKENS = 32  # source and length of the timed step: a typical sentence
_REPEATS = 10


def best_slots(limit: int, make_pool: Callable[[int], SlotPool]) -> int:
    """Return the smallest number of slots, up to `limit`, with nearly the best rate.

    `make_pool` makes a pool of so many slots to measure with.
    """
    sizes = [size for size in SLOT_BUCKETS if FEWEST <= size <= min(limit, MOST)]
    if len(sizes) < 2:
        return min(limit, MOST)
    pool = make_pool(sizes[-1])
    rates = {size: size / _seconds_per_step(pool, size) for size in sizes}
    chosen = smallest_nearly_best(rates)
    shown = ", ".join(f"{size}: {rate:,.0f}" for size, rate in rates.items())
    _log.info("%d slots; tokens/s by slots, of each beam: %s", chosen, shown)
    return chosen


def smallest_nearly_best(rates: Mapping[int, float]) -> int:
    """Return the fewest slots whose rate is nearly the best; `rates` by number of slots."""
    best = max(rates.values())
    return min(size for size, rate in rates.items() if rate >= _NEARLY_BEST * best)


def _seconds_per_step(pool: SlotPool, slots: int) -> float:
    shape = Shape(slots, _TOKENS, _TOKENS)
    for _ in range(2):  # the second call records the graph
        pool.warm_up_step(shape)
    pool.finish_warm_up()
    started = time.perf_counter()
    for _ in range(_REPEATS):
        pool.warm_up_step(shape)
    pool.finish_warm_up()
    return (time.perf_counter() - started) / _REPEATS
