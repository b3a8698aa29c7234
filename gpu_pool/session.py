"""A caller's end of a request: what it submits, and the results that come back."""

import queue
from collections.abc import Sequence
from typing import Protocol

from gpu_pool.errors import PoolError
from gpu_pool.messages import Segment
from gpu_pool.request import Outcome, Request


class Mailbox:
    """Results of one request; the pool's thread puts them in, the caller's takes them out."""

    def __init__(self) -> None:
        self._arrived: queue.SimpleQueue[list[tuple[int, Outcome]] | PoolError] = (
            queue.SimpleQueue()
        )
        self.taken = 0  # outcomes

    def deliver(self, outcomes: list[tuple[int, Outcome]]) -> None:
        """Add outcomes of segments, by their keys."""
        self._arrived.put(outcomes)

    def fail(self, error: PoolError) -> None:
        """Add the error that ends the request."""
        self._arrived.put(error)

    def take(self, timeout: float) -> list[tuple[int, Outcome]]:
        """Return what has arrived; wait up to `timeout` seconds for the first outcome.

        Raises the error that ends the request.
        """
        try:
            arrived = self._arrived.get(timeout=timeout)
        except queue.Empty:
            return []
        if isinstance(arrived, PoolError):
            raise arrived
        self.taken += len(arrived)
        return arrived


class Intake(Protocol):
    """What accepts the work of local sessions: `GpuPool`, which documents it."""

    def accept(
        self, request: Request, segments: Sequence[tuple[int, Segment]], *, first: bool
    ) -> None: ...
    def abandon(self, request: Request) -> None: ...


class LocalSession:
    """A session with a pool in this process."""

    def __init__(self, intake: Intake, mailbox: Mailbox, request: Request) -> None:
        """`mailbox` is the recipient of the request's results."""
        self._intake = intake
        self._mailbox = mailbox
        self._request = request
        self._submitted = 0

    def submit(self, segments: Sequence[tuple[int, Segment]]) -> None:
        """See `interface.Session`; a refusal is raised here."""
        self._intake.accept(self._request, segments, first=self._submitted == 0)
        self._submitted += len(segments)

    def confirm(self) -> None:
        """See `interface.Session`; `submit` has raised it."""

    def take(self, timeout: float) -> list[tuple[int, Outcome]]:
        """See `interface.Session`."""
        return self._mailbox.take(timeout)

    def close(self) -> None:
        """See `interface.Session`."""
        if self._mailbox.taken < self._submitted:
            self._intake.abandon(self._request)
