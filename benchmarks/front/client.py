"""A client cheap enough to measure a server with: one thread, sockets, requests made beforehand."""

import select
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

_CONNECT_SECONDS = 60.0
_CHUNK = 1 << 20
_LENGTH = b"content-length:"
_CLOSE = b"\r\nConnection: close"


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

    def __init__(self, address: tuple[str, int]) -> None:
        self._address = address
        self._received = b""
        self._begun = 0.0
        self.connect()

    def connect(self) -> None:
        """Open the connection."""
        self.socket = socket.create_connection(self._address, _CONNECT_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.ended = False  # the server has answered the last request on it

    def ask(self, requests: Iterator[bytes]) -> bool:
        """Send the next request; return False if there is none."""
        request = next(requests, None)
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
        self.ended = _CLOSE in head
        return time.perf_counter() - self._begun


def _length(head: bytes) -> int:
    """Return the length of the body, which every answer here has."""
    _, _, rest = head.lower().partition(_LENGTH)
    return int(rest.partition(b"\r\n")[0])


class Clients:
    """Clients on a connection each, which they open again only when the server wants that."""

    def __init__(self, addresses: Sequence[tuple[str, int]], count: int) -> None:
        """Connect to the addresses in turns."""
        self._clients = [_Connection(addresses[i % len(addresses)]) for i in range(count)]
        self._epoll = select.epoll()
        self._by_descriptor: dict[int, _Connection] = {}
        for client in self._clients:
            self._watch(client)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._epoll.close()
        for client in self._clients:
            client.socket.close()

    def run(self, requests: Iterator[bytes], seconds: float) -> Load:
        """Send requests for some time, or until there are none left; wait for the answers."""
        cpu, begun = time.process_time(), time.perf_counter()
        latencies = self._run(requests, begun + seconds)
        taken, cpu = time.perf_counter() - begun, time.process_time() - cpu
        return Load(taken, sorted(latencies), cpu)

    def _run(self, requests: Iterator[bytes], end: float) -> list[float]:
        """Return the latencies of the answers to what was sent until a time."""
        latencies: list[float] = []
        waiting = sum([client.ask(requests) for client in self._clients])
        while waiting:
            for descriptor, _ in self._epoll.poll():
                client = self._by_descriptor[descriptor]
                latency = client.receive()
                if latency is None:
                    continue
                latencies.append(latency)
                if client.ended:
                    self._reconnect(client)
                if time.perf_counter() >= end or not client.ask(requests):
                    waiting -= 1
        return latencies

    def _reconnect(self, client: _Connection) -> None:
        del self._by_descriptor[client.socket.fileno()]
        client.socket.close()
        client.connect()
        self._watch(client)

    def _watch(self, client: _Connection) -> None:
        self._by_descriptor[client.socket.fileno()] = client
        self._epoll.register(client.socket, select.EPOLLIN)
