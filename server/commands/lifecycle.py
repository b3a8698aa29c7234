"""Start, signals, draining, shutdown."""

import select
import signal
import sys
from contextlib import closing

from gpu_pool.interface import Pool
from server.http.waitress_server import HttpServer
from server.jobs.jobs import Jobs
from server.processes.drain import drain
from server.processes.wakeup import Wakeup


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
    # A lock would not do: the kernel may give a signal to any thread, and only this one handles it.
    with closing(Wakeup((signal.SIGTERM, signal.SIGINT))) as signals:
        pool.start()
        if jobs is not None:
            jobs.start()
        admin.start()
        http.start()
        sys.stdout.write(f"{banner}\n")
        sys.stdout.flush()
        _next(signals, None)
        return _end(pool, http, admin, drain_timeout, jobs, signals)


def _end(
    pool: Pool,
    http: HttpServer,
    admin: HttpServer,
    drain_timeout: float,
    jobs: Jobs | None,
    signals: Wakeup,
) -> int:
    """Drain, close everything, and return the exit code."""
    if jobs is not None:
        jobs.stop()  # first: job work would prolong the drain
    second = drain(pool, http, drain_timeout, lambda seconds: _next(signals, seconds))
    pool.close()  # before the connections: unfinished requests are answered with 503
    http.close()
    admin.close()
    if jobs is not None:
        jobs.close()
    return 0 if second is None else 128 + second


def _next(signals: Wakeup, timeout: float | None) -> int | None:
    """Return the next signal, None after `timeout` seconds; None: wait for one."""
    select.select([signals], [], [], timeout)
    return next(iter(signals.received()), None)
