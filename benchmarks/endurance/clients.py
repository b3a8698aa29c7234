"""Clients that translate known sentences in a loop and count the outcome of every request."""

import random
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import httpx

from benchmarks.client_threads import ClientThreads
from benchmarks.endurance.known_translations import KnownTranslations, Sentence

OUTCOMES = ("answered", "refused", "quarantined", "broken", "lost")  # each request has one of them
_MAX_TEXTS = 4  # in one request
_MAX_WAIT = 2.0  # seconds before the next request after a refusal
_QUARANTINED = "urn:m2m-server:quarantined"
BROKEN = (httpx.NetworkError, httpx.RemoteProtocolError)  # connections of a front that died
_REFUSED = {"urn:m2m-server:overloaded": 429, "urn:m2m-server:unavailable": 503}


@dataclass
class RequestCounts:
    """The outcomes of the requests so far."""

    requests: Counter[str] = field(default_factory=Counter)  # by outcome
    sent: int = 0  # sentences of all requests
    translated: int = 0  # sentences of answered requests
    losses: Counter[str] = field(default_factory=Counter)  # lost requests by reason
    unknown: Counter[tuple[Sentence, str]] = field(default_factory=Counter)  # new translations


class Clients(ClientThreads):
    """Threads that each send one request after another."""

    def __init__(self, url: str, known: KnownTranslations, count: int, timeout: float) -> None:
        """`timeout` is in seconds; a request that takes longer is lost."""
        self.counts = RequestCounts()
        self._url = url
        self._timeout = timeout
        self._known = known
        self._directions = known.directions
        self._lock = threading.Lock()
        super().__init__(partial(self._run, i) for i in range(count))

    def _run(self, seed: int) -> None:
        draw = random.Random(seed)
        with httpx.Client(base_url=self._url, timeout=self._timeout) as client:
            while not self.stopping.is_set():
                group = draw.choice(self._directions)
                sentences = draw.sample(group, min(len(group), draw.randint(1, _MAX_TEXTS)))
                wait = self._request(client, sentences)
                while wait is None:
                    wait = self._request(client, sentences)
                self.stopping.wait(wait)

    def _request(self, client: httpx.Client, sentences: Sequence[Sentence]) -> float | None:
        """Send one request and count it; return the seconds to wait before the next one.

        Returns None if the connection broke: the request must be repeated.
        """
        with self._lock:
            self.counts.sent += len(sentences)
        try:
            response = client.post("/translation", json=request_body(sentences))
            if response.status_code == httpx.codes.OK:
                self._count_answer(sentences, response.json()["translation"])
                return 0.0
            kind = response.json()["type"]
        except BROKEN:
            self._count("broken")
            return None
        except Exception as error:  # noqa: BLE001 - whatever the error, the request is lost
            self._count_loss(type(error).__name__)
            return 0.0
        if kind == _QUARANTINED:
            self._count("quarantined")
            return 0.0
        if _REFUSED.get(kind) == response.status_code and "Retry-After" in response.headers:
            self._count("refused")
            return min(float(response.headers["Retry-After"]), _MAX_WAIT)
        self._count_loss(f"{response.status_code} {kind}")
        return 0.0

    def _count_answer(self, sentences: Sequence[Sentence], translations: list[str]) -> None:
        if len(translations) != len(sentences):
            self._count_loss("wrong number of translations")
            return
        with self._lock:
            self.counts.requests["answered"] += 1
            self.counts.translated += len(sentences)
            for sentence, translation in zip(sentences, translations, strict=True):
                if translation not in self._known.by_sentence[sentence]:
                    self.counts.unknown[sentence, translation] += 1

    def _count(self, outcome: str) -> None:
        with self._lock:
            self.counts.requests[outcome] += 1

    def _count_loss(self, reason: str) -> None:
        with self._lock:
            self.counts.requests["lost"] += 1
            self.counts.losses[reason] += 1


def request_body(sentences: Sequence[Sentence]) -> dict[str, Any]:
    """Return the request for sentences of one direction."""
    return {
        "text": [sentence.text for sentence in sentences],
        "source_language": sentences[0].source,
        "target_language": sentences[0].target,
    }
