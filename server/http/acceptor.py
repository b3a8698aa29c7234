"""Accepts the connections of a server, in a thread of its own.

Several processes accept from one listening socket. Of those that wait in `accept`, the kernel wakes
the one that has waited longest, so connections spread evenly. Of those that wait with epoll it
wakes all, and whichever is first takes what there is: one of two fronts had all of 32 connections.
"""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

Accepted = Callable[[socket.socket, Any], None]


class Acceptor:
    """Starts to accept at the first `resume`."""

    def __init__(
        self, listener: socket.socket, accepted: Accepted, is_full: Callable[[], bool]
    ) -> None:
        """`accepted` takes each connection and its address; both functions run in the thread."""
        self._listener = listener
        self._accepted = accepted
        self._is_full = is_full
        self._room = threading.Event()
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="acceptor", daemon=True)
        self._thread.start()

    def resume(self) -> None:
        """Go on, if it waits: a connection has ended, or some time has passed."""
        if not self._room.is_set():
            self._room.set()

    def close(self) -> None:
        """End the thread, and refuse connections from now on, in all processes."""
        if self._ended:
            return
        self._ended = True
        self._room.set()
        with suppress(OSError):  # another process has done it
            self._listener.shutdown(socket.SHUT_RD)  # wakes whoever waits in `accept`
        self._thread.join()

    def _run(self) -> None:
        self._room.wait()
        while not self._ended:
            try:
                self._accepted(*self._listener.accept())
            except BlockingIOError:
                # waitress does that to the shared socket when a front starts, which may end then.
                self._listener.setblocking(True)
            except OSError:  # such as no descriptor left
                self._room.clear()
            if self._is_full():
                self._room.clear()
            if not self._ended:
                self._room.wait()
