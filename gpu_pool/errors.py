"""Errors of the pool. Their messages never contain user text."""


class PoolError(Exception):
    """Base of every error that a pool raises, or delivers as the outcome of a segment."""


class OverloadedError(PoolError):
    """The queue is full. `retry_after` is the estimated time in seconds until it has capacity."""

    def __init__(self, retry_after: float) -> None:
        super().__init__("the queue is full")
        self.retry_after = retry_after


class UnavailableError(PoolError):
    """No worker can serve: all are dead or loading, or the pool is draining or closed."""


class UnknownDeviceError(PoolError):
    """The pool has no worker of that name."""


class DeadlineError(PoolError):
    """The deadline passed before the segment was translated."""


class QuarantinedError(PoolError):
    """Too many workers died while they held the segment; it is not retried."""


class TranslationError(PoolError):
    """The worker could not translate the segment; the message says why."""


ERRORS = {kind.__name__: kind for kind in (
    DeadlineError, QuarantinedError, TranslationError, UnavailableError, UnknownDeviceError,
)}  # fmt: skip
