"""A client cheap enough to measure a server with: one thread, sockets, requests made beforehand."""

import select
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

_CONNECT_SECONDS = 60.0
_CHUNK = 1 << 20
_LENGTH = b"content-length:"


@dataclass(frozen=True)
class Load:
    """What clients saw that each sent one request after another on a connection of their own."""

    seconds: float
    latencies: list[float]  # seconds, sorted
    cpu_seconds: float  # of the client itself

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.latencies) / self.seconds

    @property
    def share(self) -> float:
        """Of one core, for the client: close to 1, it is the client that was measured."""
        return self.cpu_seconds / self.seconds

    def percentile(self, percent: int) -> float:
        """Return a percentile of the latencies in seconds."""
        return self.latencies[len(self.latencies) * percent // 100]


class _Connection:
    """One client."""

    def __init__(self, address: tuple[str, int], requests: Iterator[bytes]) -> None:
        self.socket = socket.create_connection(address, _CONNECT_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._requests = requests
        self._received = b""
        self._begun = 0.0

    def ask(self) -> bool:
        """Send the next request; return False if there is none."""
        request = next(self._requests, None)
        if request is None:
            return False
        self._begun = time.perf_counter()
        self.socket.sendall(request)
        return True

    def receive(self) -> float | None:
        """Read; return the seconds since the request once the whole answer is there.

        Raises RuntimeError for another answer than 200.
        """
        data = self.socket.recv(_CHUNK)
        self._received += data
        if not data or not self._received.startswith(b"HTTP/1.1 200"[: len(self._received)]):
            raise RuntimeError(f"the server answered {self._received[:300]!r}")
        head, separator, body = self._received.partition(b"\r\n\r\n")
        if not separator or len(body) < _length(head):
            return None
        self._received = b""
        return time.perf_counter() - self._begun


def _length(head: bytes) -> int:
    """Return the length of the body, which every answer here has."""
    _, _, rest = head.lower().partition(_LENGTH)
    return int(rest.partition(b"\r\n")[0])


def put_load(
    address: tuple[str, int], requests: Iterator[bytes], connections: int, seconds: float
) -> Load:
    """Send requests for some seconds, or until there are none left; wait for the last answers."""
    with ExitStack() as opened:
        clients = [_Connection(address, requests) for _ in range(connections)]
        for client in clients:
            opened.enter_context(client.socket)
        cpu, begun = time.process_time(), time.perf_counter()
        latencies = _run(clients, begun + seconds)
        taken, cpu = time.perf_counter() - begun, time.process_time() - cpu
    return Load(taken, sorted(latencies), cpu)


def _run(clients: Sequence[_Connection], end: float) -> list[float]:
    """Return the latencies of the answers to what was sent until a time."""
    latencies: list[float] = []
    by_descriptor = {client.socket.fileno(): client for client in clients}
    with select.epoll() as epoll:
        for descriptor in by_descriptor:
            epoll.register(descriptor, select.EPOLLIN)
        waiting = sum([client.ask() for client in clients])
        while waiting:
            for descriptor, _ in epoll.poll():
                client = by_descriptor[descriptor]
                latency = client.receive()
                if latency is None:
                    continue
                latencies.append(latency)
                if time.perf_counter() >= end or not client.ask():
                    waiting -= 1
    return latencies
