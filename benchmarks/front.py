"""The front over HTTP: how long one request takes, how many a second there can be."""

import http.client
import itertools
import json
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlsplit

from benchmarks.server_process import started
from benchmarks.stubs import MEAN_TOKENS

_WARM_UP_REQUESTS = 50
_TIMEOUT_SECONDS = 60.0
# A number, which tells requests apart, and as many words as a segment has tokens on average.
_WORDS = " ".join(["word"] * (MEAN_TOKENS - 1))


@dataclass(frozen=True)
class FrontLoad:
    """What clients saw that each sent one request after another on a connection of their own."""

    connections: int
    seconds: float
    latencies: list[float]  # seconds, sorted

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.latencies) / self.seconds

    def percentile(self, percent: int) -> float:
        """Return a percentile of the latencies in seconds."""
        return self.latencies[len(self.latencies) * percent // 100]


def measure_front(connections: tuple[int, ...], seconds: float) -> list[FrontLoad]:
    """Start a server with stub workers and load it for `seconds` with each number of clients."""
    command = [sys.executable, "-m", "benchmarks.stub_server", str(max(connections))]
    numbers = itertools.count()
    with started(command) as server:
        return [_put_load(server.url, count, seconds, numbers) for count in connections]


def _put_load(
    url: str, connections: int, seconds: float, numbers: "itertools.count[int]"
) -> FrontLoad:
    latencies: list[float] = []  # appending is atomic
    times: list[float] = []

    def begin() -> None:
        times.append(time.perf_counter())

    barrier = threading.Barrier(connections, begin, _TIMEOUT_SECONDS)

    def ask() -> None:
        client = http.client.HTTPConnection(urlsplit(url).netloc, timeout=_TIMEOUT_SECONDS)
        for _ in range(max(1, _WARM_UP_REQUESTS // connections)):
            _request(client, next(numbers))
        barrier.wait()
        while (begun := time.perf_counter()) < times[0] + seconds:
            _request(client, next(numbers))
            latencies.append(time.perf_counter() - begun)
        client.close()

    with ThreadPoolExecutor(connections) as threads:
        for client in [threads.submit(ask) for _ in range(connections)]:
            client.result()
    return FrontLoad(connections, time.perf_counter() - times[0], sorted(latencies))


def _request(client: http.client.HTTPConnection, number: int) -> None:
    """Translate one sentence; RuntimeError where that fails."""
    body = json.dumps(
        {
            "text": f"{MEAN_TOKENS} {number} {_WORDS}",
            "source_language": "en",
            "target_language": "de",
        }
    )
    client.request("POST", "/translation", body, {"Content-Type": "application/json"})
    response = client.getresponse()
    answer = response.read()
    if response.status != http.client.OK:
        raise RuntimeError(f"status {response.status}: {answer.decode()}")
