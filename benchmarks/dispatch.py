"""The pool without HTTP: throughput with sleeping workers, overhead with instant workers."""

import gc
import itertools
import os
import signal
import statistics
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from benchmarks.stubs import BATCH_TOKENS, Instant, Sleeper, make_segments
from gpu_pool.interface import Session
from gpu_pool.messages import Segment
from gpu_pool.model_spec import ModelSpec
from gpu_pool.pool import GpuPool
from gpu_pool.settings import PoolSettings
from gpu_pool.worker_main import WorkerFactory

_NO_LIMIT = 10**12
_INSTANT_WORKERS = 2
_REQUEST_SEGMENTS = 100
_TIMEOUT = 600.0  # seconds
_MIN_SEGMENTS = 10_000  # over all repetitions of a measurement


@contextmanager
def running_pool(workers: int, factory: WorkerFactory) -> Iterator[GpuPool]:
    """Run a pool with an unlimited queue; yield it once every worker is ready."""
    settings = PoolSettings(max_queued_tokens=_NO_LIMIT, max_queued_segments=_NO_LIMIT)
    devices = [f"cpu:{i}" for i in range(workers)]
    worker_tokens = 2 * BATCH_TOKENS  # like the server
    pool = GpuPool([ModelSpec("stub", devices, factory, worker_tokens)], settings)
    pool.start()
    try:
        _wait_until(lambda: pool.status().state == "ok")
        yield pool
    finally:
        pool.close()


def throughput(workers: int, seconds: float, speed: float) -> float:
    """Return the tokens per second of workers with `speed` each, over about `seconds`.

    Requests are submitted as fast as the pool accepts them.
    """
    source = make_segments()
    tokens = 0
    with running_pool(workers, partial(Sleeper, speed)) as pool:
        sessions: list[Session] = []
        start = time.perf_counter()
        while tokens < seconds * speed * workers:
            request = list(itertools.islice(source, _REQUEST_SEGMENTS))
            tokens += sum(segment.tokens for segment in request)
            sessions.append(_submit(pool, request))
        for session in sessions:
            _finish(session, _REQUEST_SEGMENTS)
        return tokens / (time.perf_counter() - start)


def median_round_trip(count: int) -> float:
    """Return the median seconds from submission to result of a segment in an empty pool."""
    with running_pool(_INSTANT_WORKERS, Instant) as pool:
        times = []
        for segment in itertools.islice(make_segments(), count):
            start = time.perf_counter()
            _finish(_submit(pool, [segment]), 1)
            times.append(time.perf_counter() - start)
    return statistics.median(times)


def seconds_per_segment(queue: int) -> float:
    """Return the median seconds per segment, from submission to result, with `queue` at a time."""
    source = make_segments()
    times = []
    with running_pool(_INSTANT_WORKERS, Instant) as pool:
        for _ in range(max(3, _MIN_SEGMENTS // queue)):
            segments = list(itertools.islice(source, queue))
            start = time.perf_counter()
            _finish(_submit(pool, segments), queue)
            times.append((time.perf_counter() - start) / queue)
    return statistics.median(times)


def bytes_per_segment(queue: int) -> float:
    """Return the bytes of Python objects in the front per segment, with `queue` waiting.

    The workers are stopped meanwhile, so that no segment is finished.
    """
    with running_pool(_INSTANT_WORKERS, Instant) as pool:
        workers = [worker.pid for worker in pool.status().workers if worker.pid is not None]
        for pid in workers:
            os.kill(pid, signal.SIGSTOP)
        tracemalloc.start()
        gc.collect()
        before, _ = tracemalloc.get_traced_memory()
        session = _submit(pool, list(itertools.islice(make_segments(), queue)))
        # The dispatcher first enqueues all segments, and then sends some to the workers.
        _wait_until(lambda: any(row.outstanding_segments for row in pool.status().workers))
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        for pid in workers:
            os.kill(pid, signal.SIGCONT)
        _finish(session, queue)
    return (after - before) / queue


def _submit(pool: GpuPool, segments: Sequence[Segment]) -> Session:
    session = pool.open()
    session.submit(list(enumerate(segments)))
    return session


def _finish(session: Session, segments: int) -> None:
    """Wait for the results of a session with so many segments."""
    deadline = time.monotonic() + _TIMEOUT
    while segments and time.monotonic() < deadline:
        segments -= len(session.take(_TIMEOUT))
    session.close()


def _wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _TIMEOUT
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError(f"the pool did not reach the expected state within {_TIMEOUT:g} s")
        time.sleep(0.01)
