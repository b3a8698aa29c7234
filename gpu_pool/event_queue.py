"""What a thread waits for: events from other threads, and sockets that it reads itself.

A thread for each socket would only wake the one that handles what arrives.
"""

import ctypes
import os
import select
import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

Event = TypeVar("Event")
# Like `os.eventfd_write`, but keeps the GIL. Whoever gives it up may wait long until it is back:
# among 256 threads that submit work, some took 650 ms here.
_ring = ctypes.PyDLL(None).eventfd_write


class Socket(Protocol):
    """What the thread reads, such as a `Link`."""

    def fileno(self) -> int: ...
    def read(self) -> None:
        """Handle what has arrived."""

    def end(self) -> None:
        """Close it, for the queue is closed."""


class EventQueue(Generic[Event]):
    """Any thread may call `put` and `watch`, one thread the rest."""

    def __init__(self) -> None:
        """Open nothing yet, so that processes may be forked with it."""
        self._events: deque[Event] = deque()
        self._sockets: dict[int, Socket] = {}  # by descriptor
        self._postponed: list[Callable[[], None]] = []
        self._lock = threading.Lock()  # of the descriptors
        self._epoll: select.epoll | None = None
        self._alarm = -1  # an eventfd that wakes the thread
        self._asleep = False
        self.closed = False

    def open(self) -> None:
        """Make it possible to wait."""
        with self._lock:
            self._epoll = select.epoll()
            self._alarm = os.eventfd(0)
            for descriptor in (self._alarm, *self._sockets):
                self._epoll.register(descriptor, select.EPOLLIN)

    def put(self, event: Event) -> None:
        """Add an event."""
        self._events.append(event)
        if self._asleep:
            self._wake()

    def pop(self) -> Event | None:
        """Remove and return the next event; None if there is none."""
        try:
            return self._events.popleft()
        except IndexError:
            return None

    def watch(self, socket: Socket) -> None:
        """Read a socket from now on; it is ended at once if the queue is closed."""
        with self._lock:
            if not self.closed:
                self._sockets[socket.fileno()] = socket
                if self._epoll is not None:
                    self._epoll.register(socket.fileno(), select.EPOLLIN)
                return
        socket.end()

    def forget(self, socket: Socket) -> None:
        """Do not read a socket any more; call it before the descriptor is closed."""
        with self._lock:
            if self._sockets.pop(socket.fileno(), None) and self._epoll is not None:
                self._epoll.unregister(socket.fileno())

    def call_later(self, function: Callable[[], None]) -> None:
        """Call a function before the thread waits again."""
        self._postponed.append(function)

    def wait(self, timeout: float) -> None:
        """Wait until there is an event, or for `timeout` seconds; read all sockets that are ready.

        Reading may add events.
        """
        assert self._epoll is not None, "it is open"
        self._call_postponed()
        self._asleep = True  # first: an event that is added after the next line wakes us
        ready = self._epoll.poll(0 if self._events else timeout)
        self._asleep = False
        for descriptor, _ in ready:
            if descriptor == self._alarm:
                os.eventfd_read(descriptor)
            elif descriptor in self._sockets:
                self._sockets[descriptor].read()

    def close(self) -> None:
        """End all sockets; events may still be added and removed."""
        self._call_postponed()
        with self._lock:
            self.closed = True
            sockets, self._sockets = list(self._sockets.values()), {}
            if self._epoll is not None:
                self._epoll.close()
                os.close(self._alarm)
            self._epoll = None
            self._asleep = False
        for socket in sockets:
            socket.end()

    def _call_postponed(self) -> None:
        postponed, self._postponed = self._postponed, []
        for function in postponed:
            function()

    def _wake(self) -> None:
        with self._lock:
            if self._asleep:
                self._asleep = False
                _ring(self._alarm, 1)
