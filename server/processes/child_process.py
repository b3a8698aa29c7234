"""A child process of the arbiter, from its first start to its last exit."""

import logging
import os
import signal
from collections.abc import Callable
from typing import Literal

from server.processes.arbiter_link import ChildLink, Order, Report
from server.processes.forking import fork
from server.processes.role import Role

_log = logging.getLogger(__name__)
_SETTLED_SECONDS = 10.0  # one that has served for as long is replaced at once when it dies
_BACKOFF_SECONDS = 0.5  # after a second death in a row; doubles with each further one
_LONGEST_BACKOFF_SECONDS = 30.0
_MAX_DOUBLINGS = 32  # beyond any useful wait; a float overflows at 1024

State = Literal["starting", "ready", "backoff", "ended"]


class ChildProcess:
    """Used by the arbiter's thread only. `now` is on the monotonic clock, in seconds."""

    def __init__(self, role: Role) -> None:
        """Fork nothing yet."""
        self.role = role
        self.pid: int | None = None
        self.link: ChildLink | None = None
        self.state: State = "ended"
        self.retry_at = 0.0
        self._wanted = True  # until an order to end
        self._began = self._heard = 0.0
        self._silent = False  # it has been killed for its silence
        self._deaths = 0  # in a row, none of them after serving for a while

    def spawn(self, now: float, release: Callable[[], None]) -> None:
        """Fork; see `forking.fork` for `release`. Where that fails, wait and try again."""
        try:
            self.pid, self.link = fork(self.role, release)
        except OSError as error:  # such as too many processes
            self._back_off(f"{type(error).__name__}: {error}", now)
            return
        self.state, self._silent = "starting", False
        self._began = self._heard = now

    def listen(self, now: float) -> None:
        """Take note of what the child has reported."""
        for report in self.link.reports() if self.link else ():
            self._heard = now
            if report is Report.READY:
                self.state = "ready"

    def order(self, order: Order) -> None:
        """Give an order; the child ends then, and is not replaced."""
        self._wanted = False
        if self.link is not None:
            self.link.order(order)
        if self.state == "backoff":
            self.state = "ended"

    def kill_if_silent(self, now: float, startup_timeout: float, hang_timeout: float) -> None:
        """Kill the child if it has reported nothing for longer than allowed."""
        limit = startup_timeout if self.state == "starting" else hang_timeout
        if self.pid is not None and not self._silent and now - self._heard > limit:
            _log.warning("process %r was silent for %g s; killed", self.role.name, limit)
            self._silent = True
            self.kill()

    def kill(self) -> None:
        """Send SIGKILL, which also ends a stopped process."""
        if self.pid is not None:
            os.kill(self.pid, signal.SIGKILL)  # not yet waited for, so the number is still its

    def bury(self, code: int, now: float) -> None:
        """Take note of the child's exit with this code, minus the signal if one ended it."""
        self.pid = None
        self.close()
        if not self._wanted:
            self.state = "ended"
            if code:
                _log.warning("process %r ended with exit code %d", self.role.name, code)
            return
        settled = self.state == "ready" and now - self._began >= _SETTLED_SECONDS
        self._deaths = 0 if settled else self._deaths
        self._back_off(f"exit code {code}", now)

    def close(self) -> None:
        """Close this end of the link."""
        if self.link is not None:
            self.link.close()
            self.link = None

    def _back_off(self, reason: str, now: float) -> None:
        wait = 0.0
        if self._deaths:
            wait = _BACKOFF_SECONDS * 2 ** min(self._deaths - 1, _MAX_DOUBLINGS)
            wait = min(wait, _LONGEST_BACKOFF_SECONDS)
        self._deaths += 1
        self.state, self.retry_at = "backoff", now + wait
        _log.warning("process %r died (%s); restart in %.1f s", self.role.name, reason, wait)
