"""The sockets of a waitress server, and the loop that waits for them.

waitress asks every connection what it waits for each time that one of them has something to do, and
is woken at the end of every request. Here a connection says so itself when that changes, with
epoll: 1,000 idle connections cost a request nothing.
"""

import select
import threading
import time
from typing import Any

from waitress import wasyncore

_TICK_SECONDS = 1.0  # the longest delay until idle connections are noticed and closed
_READ = select.EPOLLIN | select.EPOLLPRI


class EventLoop(dict[int, Any]):
    """waitress's map from descriptors to sockets: they add and remove themselves."""

    def __init__(self) -> None:
        super().__init__()
        self._epoll = select.epoll()
        self._added: list[Any] = []  # not yet complete when they were added
        self._lock = threading.RLock()

    def __setitem__(self, descriptor: int, socket: Any) -> None:
        super().__setitem__(descriptor, socket)
        self._epoll.register(descriptor, select.EPOLLONESHOT)
        self._added.append(socket)

    def __delitem__(self, descriptor: int) -> None:
        with self._lock:  # `arm` must not meet a descriptor that belongs to another file by now
            super().__delitem__(descriptor)
            self._epoll.unregister(descriptor)

    def arm(self, socket: Any) -> None:
        """Wait once for what a socket wants now. Any thread may call it."""
        with self._lock:
            descriptor = socket._fileno
            known: Any = self.get(descriptor)
            if known is not socket:
                return  # closed
            wanted = _READ if socket.readable() else 0
            if socket.writable() and not socket.accepting:
                wanted |= select.EPOLLOUT
            if wanted:
                self._epoll.modify(descriptor, wanted | select.EPOLLONESHOT)

    def run(self, listener: Any) -> None:
        """Handle events until all sockets are closed."""
        connections, checked_at = 0, 0.0
        while self:
            while self._added:
                self.arm(self._added.pop())
            now = time.monotonic()
            if len(self) != connections or now >= checked_at + _TICK_SECONDS:
                self.arm(listener)  # it counts the connections, and closes idle ones
                connections, checked_at = len(self), now
            for descriptor, events in self._epoll.poll(_TICK_SECONDS):
                socket = self.get(descriptor)
                if socket is not None:
                    # Meanwhile it may have stopped to read.
                    refused = 0 if socket.readable() else _READ
                    wasyncore.readwrite(socket, events & ~refused)
                    self.arm(socket)
        self._epoll.close()
