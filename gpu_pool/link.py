"""A connection between two processes: messages both ways, in order, and nobody waits to send.

The other process may be stopped or killed. So whoever sends passes a message to the kernel, which
mostly takes it at once; what it does not take, a thread of the link sends. What has gathered
meanwhile is sent together.
"""

import pickle
import queue
import socket
import struct
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Generic, TypeVar

Sent = TypeVar("Sent")
Received = TypeVar("Received")
_MOST = 256  # items sent together
_SIZE = struct.Struct("!Q")  # of the pickled messages that follow
_CHUNK = 1 << 16  # bytes that are read at a time


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
        called for each message that arrives, `closed` once at the end; both by the reading thread.
        """
        self._socket = connected
        self._pack = pack
        self._receive = receive
        self._closed = closed
        self._incoming = bytearray()
        self._outgoing: deque[Sent] = deque()
        self._sending = threading.Lock()  # held until what was taken out of `_outgoing` is sent
        self._unsent: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()

    def start(self) -> None:
        """Start the threads."""
        for run, name in ((self._write, "link writer"), (self._read, "link reader")):
            threading.Thread(target=run, name=name, daemon=True).start()

    def send(self, item: Sent) -> None:
        """Send an item now or soon; never blocks, and drops it if the other side is gone."""
        self._outgoing.append(item)
        self._flush()

    def close(self) -> None:
        """Break the connection, as if the other side had; `closed` is called."""
        with suppress(OSError):  # it is broken already
            self._socket.shutdown(socket.SHUT_RDWR)

    def _flush(self) -> None:
        """Send what has gathered, unless another thread is about to."""
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
            return b""  # it is gone; `_read` reports it

    def _gathered(self) -> bytes:
        """Return what is to be sent next; only whoever has the lock calls it."""
        items: list[Sent] = []
        while self._outgoing and len(items) < _MOST:
            items.append(self._outgoing.popleft())
        data = pickle.dumps(self._pack(items), pickle.HIGHEST_PROTOCOL)
        return _SIZE.pack(len(data)) + data

    def _write(self) -> None:
        """Send what the kernel did not take at once."""
        while (data := self._unsent.get()) is not None:
            with suppress(OSError):  # the other side is gone; `_read` reports it
                self._socket.sendall(data)
            self._sending.release()
            self._flush()

    def _read(self) -> None:
        try:
            while True:
                for message in pickle.loads(self._received()):  # noqa: S301 - from our process
                    self._receive(message)
        except (EOFError, OSError):
            self._unsent.put(None)
            self._socket.close()
            self._closed()

    def _received(self) -> bytes:
        """Return the next messages, pickled. Raises EOFError or OSError if there are none left."""
        self._fill(_SIZE.size)
        end = _SIZE.size + _SIZE.unpack_from(self._incoming)[0]
        self._fill(end)
        data = bytes(self._incoming[_SIZE.size : end])
        del self._incoming[:end]
        return data

    def _fill(self, size: int) -> None:
        """Read until there are so many bytes; mostly all of a message comes at once."""
        while len(self._incoming) < size:
            data = self._socket.recv(max(_CHUNK, size - len(self._incoming)))
            if not data:
                raise EOFError
            self._incoming += data
