"""The pool without HTTP: its rate with workers that take their time, its own cost without."""

import gc
import itertools
import os
import signal
import statistics
import time
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial

from benchmarks.stubs import BATCH_TOKENS, Instant, Sleeper, make_segments
from gpu_pool.messages import Translation
from gpu_pool.pool import GpuPool
from gpu_pool.settings import PoolSettings
from gpu_pool.worker_main import WorkerFactory

_NO_LIMIT = 10**12
_INSTANT_WORKERS = 2
_REQUEST_SEGMENTS = 100
_PATIENCE = 600.0  # seconds
_LEAST_SEGMENTS = 10_000  # of all repeats of a measurement


@contextmanager
def running_pool(workers: int, factory: WorkerFactory) -> Iterator[GpuPool]:
    """Run a pool whose queue takes any amount; gives it once every worker is ready."""
    settings = PoolSettings(
        max_queued_tokens=_NO_LIMIT,
        max_queued_segments=_NO_LIMIT,
        worker_tokens=2 * BATCH_TOKENS,  # as the server has it
    )
    pool = GpuPool([f"cpu:{i}" for i in range(workers)], factory, settings)
    pool.start()
    try:
        _wait_until(lambda: pool.status().state == "ok")
        yield pool
    finally:
        pool.close()


def rate(workers: int, seconds: float, speed: float) -> float:
    """Return tokens a second of workers that do `speed` each; there is work for `seconds`.

    It comes in requests, as fast as the pool takes them.
    """
    source = make_segments()
    futures: list[Future[Translation]] = []
    tokens = 0
    with running_pool(workers, partial(Sleeper, speed)) as pool:
        begun = time.perf_counter()
        while tokens < seconds * speed * workers:
            request = list(itertools.islice(source, _REQUEST_SEGMENTS))
            tokens += sum(segment.tokens for segment in request)
            futures += pool.submit(request)
        _finish(futures)
        return tokens / (time.perf_counter() - begun)


def median_round_trip(count: int) -> float:
    """Return the seconds from the submission of one segment to its result, nothing else queued."""
    with running_pool(_INSTANT_WORKERS, Instant) as pool:
        times = []
        for segment in itertools.islice(make_segments(), count):
            begun = time.perf_counter()
            _finish(pool.submit([segment]))
            times.append(time.perf_counter() - begun)
    return statistics.median(times)


def seconds_a_segment(queue: int) -> float:
    """Return the median seconds a segment, from submission to result, with `queue` at a time."""
    source = make_segments()
    times = []
    with running_pool(_INSTANT_WORKERS, Instant) as pool:
        for _ in range(max(3, _LEAST_SEGMENTS // queue)):
            segments = list(itertools.islice(source, queue))
            begun = time.perf_counter()
            _finish(pool.submit(segments))
            times.append((time.perf_counter() - begun) / queue)
    return statistics.median(times)


def bytes_a_segment(queue: int) -> float:
    """Return the bytes of the front's Python objects a segment, with `queue` of them waiting.

    The workers are stopped meanwhile, so that nothing leaves the queue.
    """
    with running_pool(_INSTANT_WORKERS, Instant) as pool:
        workers = [worker.pid for worker in pool.status().workers if worker.pid is not None]
        for pid in workers:
            os.kill(pid, signal.SIGSTOP)
        tracemalloc.start()
        gc.collect()
        before, _ = tracemalloc.get_traced_memory()
        futures = pool.submit(list(itertools.islice(make_segments(), queue)))
        # A turn of the dispatcher takes all in and then hands some out.
        _wait_until(lambda: any(row.outstanding_segments for row in pool.status().workers))
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        for pid in workers:
            os.kill(pid, signal.SIGCONT)
        _finish(futures)
    return (after - before) / queue


def _finish(futures: "list[Future[Translation]]") -> None:
    for future in futures:
        future.result(_PATIENCE)


def _wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError(f"the pool was not as expected within {_PATIENCE:g} s")
        time.sleep(0.01)
