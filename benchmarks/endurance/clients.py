"""Clients that ask known questions without pause, and never miss what became of a request."""

import random
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from benchmarks.endurance.known_translations import Answers, Question

OUTCOMES = ("answered", "refused", "quarantined", "lost")  # each request has one of them
_MOST_TEXTS = 4  # in one request
_LONGEST_WAIT = 2.0  # seconds before a refused request is sent again
_QUARANTINED = "urn:m2m-server:quarantined"
_REFUSED = {"urn:m2m-server:overloaded": 429, "urn:m2m-server:unavailable": 503}


@dataclass
class Tally:
    """What became of the requests so far."""

    requests: Counter[str] = field(default_factory=Counter)  # by outcome
    asked: int = 0  # sentences of all requests
    answered: int = 0  # sentences of those that were answered
    losses: Counter[str] = field(default_factory=Counter)  # why
    doubtful: Counter[tuple[Question, str]] = field(default_factory=Counter)  # unknown answers


class Clients:
    """Threads that each have one request under way at a time while this is entered."""

    def __init__(self, url: str, answers: Answers, count: int, timeout: float) -> None:
        """`timeout` is in seconds: a request that takes longer is lost."""
        self.tally = Tally()
        self._url = url
        self._timeout = timeout
        self._answers = answers
        self._directions = answers.directions
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(i,)) for i in range(count)]

    def __enter__(self) -> "Clients":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Wait for the answers to what is under way."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _run(self, seed: int) -> None:
        draw = random.Random(seed)
        with httpx.Client(base_url=self._url, timeout=self._timeout) as client:
            while not self._stopping.is_set():
                group = draw.choice(self._directions)
                questions = draw.sample(group, min(len(group), draw.randint(1, _MOST_TEXTS)))
                self._stopping.wait(self._ask(client, questions))

    def _ask(self, client: httpx.Client, questions: Sequence[Question]) -> float:
        """Send one request and count it; return the seconds to wait before the next."""
        with self._lock:
            self.tally.asked += len(questions)
        try:
            response = client.post("/translation", json=body_of(questions))
            if response.status_code == httpx.codes.OK:
                self._note(questions, response.json()["translation"])
                return 0.0
            kind = response.json()["type"]
        except Exception as error:  # noqa: BLE001 - whatever it is, there is no answer
            self._lose(type(error).__name__)
            return 0.0
        if kind == _QUARANTINED:
            self._count("quarantined")
            return 0.0
        if _REFUSED.get(kind) == response.status_code and "Retry-After" in response.headers:
            self._count("refused")
            return min(float(response.headers["Retry-After"]), _LONGEST_WAIT)
        self._lose(f"{response.status_code} {kind}")
        return 0.0

    def _note(self, questions: Sequence[Question], translations: list[str]) -> None:
        if len(translations) != len(questions):
            self._lose("answer of another length")
            return
        with self._lock:
            self.tally.requests["answered"] += 1
            self.tally.answered += len(questions)
            for question, translation in zip(questions, translations, strict=True):
                if translation not in self._answers.known[question]:
                    self.tally.doubtful[question, translation] += 1

    def _count(self, outcome: str) -> None:
        with self._lock:
            self.tally.requests[outcome] += 1

    def _lose(self, why: str) -> None:
        with self._lock:
            self.tally.requests["lost"] += 1
            self.tally.losses[why] += 1


def body_of(questions: Sequence[Question]) -> dict[str, Any]:
    """Return the request for questions of one direction."""
    return {
        "text": [question.text for question in questions],
        "source_language": questions[0].source,
        "target_language": questions[0].target,
    }
