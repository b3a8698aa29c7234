"""What happens to jobs, in this process or another one.

In one process, whoever changes something says so. Between processes nobody does: the database
counts the changes of others (SQLite's `PRAGMA data_version`, PostgreSQL's notifications, which
include our own), and who waits for one looks a few times a second, which takes microseconds. So
there is nothing that a killed process could have left undone.
"""

import threading
import time

from server.database.interface import StorageError
from server.jobs.store import JobStore

_LOOK_SECONDS = 0.25  # delay until another process's change is noticed

Step = tuple[int, int]


class Changes:
    """Any thread may call it."""

    def __init__(self, store: JobStore) -> None:
        self.closed = False
        self._store = store
        self._count = 0  # changes of this process
        self._changed = threading.Condition()
        self._version = 0  # of the others' changes, when last seen

    def notify(self) -> None:
        """Say that this process has changed something."""
        with self._changed:
            self._count += 1
            self._changed.notify_all()

    def close(self) -> None:
        """Let nobody wait from now on."""
        self.closed = True
        self.notify()

    @property
    def step(self) -> Step:
        """A value that is another one once anything has happened to any job."""
        return self._count, self._see()

    def wait(self, step: Step, timeout: float) -> None:
        """Return once `step` is another one, after `timeout` seconds, or at the end."""
        count, version = step
        deadline = time.monotonic() + timeout
        while (left := deadline - time.monotonic()) > 0:
            with self._changed:
                pause = min(left, _LOOK_SECONDS) if self._store.shared else left
                if self._changed.wait_for(lambda: self.closed or self._count != count, pause):
                    return
            if self._see() != version:
                return

    def _see(self) -> int:
        """Return the others' changes. Who works with a store that cannot be read has the error."""
        try:
            self._version = self._store.version()
        except StorageError:
            return self._version
        return self._version
