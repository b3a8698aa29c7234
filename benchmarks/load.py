"""A server under load: starting one, and clients that each wait for their answer."""

import queue
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

_START_SECONDS = 600.0
_ANSWER_SECONDS = 600.0


@dataclass(frozen=True)
class Load:
    """What `clients` saw while each sent one sentence after another."""

    clients: int
    sentences: int
    seconds: float
    median_seconds: float

    @property
    def rate(self) -> float:
        """Sentences a second."""
        return self.sentences / self.seconds


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
    """Translate every sentence with one request, `clients` requests at a time."""
    waiting: queue.SimpleQueue[str] = queue.SimpleQueue()
    for sentence in sentences:
        waiting.put(sentence)
    times: list[float] = []

    # One client, made before the clock starts: each reads certificates, which takes 30 ms of a core
    # that the server needs.
    limits = httpx.Limits(max_connections=clients, max_keepalive_connections=clients)
    client = httpx.Client(base_url=url, timeout=_ANSWER_SECONDS, limits=limits)

    def ask() -> None:
        while True:
            try:
                text = waiting.get_nowait()
            except queue.Empty:
                return
            body = {"text": text, "source_language": source, "target_language": target}
            begun = time.perf_counter()
            client.post("/translation", json=body).raise_for_status()
            times.append(time.perf_counter() - begun)

    with client:
        threads = [threading.Thread(target=ask) for _ in range(clients)]
        begun = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = time.perf_counter() - begun
    if len(times) < len(sentences):
        raise RuntimeError("a client failed; its error is above")
    return Load(clients, len(times), seconds, sorted(times)[len(times) // 2])


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
