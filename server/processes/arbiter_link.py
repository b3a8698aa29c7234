"""The pipe between the arbiter and one of its child processes, a byte a message."""

import select
import socket
from enum import IntEnum

_READ_BYTES = 4_096


class Order(IntEnum):
    """What the arbiter tells a child."""

    DRAIN = 1  # finish what has been accepted, then exit with code 0
    STOP = 2  # give up what has been accepted, and exit with code 0


class Report(IntEnum):
    """What a child tells the arbiter."""

    BEAT = 1  # it still runs
    READY = 2  # it does its work from now on


class ArbiterLink:
    """The end of a child. Any thread may send; one thread waits."""

    def __init__(self, connection: socket.socket) -> None:
        """`connection` is one of a pair of connected sockets; it is closed with the process."""
        connection.setblocking(False)
        self._connection = connection

    def ready(self) -> None:
        """Report that the process does its work from now on."""
        self._send(Report.READY)

    def beat(self) -> None:
        """Report that the process still runs; never blocks."""
        self._send(Report.BEAT)

    def wait(self, timeout: float) -> Order | None:
        """Return the next order, None after `timeout` seconds; STOP if the arbiter has died."""
        poll = select.poll()  # `select.select` is limited to low descriptors
        poll.register(self._connection, select.POLLIN)
        if not poll.poll(timeout * 1000):
            return None
        message = self._connection.recv(1)
        return Order(message[0]) if message else Order.STOP

    def _send(self, report: Report) -> None:
        try:
            self._connection.send(bytes([report]))
        except BlockingIOError:
            return  # the arbiter is stopped, and has beats enough to read when it continues
        except (BrokenPipeError, ConnectionResetError):
            return  # the arbiter has died; `wait` says so


class ChildLink:
    """The end of the arbiter."""

    def __init__(self, connection: socket.socket) -> None:
        """`connection` is the other one of the pair."""
        connection.setblocking(False)
        self._connection = connection

    def fileno(self) -> int:
        """Return the descriptor, to wait for."""
        return self._connection.fileno()

    def order(self, order: Order) -> None:
        """Give an order; nothing happens if the child has died."""
        try:
            self._connection.send(bytes([order]))
        except (BrokenPipeError, ConnectionResetError):
            return  # its exit is noticed by other means

    def reports(self) -> list[Report]:
        """Return what has arrived; none if the child has died."""
        try:
            return [Report(number) for number in self._connection.recv(_READ_BYTES)]
        except (BlockingIOError, ConnectionResetError):
            return []

    def close(self) -> None:
        """Close this end."""
        self._connection.close()
