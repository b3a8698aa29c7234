"""The routes of jobs."""

from typing import Any

from gpu_pool.errors import OverloadedError
from server.core.errors import (
    InvalidFieldError,
    JobsOffError,
    NoResultError,
    StorageFullError,
    TooManyJobsError,
    TooManyTextsError,
    UnknownJobError,
)
from server.http import sse
from server.openapi.operations import (
    FORM,
    JSON,
    Operation,
    answer,
    content_of,
    json_of,
)
from server.openapi.schemas import reference
from server.openapi.translation import FILE, KEY, READING

_TAG = "Jobs"
_ID = {
    "name": "job_id",
    "in": "path",
    "required": True,
    "description": "The `id` of the job.",
    "schema": {"type": "string", "minLength": 1, "pattern": "^[^/]+$"},
}
_NO_JOB = (JobsOffError, UnknownJobError, *KEY)
_ONE = f"/translation/jobs/{{{_ID['name']}}}"
_EXAMPLE = {
    "id": "9f2c1b7a4e5d4c0f8a6b3d2e1f0a9b8c",
    "status": "running",
    "url": "/translation/jobs/9f2c1b7a4e5d4c0f8a6b3d2e1f0a9b8c",
    "result_url": "/translation/jobs/9f2c1b7a4e5d4c0f8a6b3d2e1f0a9b8c/result",
    "events_url": "/translation/jobs/9f2c1b7a4e5d4c0f8a6b3d2e1f0a9b8c/events",
    "source_language": "en",
    "target_language": "de",
    "progress": {"done": 40, "total": 100, "failed": 0, "eta": 12.5},
    "created": "2026-03-01T09:30:00.000+00:00",
    "started": "2026-03-01T09:30:00.250+00:00",
    "finished": None,
    "expires": None,
}


def operations() -> list[Operation]:
    """Return the operations."""
    return [_create(), _state(), _result(), _events(), _remove()]


def _create() -> Operation:
    texts = {
        "text": ["Good morning.", "Thank you."],
        "source_language": "en",
        "target_language": "de",
    }
    headers = {
        "Location": {"description": "Where its state is.", "schema": {"type": "string"}},
        "Retry-After": {"$ref": "#/components/headers/RetryAfter"},
    }
    return Operation(
        "post",
        "/translation/jobs",
        "createJob",
        _TAG,
        "Have many texts or a large document translated in the background",
        description="A job lets other requests go first, and outlives a restart of the server.",
        body={
            **json_of("TextJobRequest", many_texts=texts),
            FORM: content_of(reference("FileRequest")),
        },
        answers={202: answer("The job is taken.", json_of("Job"), headers)},
        errors=(*READING, TooManyTextsError, TooManyJobsError, StorageFullError, JobsOffError),
    )


def _state() -> Operation:
    return Operation(
        "get",
        _ONE,
        "getJob",
        _TAG,
        "How far a job is",
        parameters=[_ID],
        answers={200: answer("The state of the job.", json_of("Job", half_way=_EXAMPLE))},
        errors=_NO_JOB,
    )


def _result() -> Operation:
    first = _number("from", "query", "With it: the texts done so far, from this one on.")
    return Operation(
        "get",
        f"{_ONE}/result",
        "getJobResult",
        _TAG,
        "What came of a job",
        description="The translations of a job of texts, or the translated document.",
        parameters=[_ID, first],
        answers={
            200: answer(
                "The result.", {JSON: {"schema": reference("JobResult")}, FILE: {"schema": {}}}
            )
        },
        errors=(*_NO_JOB, InvalidFieldError, NoResultError, OverloadedError),
    )


def _events() -> Operation:
    stream = {"schema": reference("JobEvent")}
    last = {
        "name": "Last-Event-ID",
        "in": "header",
        "description": "The id of the last event that was received: what follows it is sent.",
        "schema": {"type": "string", "pattern": "^([0-9]+|end)$"},
    }
    return Operation(
        "get",
        f"{_ONE}/events",
        "watchJob",
        _TAG,
        "What happens to a job, as it happens",
        description="The schema is that of each event. The last one is named as the job's end.",
        parameters=[_ID, last, _number("from", "query", "The first text to send, from 0.")],
        answers={
            200: answer("Events, until the job ends.", {sse.MEDIA_TYPE: stream}),
            204: answer("All has been received."),
        },
        errors=(*_NO_JOB, InvalidFieldError, OverloadedError),
    )


def _remove() -> Operation:
    return Operation(
        "delete",
        _ONE,
        "removeJob",
        _TAG,
        "Cancel a job, or delete a finished one",
        parameters=[_ID],
        answers={204: answer("The job is no more, or will soon be cancelled.")},
        errors=_NO_JOB,
    )


def _number(name: str, place: str, description: str) -> dict[str, Any]:
    schema = {"type": "integer", "minimum": 0}
    return {"name": name, "in": place, "description": description, "schema": schema}
