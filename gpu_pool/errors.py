"""Why the pool refuses a request, or gives up on one. Messages never hold user text."""


class PoolError(Exception):
    """Base of every error that `GpuPool.submit` raises or a future of it carries."""


class OverloadedError(PoolError):
    """The queue is full. `retry_after` is the time in seconds in which it should have room."""

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
    """Workers died with the segment in hand, more than chance would have it; it is given up."""


class TranslationError(PoolError):
    """The worker could not translate this segment; the message says why."""
