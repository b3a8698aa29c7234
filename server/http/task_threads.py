"""The threads in which waitress calls the application."""

import logging
import queue
import threading
import time
from typing import Protocol

_PATIENCE_SECONDS = 5.0  # for threads that are still at work
_log = logging.getLogger(__name__)


class Task(Protocol):
    """What waitress wants done: to answer the next request of a connection."""

    def service(self) -> None: ...
    def cancel(self) -> None: ...


class TaskThreads:
    """Replaces waitress's dispatcher, whose condition variable takes longer than a queue of C."""

    def __init__(self, threads: int) -> None:
        self._tasks: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=self._run, name=f"waitress-{i}", daemon=True)
            for i in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def add_task(self, task: Task) -> None:
        """Let a thread do a task."""
        self._tasks.put(task)

    def shutdown(self) -> None:
        """Cancel what no thread does yet, and end the threads that finish in time."""
        try:
            while (task := self._tasks.get_nowait()) is not None:
                task.cancel()
        except queue.Empty:
            pass
        for _ in self._threads:
            self._tasks.put(None)
        deadline = time.monotonic() + _PATIENCE_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _run(self) -> None:
        while (task := self._tasks.get()) is not None:
            try:
                task.service()
            except Exception as error:  # noqa: BLE001 - a thread less would serve all others
                # Not the message: it may contain user text.
                _log.error("unexpected %s while a request was answered", type(error).__name__)
