"""Limits how much unfinished work the pool accepts."""

import threading
from collections.abc import Sequence
from concurrent.futures import Future
from functools import partial

from gpu_pool.errors import UnavailableError
from gpu_pool.messages import Translation
from gpu_pool.settings import PoolSettings
from gpu_pool.task import Task


class Admission:
    """Counts accepted, unfinished work; every method may be called from any thread."""

    def __init__(self, settings: PoolSettings) -> None:
        self._settings = settings
        self._changed = threading.Condition()
        self._closed = False
        self.segments = 0
        self.tokens = 0

    def admit(self, tasks: Sequence[Task]) -> bool:
        """Admit all tasks or none; return False if they exceed the limits.

        A task stops counting as soon as its future is done. Raises UnavailableError once closed.
        """
        tokens = sum(task.item.tokens for task in tasks)
        with self._changed:
            if self._closed:
                raise UnavailableError("the server is shutting down")
            # A request larger than the limits is admitted when nothing else is unfinished:
            # otherwise it could never be served.
            if self.segments and (
                self.segments + len(tasks) > self._settings.max_queued_segments
                or self.tokens + tokens > self._settings.max_queued_tokens
            ):
                return False
            self.segments += len(tasks)
            self.tokens += tokens
        for task in tasks:
            task.future.add_done_callback(partial(self._release, task.item.tokens))
        return True

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

    def _release(self, tokens: int, _: "Future[Translation]") -> None:
        with self._changed:
            self.segments -= 1
            self.tokens -= tokens
            if self.segments == 0:
                self._changed.notify_all()
