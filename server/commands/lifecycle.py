"""Start, signals, draining, shutdown."""

import queue
import signal
import sys
import threading
import time
from types import FrameType

from server.core.translation import Pool
from server.http.waitress_server import HttpServer
from server.jobs.jobs import Jobs

_CHECK_SECONDS = 0.05


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
    signals: queue.SimpleQueue[int] = queue.SimpleQueue()  # its `put` is safe in a handler

    def note(number: int, _: FrameType | None) -> None:
        signals.put(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, note)
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
    second = _drain(pool, http, drain_timeout, signals)
    pool.close()  # before the connections: unfinished requests are answered with 503
    http.close()
    admin.close()
    if jobs is not None:
        jobs.close()
    return 0 if second is None else 128 + second


def _drain(
    pool: Pool, http: HttpServer, timeout: float, signals: "queue.SimpleQueue[int]"
) -> int | None:
    """Wait until all is answered or `timeout` seconds have passed; return a signal if one came."""
    deadline = time.monotonic() + timeout
    drain = threading.Thread(target=pool.drain, args=(timeout,), name="drain", daemon=True)
    drain.start()
    reading = True
    while (drain.is_alive() or reading or http.busy()) and time.monotonic() < deadline:
        if reading and not drain.is_alive():
            http.stop_reading()  # not before: probes must be able to see that the pool is draining
            reading = False
        try:
            return signals.get(timeout=_CHECK_SECONDS)
        except queue.Empty:
            continue
    return None
