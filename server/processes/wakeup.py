"""Signals as bytes of a socket, so that one call waits for them and for everything else."""

import signal
import socket
from collections.abc import Iterable
from types import FrameType

_READ_BYTES = 4_096


class Wakeup:
    """Receives signals from now on; must be made in the main thread."""

    def __init__(self, numbers: Iterable[int]) -> None:
        self._reading, self._writing = socket.socketpair()
        self._reading.setblocking(False)
        self._writing.setblocking(False)
        # The interpreter itself writes the number, and calls the handler later.
        signal.set_wakeup_fd(self._writing.fileno(), warn_on_full_buffer=False)
        for number in numbers:
            signal.signal(number, _ignore)

    def fileno(self) -> int:
        """Return the descriptor, to wait for."""
        return self._reading.fileno()

    def received(self) -> list[int]:
        """Return the signals since the last call, in order."""
        try:
            return list(self._reading.recv(_READ_BYTES))
        except BlockingIOError:
            return []

    def close(self) -> None:
        """Close both ends, in the process that made it or in a fork of it; ignore the signals."""
        signal.set_wakeup_fd(-1)  # the number of the descriptor may soon belong to another file
        self._reading.close()
        self._writing.close()


def _ignore(number: int, frame: FrameType | None) -> None:
    """Do nothing: a handler is needed, or the signal would have its default effect."""
