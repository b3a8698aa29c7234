"""Clients in several processes for a fixed time: one process of Python is slower than a GPU."""

import os
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPException
from itertools import chain, count, pairwise
from multiprocessing import get_context

from benchmarks.client import Client

Request = str | Sequence[str]  # a text, or an array
_PROCESSES = 6
_AHEAD = 0.2  # seconds until the clients of all processes begin
_RAMP = 0.25  # of the measured time: clients are at work before the clock runs
_ANSWER_SECONDS = 60.0
_PAUSE = 0.05  # seconds after a refusal


@dataclass(frozen=True)
class Seen:
    """What clients saw of the answers that came while the clock ran."""

    rate: float  # texts a second
    median_ms: float
    p99_ms: float
    failed: int  # requests


@dataclass(frozen=True)
class _Task:
    """What the clients of one process do; times are of the monotonic clock."""

    url: str
    languages: tuple[str, str]
    requests: Sequence[Request]
    first: int  # number of the first client
    clients: int
    begin: float
    end: float


@dataclass(frozen=True)
class _Answer:
    at: float
    seconds: float
    texts: int  # 0: refused


class Crowd:
    """Processes that can be clients; they are started once, for that takes a while."""

    def __init__(self) -> None:
        processes = min(_PROCESSES, max(1, len(os.sched_getaffinity(0)) // 2))
        self._processes = processes
        self._pool = ProcessPoolExecutor(processes, get_context("spawn"))
        list(self._pool.map(time.sleep, [_AHEAD] * processes))

    def close(self) -> None:
        """End the processes."""
        self._pool.shutdown()

    def load(
        self,
        url: str,
        languages: tuple[str, str],
        requests: Sequence[Request],
        clients: int,
        seconds: float,
    ) -> Seen:
        """Let `clients` send one request after another; measure for `seconds`."""
        processes = min(self._processes, clients)
        begin = time.monotonic() + _AHEAD
        start = begin + _RAMP * seconds
        bounds = [clients * i // processes for i in range(processes + 1)]
        tasks = [
            _Task(url, languages, requests, first, after - first, begin, start + seconds)
            for first, after in pairwise(bounds)
        ]
        answers = list(chain.from_iterable(self._pool.map(_ask_all, tasks)))
        return _summary([a for a in answers if start <= a.at <= start + seconds], seconds)


def _ask_all(task: _Task) -> list[_Answer]:
    """Be the clients of one process until the time is over."""
    time.sleep(max(0.0, task.begin - time.monotonic()))
    with ThreadPoolExecutor(task.clients) as threads:
        numbers = range(task.first, task.first + task.clients)
        return list(chain.from_iterable(threads.map(lambda n: _ask(task, n), numbers)))


def _ask(task: _Task, number: int) -> list[_Answer]:
    """Be one client: it starts at a request of its own, so that few ask the same at once."""
    answers: list[_Answer] = []
    with closing(Client(task.url, *task.languages, _ANSWER_SECONDS)) as client:
        for turn in count(number * 7):
            if (begun := time.monotonic()) >= task.end:
                break
            request = task.requests[turn % len(task.requests)]
            try:
                client.translate(request)
                texts = 1 if isinstance(request, str) else len(request)
            except (RuntimeError, OSError, HTTPException):
                texts = 0
                client.close()
                time.sleep(_PAUSE)
            now = time.monotonic()
            answers.append(_Answer(now, now - begun, texts))
    return answers


def _summary(answers: Sequence[_Answer], seconds: float) -> Seen:
    good = sorted(answer.seconds * 1e3 for answer in answers if answer.texts)
    return Seen(
        rate=sum(answer.texts for answer in answers) / seconds,
        median_ms=good[len(good) // 2] if good else 0.0,
        p99_ms=good[len(good) * 99 // 100] if good else 0.0,
        failed=len(answers) - len(good),
    )
