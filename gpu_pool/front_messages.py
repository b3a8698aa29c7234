"""Every type that crosses the boundary between a front and the pool process.

Plain data only; several messages travel together, as a list.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from gpu_pool.errors import ERRORS, OverloadedError, PoolError
from gpu_pool.packing import Packed
from gpu_pool.request import SegmentError
from gpu_pool.status import PoolStatus


@dataclass(frozen=True, slots=True)
class ErrorData:
    """An error of the pool, without the exception object."""

    kind: str  # name of its class
    message: str
    retry_after: float = 0.0  # seconds

    @classmethod
    def of(cls, error: PoolError) -> "ErrorData":
        """Return the data of an error."""
        wait = error.retry_after if isinstance(error, OverloadedError) else 0.0
        return cls(type(error).__name__, str(error), wait)

    def error(self) -> PoolError:
        """Return the error."""
        if self.kind == OverloadedError.__name__:
            return OverloadedError(self.retry_after)
        return ERRORS[self.kind](self.message)

    def segment_error(self) -> SegmentError:
        """Return the error of a segment."""
        error = self.error()
        assert isinstance(error, SegmentError), "what else ends a session"
        return error


# --- front → pool ---------------------------------------------------------------------------


class Submit(NamedTuple):
    """Segments of a session; says all about it, so that the pool may forget it in between."""

    session: int
    first: bool
    model: str | None
    client: str
    bulk: bool
    timeout: float | None  # seconds that are left
    keys: bytes  # these are of `pack_numbers`
    tokens: bytes
    memory: bytes
    payloads: Packed


class Abandon(NamedTuple):
    """Drop what is unfinished of a session."""

    session: int


class Call(NamedTuple):
    """Call a method of the pool; a `Reply` with the same number follows.

    "confirm" does nothing: its reply follows the refusal of whatever was submitted before.
    """

    number: int
    method: Literal["status", "restart", "drain", "confirm"]
    argument: str | float | None = None


# --- pool → front ---------------------------------------------------------------------------


class Results(NamedTuple):
    """Results of several sessions: so many for each, in order."""

    sessions: bytes  # these are of `pack_numbers`
    counts: bytes
    keys: bytes
    payloads: Packed


class Failure(NamedTuple):
    """The error of a segment; without a key that of the whole session."""

    session: int
    key: int | None
    error: ErrorData


class Reply(NamedTuple):
    """The result of a call."""

    number: int
    value: PoolStatus | bool | ErrorData | None


ToPool = Submit | Abandon | Call
ToFront = Results | Failure | Reply
