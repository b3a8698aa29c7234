"""Limits how much unfinished work the pool accepts."""

import threading

from gpu_pool.errors import UnavailableError
from gpu_pool.settings import PoolSettings


class Admission:
    """Counts accepted, unfinished work; every method may be called from any thread."""

    def __init__(self, settings: PoolSettings) -> None:
        self._settings = settings
        self._changed = threading.Condition()
        self._closed = False
        self.segments = 0
        self.tokens = 0

    def admit(self, segments: int, tokens: int, *, always: bool = False) -> bool:
        """Admit all segments or none; return False if they exceed the limits.

        `always`: they belong to accepted work, and are never refused. Raises UnavailableError once
        closed.
        """
        with self._changed:
            if self._closed and not always:
                raise UnavailableError("the server is shutting down")
            # A request larger than the limits is admitted when nothing else is unfinished:
            # otherwise it could never be served.
            if (
                self.segments
                and not always
                and (
                    self.segments + segments > self._settings.max_queued_segments
                    or self.tokens + tokens > self._settings.max_queued_tokens
                )
            ):
                return False
            self.segments += segments
            self.tokens += tokens
        return True

    def release(self, segments: int, tokens: int) -> None:
        """Stop counting segments that are finished, or that nobody waits for any more."""
        with self._changed:
            self.segments -= segments
            self.tokens -= tokens
            if self.segments == 0:
                self._changed.notify_all()

    def close(self) -> None:
        """Admit nothing more."""
        with self._changed:
            self._closed = True

    @property
    def closed(self) -> bool:
        """Whether `close` has been called."""
        return self._closed

    def wait_empty(self, timeout: float) -> bool:
        """Wait until no work is unfinished; return False after `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self.segments == 0, timeout)
