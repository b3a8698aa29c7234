"""From the first connection to the last reply: signals, draining, the end."""

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

    After the signal the health check answers 503, accepted requests finish and their replies
    leave, `drain_timeout` seconds at most: 0. A second signal cuts that short: 128 + its number.
    What is unfinished of the `jobs` is left for the next start. `admin` answers to the end. Once
    requests are answered, `banner` is printed.
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
        jobs.stop()  # first: its work would prolong the drain
    second = _drain(pool, http, drain_timeout, signals)
    pool.close()  # before the connections: what is unfinished is answered with a 503
    http.close()
    admin.close()
    if jobs is not None:
        jobs.close()
    return 0 if second is None else 128 + second


def _drain(
    pool: Pool, http: HttpServer, timeout: float, signals: "queue.SimpleQueue[int]"
) -> int | None:
    """Wait until all is answered or `timeout` seconds are over; return a signal that came."""
    deadline = time.monotonic() + timeout
    drain = threading.Thread(target=pool.drain, args=(timeout,), name="drain", daemon=True)
    drain.start()
    reading = True
    while (drain.is_alive() or reading or http.busy()) and time.monotonic() < deadline:
        if reading and not drain.is_alive():
            http.stop_reading()  # not sooner, for probes are to hear that the pool drains
            reading = False
        try:
            return signals.get(timeout=_CHECK_SECONDS)
        except queue.Empty:
            continue
    return None
