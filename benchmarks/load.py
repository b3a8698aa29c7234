"""A server under load: starting one, and clients that each wait for their answer."""

import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import cycle
from statistics import median
from threading import Lock

import httpx

from benchmarks.client import Client
from benchmarks.server_process import started

_ANSWER_SECONDS = 600.0


@dataclass(frozen=True)
class WorkerLoad:
    """What clients saw that each sent one sentence after another, while all were at work."""

    rate: float  # sentences a second
    median_seconds: float  # of one


@contextmanager
def running_server(*flags: str) -> Iterator[str]:
    """Run `m2m-server` on a free port until the block ends; gives its URL once it is ready."""
    command = [sys.executable, "-m", "server", "--port", "0", "--jobs", "off"]
    command += ["--log-level", "warning", "--timeout", str(_ANSWER_SECONDS)]
    command += ["--max-texts", "10000", *flags]
    with started(command, log=None) as server:
        yield server.url


def put_load(
    url: str, sentences: Sequence[str], clients: int, source: str, target: str
) -> WorkerLoad:
    """Translate with `clients` requests at a time, one sentence each, until as many are measured.

    The clock runs from the moment that each client could have had its first answer until as many
    answers later as there are sentences. Clients send the sentences over and over: were they to
    stop, fewer would be at work at the end than the measurement says.
    """
    texts, lock = cycle(sentences), Lock()
    ends: list[float] = []
    times: list[float] = []
    wanted = clients + len(sentences)

    def ask() -> None:
        with closing(Client(url, source, target, _ANSWER_SECONDS)) as client:
            while len(ends) < wanted:
                with lock:
                    text = next(texts)
                begun = time.perf_counter()
                client.translate(text)
                with lock:
                    ends.append(time.perf_counter())
                    times.append(ends[-1] - begun)

    with ThreadPoolExecutor(clients) as threads:
        for asked in [threads.submit(ask) for _ in range(clients)]:
            asked.result()
    seconds = ends[wanted - 1] - ends[clients - 1]
    return WorkerLoad(len(sentences) / seconds, median(times[clients:wanted]))


def put_bulk(url: str, sentences: Sequence[str], source: str, target: str) -> float:
    """Translate all sentences with one request; return sentences a second."""
    body = {"text": list(sentences), "source_language": source, "target_language": target}
    begun = time.perf_counter()
    httpx.post(f"{url}/translation", json=body, timeout=_ANSWER_SECONDS).raise_for_status()
    return len(sentences) / (time.perf_counter() - begun)
