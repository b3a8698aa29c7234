"""Start, signals, draining, shutdown."""

import queue
import signal
import sys
from functools import partial
from types import FrameType

from gpu_pool.interface import Pool
from server.http.waitress_server import HttpServer
from server.jobs.jobs import Jobs
from server.processes.drain import drain


def serve(
    pool: Pool,
    http: HttpServer,
    admin: HttpServer,
    drain_timeout: float,
    banner: str,
    jobs: Jobs | None = None,
) -> int:
    """Serve until SIGTERM or SIGINT; return the exit code. Must run in the main thread.

    `banner` is printed once requests are answered. After the signal the health check answers 503,
    and accepted requests have `drain_timeout` seconds to finish; exit code 0. A second signal cuts
    that short; exit code 128 + its number. Unfinished `jobs` resume at the next start. `admin`
    answers until the end.
    """
    signals = _receive()
    pool.start()
    if jobs is not None:
        jobs.start()
    admin.start()
    http.start()
    sys.stdout.write(f"{banner}\n")
    sys.stdout.flush()
    signals.get()
    if jobs is not None:
        jobs.stop()  # first: job work would prolong the drain
    second = drain(pool, http, drain_timeout, partial(_next, signals))
    pool.close()  # before the connections: unfinished requests are answered with 503
    http.close()
    admin.close()
    if jobs is not None:
        jobs.close()
    return 0 if second is None else 128 + second


def _receive() -> "queue.SimpleQueue[int]":
    """Return a queue of the signals that end the server, from now on."""
    signals: queue.SimpleQueue[int] = queue.SimpleQueue()  # its `put` is safe in a handler

    def note(number: int, _: FrameType | None) -> None:
        signals.put(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, note)
    return signals


def _next(signals: "queue.SimpleQueue[int]", timeout: float) -> int | None:
    """Return the next signal, None after `timeout` seconds."""
    try:
        return signals.get(timeout=timeout)
    except queue.Empty:
        return None
