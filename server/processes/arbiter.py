"""The parent of all processes: forks them, replaces those that die or hang, and ends them.

It has no other thread, since only then is a fork safe, and does nothing else that may fail.
"""

import logging
import os
import select
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from server.processes.arbiter_link import Order
from server.processes.child_process import ChildProcess
from server.processes.forking import SIGNALS
from server.processes.role import Role
from server.processes.wakeup import Wakeup

_log = logging.getLogger(__name__)
_TICK_SECONDS = 0.5  # the longest delay until a silence or the end of a wait is noticed
_GRACE_SECONDS = 10.0  # for a process to exit once it has nothing left to do


@dataclass(frozen=True, slots=True)
class Limits:
    """Times in seconds."""

    startup_timeout: float  # from the fork of a process until it is ready
    hang_timeout: float  # of its silence afterwards
    drain_timeout: float  # from a signal until what has been accepted is given up


class Arbiter:
    """Keeps a pool process, fronts, and perhaps a jobs process running until a signal."""

    def __init__(
        self, pool: Role, fronts: Sequence[Role], jobs: Role | None, limits: Limits
    ) -> None:
        """Fork nothing yet."""
        self._pool = ChildProcess(pool)
        self._fronts = [ChildProcess(role) for role in fronts]
        self._jobs = [ChildProcess(jobs)] if jobs else []
        self._children = [self._pool, *self._fronts, *self._jobs]
        self._limits = limits
        self._signals: list[int] = []

    def run(self, banner: str) -> int:
        """Serve until SIGTERM or SIGINT; return the exit code. Must run in the main thread.

        `banner` is printed once all fronts answer. After the signal the
        fronts have `drain_timeout` seconds to answer what they have accepted, then the pool process
        ends; exit code 0. A second signal cuts that short; exit code 128 + its number.
        """
        self._wakeup = Wakeup(SIGNALS)
        for child in self._children:
            child.spawn(time.monotonic(), self._release)
        announced = False
        while not self._signals:
            self._step()
            if not announced and all(front.state == "ready" for front in self._fronts):
                announced = True
                sys.stdout.write(f"{banner}\n")
                sys.stdout.flush()
        return self._shut_down()

    def _step(self) -> None:
        """Wait for something to happen, and do what has to be done then."""
        self._wait()
        now = time.monotonic()
        self._reap(now)
        for child in self._children:
            child.listen(now)
        for child in self._children:
            child.kill_if_silent(now, self._limits.startup_timeout, self._limits.hang_timeout)
        self._respawn(now)

    def _wait(self) -> None:
        poll = select.poll()
        poll.register(self._wakeup.fileno(), select.POLLIN)
        for child in self._children:
            if child.link is not None:
                poll.register(child.link.fileno(), select.POLLIN)
        seconds = _TICK_SECONDS
        for child in self._children:
            if child.state == "backoff":
                seconds = min(seconds, max(0.0, child.retry_at - time.monotonic()))
        poll.poll(seconds * 1000)
        self._signals += [n for n in self._wakeup.received() if n != signal.SIGCHLD]

    def _reap(self, now: float) -> None:
        """Take note of all children that have exited."""
        for child in self._children:
            if child.pid is not None:
                pid, status = os.waitpid(child.pid, os.WNOHANG)
                if pid:
                    child.bury(os.waitstatus_to_exitcode(status), now)

    def _respawn(self, now: float) -> None:
        """Fork again what has died and is wanted, unless it has to wait."""
        for child in self._children:
            if child.state == "backoff" and now >= child.retry_at:
                child.spawn(now, self._release)

    def _release(self) -> None:
        """Close in a child what belongs to the arbiter alone."""
        self._wakeup.close()
        for child in self._children:
            child.close()

    def _shut_down(self) -> int:
        """End all processes, the pool's last; return the exit code."""
        _log.info("signal %d: finishing what has been accepted", self._signals[0])
        for child in self._jobs:
            child.order(Order.STOP)  # first: job work would prolong the drain
        for child in self._fronts:
            child.order(Order.DRAIN)
        accepting = [*self._jobs, *self._fronts]
        self._await(accepting, self._limits.drain_timeout + _GRACE_SECONDS, signals=1)
        for child in accepting:
            child.order(Order.STOP)
        self._await(accepting, _GRACE_SECONDS)
        self._pool.order(Order.STOP)
        self._await([self._pool], _GRACE_SECONDS)
        return 128 + self._signals[1] if len(self._signals) > 1 else 0

    def _await(
        self, children: Sequence[ChildProcess], seconds: float, signals: int | None = None
    ) -> None:
        """Return once they have ended, or at more signals than that; kill them after `seconds`."""
        deadline = time.monotonic() + seconds
        while any(child.state != "ended" for child in children):
            if signals is not None and len(self._signals) > signals:
                return
            if time.monotonic() >= deadline:
                for child in children:
                    child.kill()
            self._step()
