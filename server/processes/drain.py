"""The end of a process that serves clients: accepted requests are answered in full."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress

from gpu_pool.errors import UnavailableError
from gpu_pool.interface import Pool
from server.http.waitress_server import HttpServer

_CHECK_SECONDS = 0.05


def drain(
    pool: Pool, http: HttpServer, timeout: float, interrupted: Callable[[float], int | None]
) -> int | None:
    """Wait until all is answered or `timeout` seconds have passed.

    `interrupted` waits for so many seconds, and returns what ends the drain at once, if anything
    does; that is then returned.
    """
    deadline = time.monotonic() + timeout
    waiting = threading.Thread(target=_drain_pool, args=(pool, timeout), name="drain", daemon=True)
    waiting.start()
    reading = True
    while (waiting.is_alive() or reading or http.busy()) and time.monotonic() < deadline:
        if reading and not waiting.is_alive():
            http.stop_reading()  # not before: probes must be able to see that the pool is draining
            reading = False
        interruption = interrupted(_CHECK_SECONDS)
        if interruption is not None:
            return interruption
    return None


def _drain_pool(pool: Pool, timeout: float) -> None:
    with suppress(UnavailableError):  # a pool that is away has nothing to finish
        pool.drain(timeout)
