"""A lock between the threads of forked processes that outlives those who hold it.

The kernel releases a record lock when its process dies, so a front that is killed keeps nobody
out. Two things about Python decide the rest:

- `fcntl.lockf` gives the interpreter away around the system call. Whoever gets the lock then waits
  for its own process's other threads, milliseconds each, before it can let go: with busy fronts,
  all of them stand in a queue. libc's `lockf` is therefore called with the interpreter held.
- For the same reason nobody waits for the lock in the kernel: who does not get it at once tries
  again, and other threads run meanwhile.

A process that is stopped (SIGSTOP) while it holds the lock, a matter of microseconds, would keep
it. The others then wait once, and after that do without: the caller must bear that.
"""

import ctypes
import errno
import os
import threading
import time
import weakref
from types import TracebackType

_libc = ctypes.PyDLL(None, use_errno=True)  # PyDLL: the interpreter stays held
_ALL = 0  # bytes to lock: from the position in the file, which stays 0, to the end
_PAUSE_SECONDS = 0.000_1  # between two attempts; the lock is held for a few microseconds
_PATIENCE_SECONDS = 0.1  # a stopped process holds the lock, or the machine is hopelessly busy


class ProcessLock:
    """Made before the forks, by a process with one thread; `with` holds it.

    A record lock belongs to a process, unlike `flock`, whose owner is the file description that all
    children inherit. Inside a process it excludes nobody, hence the second lock.
    """

    def __init__(self, patience: float = _PATIENCE_SECONDS) -> None:
        """`patience`: seconds after which somebody who holds it counts as stopped."""
        self._patience = patience
        self._file = os.memfd_create("m2m-server")
        weakref.finalize(self, os.close, self._file)
        self._threads = threading.Lock()
        self._patient = True
        self._held = False

    def __enter__(self) -> None:
        self._threads.acquire()
        try:
            self._held = self._try() or (self._patient and self._wait())
            self._patient = self._held
        except BaseException:
            self._threads.release()
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._held:
            _libc.lockf(self._file, os.F_ULOCK, _ALL)
        self._threads.release()

    def _try(self) -> bool:
        if _libc.lockf(self._file, os.F_TLOCK, _ALL) == 0:
            return True
        number = ctypes.get_errno()
        if number in (errno.EACCES, errno.EAGAIN):  # POSIX allows both: somebody else holds it
            return False
        raise OSError(number, os.strerror(number))

    def _wait(self) -> bool:
        deadline = time.monotonic() + self._patience
        while time.monotonic() < deadline:
            time.sleep(_PAUSE_SECONDS)
            if self._try():
                return True
        return False
