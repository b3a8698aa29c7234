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
        self._waited_for: dict[int, int] = {}  # by descriptor; what epoll was told last
        self._added: list[Any] = []  # not yet complete when they were added
        self._lock = threading.RLock()

    def __setitem__(self, descriptor: int, socket: Any) -> None:
        super().__setitem__(descriptor, socket)
        self._epoll.register(descriptor, select.EPOLLONESHOT)
        self._waited_for[descriptor] = 0
        self._added.append(socket)

    def __delitem__(self, descriptor: int) -> None:
        with self._lock:  # `arm` must not meet a descriptor that belongs to another file by now
            super().__delitem__(descriptor)
            del self._waited_for[descriptor]
            self._epoll.unregister(descriptor)

    def arm(self, socket: Any) -> None:
        """Wait for what a socket wants now. Any thread may call it.

        What it may read is waited for also while it reads nothing, until something arrives: a
        client mostly sends its next request after the answer, and epoll need not be told twice.
        """
        with self._lock:
            descriptor = socket._fileno
            known: Any = self.get(descriptor)
            if known is socket:  # not closed
                self._wait_for(descriptor, _wanted(socket) | self._waited_for[descriptor] & _READ)

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
                self._handle(descriptor, events)
        self._epoll.close()

    def _handle(self, descriptor: int, events: int) -> None:
        socket = self.get(descriptor)
        if socket is None:
            return
        if not socket.readable():
            with self._lock:  # whoever lets the socket read again calls `arm` after that
                wanted = _wanted(socket)
                self._wait_for(descriptor, wanted)
            events = events & (~_READ | wanted) if wanted else 0
        wasyncore.readwrite(socket, events)
        self.arm(socket)

    def _wait_for(self, descriptor: int, events: int) -> None:
        """Tell epoll, if that is new; without events, it reports once that a client has gone."""
        if self._waited_for[descriptor] != events:
            self._waited_for[descriptor] = events
            self._epoll.modify(descriptor, events or select.EPOLLONESHOT)


def _wanted(socket: Any) -> int:
    """Return the events that a socket can handle now."""
    reads = _READ if socket.readable() else 0
    return reads | (select.EPOLLOUT if socket.writable() and not socket.accepting else 0)
