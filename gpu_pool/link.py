"""A connection between two processes, with a thread that writes and one that reads.

Whoever sends must never wait for the other process, which may be stopped or killed. What has
gathered while a message was written is sent together.
"""

import os
import queue
import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any, Generic, TypeVar

from gpu_pool.packing import receive, send

Sent = TypeVar("Sent")
Received = TypeVar("Received")
_MOST = 256  # messages sent together


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

        `pack` turns what has gathered into messages, `receive` is called for each message that
        arrives, `closed` once at the end; both by the reading thread.
        """
        self._socket = connected
        self._connection: Connection[Any, Any] = Connection(os.dup(connected.fileno()))
        self._pack = pack
        self._receive = receive
        self._closed = closed
        self._outgoing: queue.SimpleQueue[Sent | None] = queue.SimpleQueue()

    def start(self) -> None:
        """Start the threads."""
        for run, name in ((self._write, "link writer"), (self._read, "link reader")):
            threading.Thread(target=run, name=name, daemon=True).start()

    def send(self, item: Sent) -> None:
        """Send an item soon; never blocks, and drops it if the other side is gone."""
        self._outgoing.put(item)

    def close(self) -> None:
        """Break the connection, as if the other side had; `closed` is called."""
        with suppress(OSError):  # it is broken already
            self._socket.shutdown(socket.SHUT_RDWR)

    def _write(self) -> None:
        try:
            while True:
                items = self._gathered()
                if items[-1] is None:
                    return
                send(self._connection, self._pack(items))  # type: ignore[arg-type]
        except OSError:
            return  # the other side is gone; `_read` reports it

    def _gathered(self) -> list[Sent | None]:
        """Wait for an item; return it with those that have gathered since, up to the end mark."""
        items = [self._outgoing.get()]
        while items[-1] is not None and len(items) < _MOST and not self._outgoing.empty():
            items.append(self._outgoing.get())
        return items

    def _read(self) -> None:
        try:
            while True:
                for message in receive(self._connection):
                    self._receive(message)
        except (EOFError, OSError):
            self._outgoing.put(None)
            self._connection.close()
            self._socket.close()
            self._closed()
