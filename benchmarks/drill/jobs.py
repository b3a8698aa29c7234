"""Clients that make jobs, watch them to their end and fetch the results; nothing may be lost.

They do as docs/replicas.md says: each job has an Idempotency-Key, what got no answer is sent again,
and an event stream that ends early is continued after the last event.
"""

import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import httpx

from benchmarks.client_threads import ClientThreads
from benchmarks.drill.clients import FAILURES, TIMEOUT, cause_of, check, read_events
from benchmarks.drill.records import Records
from benchmarks.drill.texts import are_translations, make_texts

COUNTS = {"texts": 2, "file": 1, "long": 1}
_TEXTS = {"texts": 8, "file": 8, "long": 250}
_PAIR = {"source_language": "en", "target_language": "de"}
_PAUSE_SECONDS = 0.5
_LAST = "end"  # the id of a job's last event
_PATIENCE_SECONDS = 300.0  # for a job to end once all faults are over


@dataclass
class JobRecord:
    """A job that a client wants."""

    texts: list[str]
    key: str = field(default_factory=lambda: secrets.token_hex(16))
    urls: set[str] = field(default_factory=set)  # two are one too many
    seen: list[int] = field(default_factory=list)  # the texts of which there was an event
    resumed: int = 0  # event streams that ended before the job
    complete: bool = False  # the result is there, and right


class JobClients(ClientThreads):
    """Threads that make one job after another; the last ones are awaited."""

    def __init__(self, url: str, key: str, records: Records) -> None:
        """`url` is that of the proxy, `key` an API key."""
        self.jobs: list[JobRecord] = []
        self._url = url
        self._key = key
        self._records = records
        self._give_up_at = float("inf")
        super().__init__(
            partial(self._run, kind) for kind, count in COUNTS.items() for _ in range(count)
        )

    def __exit__(self, *_: object) -> None:
        """Wait for the jobs in progress."""
        self._give_up_at = time.monotonic() + _PATIENCE_SECONDS
        super().__exit__()

    def _run(self, kind: str) -> None:
        headers = {"Authorization": f"Bearer {self._key}"}
        with httpx.Client(base_url=self._url, timeout=TIMEOUT, headers=headers) as client:
            while not self.stopping.wait(_PAUSE_SECONDS):
                job = JobRecord(make_texts(_TEXTS[kind]))
                self.jobs.append(job)
                post = partial(self._post, client, job, kind)
                url = self._persist("job", post)
                if len(self.jobs) % 3 == 0:  # as if there had been no answer
                    self._persist("job", post)
                if url is not None:
                    self._follow(client, job, url, kind)

    def _follow(self, client: httpx.Client, job: JobRecord, url: str, kind: str) -> None:
        while self._persist("events", partial(self._watch, client, job, url)) == "":
            job.resumed += 1
            time.sleep(_PAUSE_SECONDS)
        if self._persist("result", partial(self._fetch, client, job, url, kind)):
            job.complete = True

    def _persist(self, kind: str, send: Callable[[], str]) -> str | None:
        """Return what a request returns, which is sent again until it succeeds; None if in vain."""
        while time.monotonic() < self._give_up_at:
            begun = time.monotonic()
            try:
                found = send()
            except FAILURES as error:
                self._records.failed(kind, cause_of(error))
                time.sleep(_PAUSE_SECONDS)
            else:
                self._records.answered(kind, begun)
                return found
        return None

    def _post(self, client: httpx.Client, job: JobRecord, kind: str) -> str:
        """Return the job's path."""
        headers = {"Idempotency-Key": job.key}
        body: dict[str, Any] = {"json": {"text": job.texts, **_PAIR}}
        if kind == "file":
            form = {**_PAIR, "line_breaks": "keep"}
            body = {"data": form, "files": {"file": ("a.txt", "\n".join(job.texts).encode())}}
        answer = client.post("/translation/jobs", headers=headers, **body).raise_for_status()
        url = str(answer.json()["url"])
        job.urls.add(url)
        return url

    def _watch(self, client: httpx.Client, job: JobRecord, url: str) -> str:
        """Read events after the last one that was seen; return "" unless it was the job's last."""
        headers = {"Last-Event-ID": str(len(job.seen))}  # the id of an event is the next index
        with client.stream("GET", f"{url}/events", headers=headers) as answer:
            answer.raise_for_status()
            for event in read_events(answer):
                if event["event"] == "text":
                    job.seen.append(json.loads(event["data"])["index"])
                if event.get("id") == _LAST:
                    return _LAST
        return ""

    def _fetch(self, client: httpx.Client, job: JobRecord, url: str, kind: str) -> str:
        answer = client.get(f"{url}/result").raise_for_status()
        found = answer.text.split("\n") if kind == "file" else answer.json()["translation"]
        check(are_translations(found, job.texts))
        return url
