"""A server under load: starting one, and clients that each wait for their answer."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection
from itertools import cycle
from pathlib import Path
from statistics import median
from threading import Lock
from urllib.parse import urlsplit

import httpx

_START_SECONDS = 600.0
_ANSWER_SECONDS = 600.0
_HEADERS = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Load:
    """What clients saw that each sent one sentence after another, while all were at work."""

    rate: float  # sentences a second
    median_seconds: float  # of one


@contextmanager
def running_server(*flags: str) -> Iterator[str]:
    """Run `m2m-server` on a free port until the block ends; gives its URL once it is ready."""
    command = [str(Path(sys.executable).with_name("m2m-server")), "--port", "0", "--jobs", "off"]
    command += ["--log-level", "warning", "--timeout", str(_ANSWER_SECONDS)]
    command += ["--max-texts", "10000", *flags]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        found = re.search(r"http://\S+:\d+", process.stdout.readline())
        if found is None:
            raise RuntimeError("the server did not start")
        try:
            _wait_until_ready(found[0], process)
            yield found[0]
        finally:
            process.terminate()


def put_load(url: str, sentences: Sequence[str], clients: int, source: str, target: str) -> Load:
    """Translate with `clients` requests at a time, one sentence each, until as many are measured.

    The clock runs from the moment that each client could have had its first answer until as many
    answers later as there are sentences. Clients send the sentences over and over: were they to
    stop, fewer would be at work at the end than the measurement says.
    """
    # The standard library's client: others take a millisecond a request of the cores that the
    # server needs.
    address = urlsplit(url)
    texts, lock = cycle(sentences), Lock()
    ends: list[float] = []
    times: list[float] = []
    wanted = clients + len(sentences)

    def ask() -> None:
        connection = HTTPConnection(address.hostname or "", address.port, _ANSWER_SECONDS)
        while len(ends) < wanted:
            with lock:
                text = next(texts)
            body = {"text": text, "source_language": source, "target_language": target}
            begun = time.perf_counter()
            connection.request("POST", "/translation", json.dumps(body), _HEADERS)
            answer = connection.getresponse()
            content = answer.read()
            if answer.status != HTTPStatus.OK:
                raise RuntimeError(f"the server answered {answer.status}: {content[:200]!r}")
            with lock:
                ends.append(time.perf_counter())
                times.append(ends[-1] - begun)
        connection.close()

    with ThreadPoolExecutor(clients) as threads:
        for asked in [threads.submit(ask) for _ in range(clients)]:
            asked.result()
    seconds = ends[wanted - 1] - ends[clients - 1]
    return Load(len(sentences) / seconds, median(times[clients:wanted]))


def put_bulk(url: str, sentences: Sequence[str], source: str, target: str) -> float:
    """Translate all sentences with one request; return sentences a second."""
    body = {"text": list(sentences), "source_language": source, "target_language": target}
    begun = time.perf_counter()
    httpx.post(f"{url}/translation", json=body, timeout=_ANSWER_SECONDS).raise_for_status()
    return len(sentences) / (time.perf_counter() - begun)


def _wait_until_ready(url: str, process: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + _START_SECONDS
    while httpx.get(f"{url}/health_check").status_code != httpx.codes.OK:
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("the server did not become ready")
        time.sleep(0.1)
