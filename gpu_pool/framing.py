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
        """Return the messages that were sent together next, however long it takes.

        Raises EOFError or OSError once the other side has gone.
        """
        while not self._is_complete():
            self._receive(0)
        return self._take()

    def poll(self, timeout: float) -> list[Any]:
        """Return the next messages; none if they are not here within `timeout` seconds.

        Raises as `wait`.
        """
        while not self._is_complete():
            if timeout and not self._readable.poll(timeout * 1e3):
                return []
            timeout = 0.0
            try:
                self._receive(socket.MSG_DONTWAIT)
            except BlockingIOError:
                return []
        return self._take()

    def available(self) -> list[Any]:
        """Read once; return all messages that are complete then. Never blocks; raises as `wait`."""
        messages: list[Any] = []
        with suppress(BlockingIOError):
            self._receive(socket.MSG_DONTWAIT)
        while self._is_complete():
            messages += self._take()
        return messages

    def _receive(self, flags: int) -> None:
        """Read; mostly all of a frame comes at once."""
        data = self._socket.recv(max(_CHUNK, self._wanted - len(self._buffer)), flags)
        if not data:
            raise EOFError
        self._buffer += data

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
