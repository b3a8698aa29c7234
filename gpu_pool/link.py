"""A connection between two processes: messages both ways, in order, and nobody waits to send.

The other process may be stopped or killed. So whoever sends passes a message to the kernel, which
mostly takes it at once; what it does not take, a thread of the link sends. What has gathered
meanwhile is sent together.
"""

import queue
import socket
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Generic, TypeVar

from gpu_pool.event_queue import EventQueue
from gpu_pool.framing import FrameReader, framed

Sent = TypeVar("Sent")
Received = TypeVar("Received")
_MOST = 256  # items sent together


class Link(Generic[Sent, Received]):
    """Reads until the other side closes its end, or dies."""

    def __init__(
        self,
        connected: socket.socket,
        pack: Callable[[Sequence[Sent]], Sequence[Any]],
        receive: Callable[[Received], None],
        closed: Callable[[], None],
    ) -> None:
        """Own the connected socket.

        `pack` turns what has gathered into messages; any thread that sends calls it. `receive` is
        called for each message that arrives, `closed` once at the end; both by the thread that
        reads.
        """
        self._socket = connected
        self._pack = pack
        self._receive = receive
        self._closed = closed
        self._reader = FrameReader(connected)
        self._outgoing: deque[Sent] = deque()
        self._sending = threading.Lock()  # held until what was taken out of `_outgoing` is sent
        self._unsent: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._events: EventQueue[Any] | None = None
        self._flushed_later = False

    def start(self, events: EventQueue[Any] | None = None) -> None:
        """Start to read: in the thread that waits for `events`, or in one of our own."""
        self._events = events
        threading.Thread(target=self._write, name="link writer", daemon=True).start()
        if events is not None:
            events.watch(self)
        else:
            threading.Thread(target=self._read_all, name="link reader", daemon=True).start()

    def send(self, item: Sent) -> None:
        """Send an item now or soon; never blocks, and drops it if the other side is gone."""
        self._outgoing.append(item)
        self._flush()

    def send_later(self, item: Sent) -> None:
        """Send an item when the thread that waits for events does so; called by that thread."""
        assert self._events is not None, "it is read there"
        self._outgoing.append(item)
        if not self._flushed_later:
            self._flushed_later = True
            self._events.call_later(self._flush)

    def close(self) -> None:
        """Break the connection, as if the other side had; `closed` is called."""
        with suppress(OSError):  # it is broken already
            self._socket.shutdown(socket.SHUT_RDWR)

    def fileno(self) -> int:
        """Return the descriptor; -1 once it is closed."""
        return self._socket.fileno()

    def read(self) -> None:
        """Receive what is here, if anything; never blocks."""
        try:
            for message in self._reader.available():
                self._receive(message)
        except (EOFError, OSError):
            self.end()

    def end(self) -> None:
        """Close our end; only the thread that reads calls it, or nobody does."""
        if self._events is not None:
            self._events.forget(self)
        self.close()  # whoever is sending stops
        with self._sending:  # else they might send to another file that gets the descriptor next
            self._socket.close()
        self._unsent.put(None)
        self._closed()

    def _flush(self) -> None:
        """Send what has gathered, unless another thread is about to."""
        self._flushed_later = False
        while self._outgoing and self._sending.acquire(blocking=False):
            unsent = b""
            try:
                unsent = self._send_now(self._gathered())
            finally:
                if not unsent:
                    self._sending.release()
            if unsent:
                self._unsent.put(unsent)  # the lock is the writing thread's now
                return

    def _send_now(self, data: bytes) -> bytes:
        """Pass data to the kernel; return what it does not take."""
        try:
            return data[self._socket.send(data, socket.MSG_DONTWAIT) :]
        except BlockingIOError:
            return data  # the other side does not read
        except OSError:
            return b""  # it is gone; whoever reads notices

    def _gathered(self) -> bytes:
        """Return what is to be sent next; only whoever has the lock calls it."""
        items: list[Sent] = []
        while self._outgoing and len(items) < _MOST:
            items.append(self._outgoing.popleft())
        return framed(self._pack(items))

    def _write(self) -> None:
        """Send what the kernel did not take at once."""
        while (data := self._unsent.get()) is not None:
            with suppress(OSError):  # the other side is gone; whoever reads notices
                self._socket.sendall(data)
            self._sending.release()
            self._flush()

    def _read_all(self) -> None:
        try:
            while True:
                for message in self._reader.wait():
                    self._receive(message)
        except (EOFError, OSError):
            self.end()
