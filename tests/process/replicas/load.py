"""Clients of several servers behind a proxy, which count what fails."""

import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import partial

import httpx

from benchmarks.client_threads import ClientThreads
from benchmarks.drill.clients import read_events
from tests.process.conftest import TIMEOUT

PAIR = {"source_language": "en", "target_language": "de"}
_CLIENTS = {"text": 4, "stream": 3, "job": 3}


class Load(ClientThreads):
    """Threads that each send one request after another."""

    def __init__(self, url: str) -> None:
        self.done: Counter[str] = Counter()  # by kind of request
        self.failed: Counter[str] = Counter()  # by kind and cause
        self._url = url
        self._lock = threading.Lock()
        kinds = {"text": self._translate, "stream": self._stream, "job": self._work}
        super().__init__(
            partial(self._run, kind, kinds[kind])
            for kind, count in _CLIENTS.items()
            for _ in range(count)
        )

    def total(self) -> int:
        """Return how many requests have succeeded."""
        return self.done.total()

    def _run(self, kind: str, send: Callable[[httpx.Client], None]) -> None:
        with httpx.Client(base_url=self._url, timeout=TIMEOUT) as client:
            while not self.stopping.is_set():
                try:
                    send(client)
                    outcome, counts = kind, self.done
                except httpx.HTTPStatusError as error:
                    outcome, counts = f"{kind} {error.response.status_code}", self.failed
                except httpx.TransportError as error:
                    outcome, counts = f"{kind} {type(error).__name__}", self.failed
                except AssertionError as error:
                    outcome, counts = f"{kind} wrong: {error}", self.failed
                with self._lock:
                    counts[outcome] += 1

    def _translate(self, client: httpx.Client) -> None:
        texts = [f"slow {secrets.token_hex(4)}", f"fast {secrets.token_hex(4)}"]
        answer = client.post("/translation", json={"text": texts, **PAIR}).raise_for_status()
        check(answer.json()["translation"], texts)

    def _stream(self, client: httpx.Client) -> None:
        lines = [f"slow {secrets.token_hex(4)}\n" for _ in range(3)]
        body = {"text": "".join(lines), **PAIR}
        accept = {"Accept": "text/event-stream"}
        with client.stream("POST", "/translation", json=body, headers=accept) as answer:
            answer.raise_for_status()
            events = list(read_events(answer))
        assert events[-1]["event"] == "done", f"the last event is {events[-1]}"
        assert len(events) > 1

    def _work(self, client: httpx.Client) -> None:
        """Make a job, watch it to its end, and fetch its result."""
        texts = [f"slow {secrets.token_hex(4)}" for _ in range(4)]
        key = {"Idempotency-Key": secrets.token_hex(16)}
        made = client.post("/translation/jobs", json={"text": texts, **PAIR}, headers=key)
        url = made.raise_for_status().json()["url"]
        self._watch(client, url)
        result = client.get(f"{url}/result").raise_for_status().json()
        check(result["translation"], texts)
        client.delete(url).raise_for_status()

    def _watch(self, client: httpx.Client, url: str) -> None:
        """Read a job's events; again from the last one, as browsers do, if a stream ends early."""
        last, deadline = "0", time.monotonic() + TIMEOUT
        while last != "end":
            assert time.monotonic() < deadline, "the job does not end"
            headers = {"Last-Event-ID": last}
            with client.stream("GET", f"{url}/events", headers=headers) as answer:
                answer.raise_for_status()
                for event in read_events(answer):
                    last = event.get("id", last)


def check(translations: list[str], texts: list[str]) -> None:
    assert translations == [f"{text.upper()} de" for text in texts], "other translations"
