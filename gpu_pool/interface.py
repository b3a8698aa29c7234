"""What callers use of a pool, whether it is in their process or in another one."""

from collections.abc import Sequence
from typing import Protocol

from gpu_pool.messages import Segment
from gpu_pool.request import Outcome
from gpu_pool.status import PoolStatus


class Session(Protocol):
    """The work of one request in a pool; only one thread uses it."""

    def submit(self, segments: Sequence[tuple[int, Segment]]) -> None:
        """Add segments, each with a key of the caller's that is unique in the session.

        The first call is accepted as a whole or refused: it, or the next `take`, raises
        OverloadedError or UnavailableError. Later calls belong to accepted work: the limits of the
        queue do not refuse them.
        """

    def confirm(self) -> None:
        """Return once all that was submitted is accepted; raises the refusal otherwise.

        Takes a moment if the pool is in another process.
        """

    def take(self, timeout: float) -> list[tuple[int, Outcome]]:
        """Return what has finished since the last call: a payload, or the error of a segment.

        Waits up to `timeout` seconds for the first one. An error of a segment is a
        QuarantinedError or a TranslationError. Raises the error that ends the whole session:
        DeadlineError, OverloadedError, UnavailableError.
        """

    def close(self) -> None:
        """Drop what is unfinished; does nothing if all is finished."""


class Pool(Protocol):
    """Any thread may call it. `GpuPool` documents the methods."""

    def start(self) -> None: ...
    def open(
        self,
        timeout: float | None = None,
        client: str = "",
        *,
        bulk: bool = False,
        model: str | None = None,
    ) -> Session: ...
    def status(self) -> PoolStatus: ...
    def restart(self, worker: str) -> None: ...
    def drain(self, timeout: float) -> bool: ...
    def close(self) -> None: ...
