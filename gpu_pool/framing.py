"""Messages on a stream socket between our processes: a size, then a pickled list of messages."""

import pickle
import select
import socket
import struct
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

_SIZE = struct.Struct("!Q")  # of the pickled list that follows
_CHUNK = 1 << 16  # bytes that are read at a time


def framed(messages: Sequence[Any]) -> bytes:
    """Return what to send."""
    data = pickle.dumps(messages, pickle.HIGHEST_PROTOCOL)
    return _SIZE.pack(len(data)) + data


class FrameReader:
    """Reads what was `framed`; for one thread."""

    def __init__(self, connected: socket.socket) -> None:
        """The socket must be in blocking mode, and nobody else may read from it."""
        self._socket = connected
        self._buffer = bytearray()
        self._wanted = _SIZE.size  # bytes until more can be said
        self._readable = select.poll()
        self._readable.register(connected, select.POLLIN)

    def wait(self) -> list[Any]:
        """Return the messages that are complete after the next read, at least one.

        Waits however long it takes. Raises EOFError or OSError once the other side has gone.
        """
        while True:
            self._receive(0)
            if messages := self._complete():
                return messages

    def poll(self, timeout: float) -> list[Any]:
        """Return what is `available`, or will be within `timeout` seconds; raises as `wait`."""
        if timeout and not self._readable.poll(timeout * 1e3):
            return []
        return self.available()

    def available(self) -> list[Any]:
        """Return the messages that are complete after one read; never blocks; raises as `wait`."""
        with suppress(BlockingIOError):
            self._receive(socket.MSG_DONTWAIT)
        return self._complete()

    def _receive(self, flags: int) -> None:
        """Read; mostly all of a frame comes at once."""
        data = self._socket.recv(max(_CHUNK, self._wanted - len(self._buffer)), flags)
        if not data:
            raise EOFError
        self._buffer += data

    def _complete(self) -> list[Any]:
        """Return the messages of all complete frames."""
        messages: list[Any] = []
        while self._is_complete():
            messages += self._take()
        return messages

    def _is_complete(self) -> bool:
        """Return True if the next frame is here."""
        if len(self._buffer) < self._wanted:
            return False
        self._wanted = _SIZE.size + _SIZE.unpack_from(self._buffer)[0]
        return len(self._buffer) >= self._wanted

    def _take(self) -> list[Any]:
        with memoryview(self._buffer) as data:
            messages: list[Any] = pickle.loads(data[_SIZE.size : self._wanted])  # noqa: S301 - ours
        del self._buffer[: self._wanted]
        self._wanted = _SIZE.size
        return messages
