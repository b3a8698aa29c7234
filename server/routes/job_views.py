"""Jobs as clients see them: state, results, events."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from server.core.errors import problem_type
from server.core.requests import AUTO
from server.database.interface import StorageError
from server.http.sse import KEEP_ALIVE, event
from server.jobs.jobs import Jobs
from server.jobs.records import Failure, ItemOutcome, Job, JobSpec

_PAGE = 500  # outcomes read at a time
_KEEP_ALIVE_SECONDS = 15
_CHECK_SECONDS = 1.0  # until a disconnected client is noticed
LAST_EVENT = "end"  # the id of the last event


def show_job(job: Job, retention: float, root: str) -> dict[str, Any]:
    """Return the state of a job, whose path is below `root`; what does not exist yet is null."""
    eta = None if job.ended else job.eta
    url = f"{root}/{job.id}"
    shown: dict[str, Any] = {
        "id": job.id,
        "status": job.status,
        "url": url,
        "result_url": f"{url}/result",
        "events_url": f"{url}/events",
        "source_language": job.spec.source,
        "target_language": job.spec.target,
        "progress": {
            "done": job.texts_done,
            "total": job.texts,
            "failed": job.texts_failed,
            "eta": None if eta is None else round(eta, 1),
        },
        "created": _moment(job.created),
        "started": _moment(job.started),
        "finished": _moment(job.finished),
        "expires": _moment(None if job.finished is None else job.finished + retention),
    }
    if job.spec.file is not None:
        shown["file"] = job.spec.file
    if job.spec.model is not None:
        shown["model"] = job.spec.model
    if job.notices:
        shown["notices"] = list(job.notices)
    return shown if job.error is None else shown | {"error": job.error}


def show_results(jobs: Jobs, job: Job, first: int) -> Iterator[bytes]:
    """Yield the results from text `first` on as JSON, up to the first unfinished one.

    They are never all in memory.
    """
    head: dict[str, Any] = {"id": job.id, "status": job.status, "from": first, "translation": []}
    yield _dump(head)[:-2].encode()
    following = _Following(job)
    comma = ""
    for outcome in _outcomes(jobs, job, first):
        yield f"{comma}{_dump(_translation(outcome))}".encode()
        comma, first = ",", outcome.position + 1
        following.add(outcome)
    rest = {"next": first, "total": job.texts, **following.members()}
    yield f"],{_dump(rest)[1:]}\n".encode()


def show_events(
    jobs: Jobs, job: Job, first: int, show: Callable[[Job], Any], gone: Callable[[], bool]
) -> Iterator[bytes]:
    """Yield a job's events, starting with text `first`, until it ends.

    Stops without a final event when the client disconnects or the server shuts down. While the
    database is away, nothing happens.
    """
    news = _News(jobs, job, first, show)
    silent = 0.0
    while not (news.ended or jobs.changes.closed or gone()):
        step = jobs.changes.step
        with suppress(StorageError):
            for each in news.since_last():
                silent = 0.0
                yield each
        if news.ended:
            return
        jobs.changes.wait(step, _CHECK_SECONDS)
        silent += _CHECK_SECONDS
        if silent >= _KEEP_ALIVE_SECONDS:
            silent = 0.0
            yield KEEP_ALIVE


class _News:
    """What has happened to a job since somebody looked."""

    def __init__(self, jobs: Jobs, job: Job, first: int, show: Callable[[Job], Any]) -> None:
        self.ended = False
        self._jobs = jobs
        self._job = job
        self._next = first  # text
        self._done = -1  # texts, when last shown
        self._show = show

    def since_last(self) -> Iterator[bytes]:
        """Yield new events; each counts as seen. Raises StorageError."""
        current = self._jobs.store.find(self._job.id)
        if current is None:  # deleted
            self.ended = True
            return
        if current.texts_done != self._done:
            self._done = current.texts_done
            yield event("progress", self._show(current))
        for outcome in _outcomes(self._jobs, current, self._next):
            self._next = outcome.position + 1
            if not outcome.beside:
                yield event("text", _show_text(outcome, current.spec), str(self._next))
        if current.ended:
            self.ended = True
            yield event(current.status, self._show(current), LAST_EVENT)


class _Following:
    """The members that follow the translations, collected text by text."""

    def __init__(self, job: Job) -> None:
        self._spec = job.spec
        self._detected: list[dict[str, Any] | None] = []
        self._alternatives: list[Sequence[str] | None] = []
        self._warnings: list[dict[str, str]] = []
        self._errors: list[dict[str, Any]] = []
        self._models: list[str | None] = []

    def add(self, outcome: ItemOutcome) -> None:
        result = outcome.result
        model, detected, alternatives = None, None, None
        if isinstance(result, Failure):
            self._errors.append({"field": _field(outcome), **_show_failure(result)})
        else:
            self._warnings += _warnings(outcome)
            detected, alternatives = _detected(outcome), list(result.alternatives)
            model = result.model
        self._models.append(model)
        if self._spec.source == AUTO:
            self._detected.append(detected)
        if self._spec.alternatives:
            self._alternatives.append(alternatives)

    def members(self) -> dict[str, Any]:
        members: dict[str, Any] = {
            "source_language": self._spec.source,
            "target_language": self._spec.target,
        }
        if self._spec.source == AUTO:
            members["source_language"] = [d and d["language"] for d in self._detected]
            members["detected"] = self._detected
        if self._spec.alternatives:
            members["alternatives"] = self._alternatives
        if self._warnings:
            members["warnings"] = self._warnings
        if self._errors:
            members["errors"] = self._errors
        known = set(filter(None, self._models))
        members["model"] = self._models if len(known) > 1 else next(iter(known), self._spec.model)
        return members


def _outcomes(jobs: Jobs, job: Job, first: int) -> Iterator[ItemOutcome]:
    while page := jobs.store.outcomes(job.number, first, _PAGE):
        yield from page
        first += len(page)


def _show_text(outcome: ItemOutcome, spec: JobSpec) -> dict[str, Any]:
    result = outcome.result
    shown: dict[str, Any] = {"index": outcome.position, "translation": _translation(outcome)}
    if spec.file is not None and outcome.source is not None:
        shown["source"] = outcome.source
    if outcome.whole is not None:
        shown["part_of"] = outcome.whole
    if isinstance(result, Failure):
        return shown | {"error": _show_failure(result)}
    if result.confidence is not None:
        shown["detected"] = _detected(outcome)
    if result.alternatives:
        shown["alternatives"] = list(result.alternatives)
    warnings = _warnings(outcome)
    return shown | {"warnings": warnings} if warnings else shown


def _translation(outcome: ItemOutcome) -> str | None:
    return None if isinstance(outcome.result, Failure) else outcome.result.text


def _detected(outcome: ItemOutcome) -> dict[str, Any]:
    assert not isinstance(outcome.result, Failure)
    return {"language": outcome.result.source, "confidence": outcome.result.confidence}


def _warnings(outcome: ItemOutcome) -> list[dict[str, str]]:
    assert not isinstance(outcome.result, Failure)
    return outcome.result.described_warnings(_field(outcome))


def _show_failure(failure: Failure) -> dict[str, Any]:
    return {"type": problem_type(failure.slug), "detail": failure.detail}


def _field(outcome: ItemOutcome) -> str:
    return f"text[{outcome.position}]"


def _moment(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
