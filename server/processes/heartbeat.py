"""Shows the arbiter that a process still runs while it waits for orders."""

import time
from collections.abc import Callable

from server.processes.arbiter_link import ArbiterLink, Order

_SECONDS = 1.0


class Heartbeat:
    """Used by the main thread of a child process."""

    def __init__(self, link: ArbiterLink, beat: Callable[[], None]) -> None:
        """`beat` is called once a second, and makes the part that may hang call `link.beat`."""
        self._link = link
        self._beat = beat
        self._due_at = 0.0

    def wait_for_order(self) -> Order:
        """Return the next order, however long it takes."""
        while True:
            order = self.wait(_SECONDS)
            if order is not None:
                return order

    def wait(self, timeout: float) -> Order | None:
        """Return the next order, or None after `timeout` seconds, a second at most."""
        now = time.monotonic()
        if now >= self._due_at:
            self._due_at = now + _SECONDS
            self._beat()
        return self._link.wait(min(timeout, _SECONDS))
