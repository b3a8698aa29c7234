"""Breaks a connection whose server is there but does not answer, such as one that is stopped.

The database's own timeouts do not end with it, and TCP sees nothing wrong: the kernel goes on
acknowledging. So the socket is shut down, and whoever waits for the answer gets psycopg's error.
"""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any

import psycopg


@contextmanager
def time_limit(connection: "psycopg.Connection[Any]", seconds: float) -> Iterator[None]:
    """Shut a connection down unless the block ends in time."""
    with closing(socket.socket(fileno=os.dup(connection.fileno()))) as used:
        timer = threading.Timer(seconds, _shut_down, [used])
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()


def _shut_down(used: socket.socket) -> None:
    with suppress(OSError):  # the answer came at the last moment, and the socket is closed
        used.shutdown(socket.SHUT_RDWR)
