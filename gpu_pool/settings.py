"""The pool's limits and timeouts."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PoolSettings:
    """Times are in seconds, memory in bytes, work in source tokens."""

    max_queued_tokens: int = 200_000  # of a model, accepted and unfinished; beyond: refused
    max_queued_segments: int = 20_000
    hang_timeout: float = 120.0  # silence of a busy worker before it is killed
    startup_timeout: float = 600.0  # from spawn to readiness
    backoff_initial: float = 0.5  # before a restart; doubles with each failure in a row
    backoff_max: float = 30.0
    max_load_failures: int = 5  # in a row, before readiness: then the worker stays `failed`
    memory_margin: int = 512 * 2**20  # left free on a GPU for unaccounted allocations
    stop_grace: float = 5.0  # for a worker to exit by itself before it is killed
