"""The routes of jobs."""

from typing import Annotated

from pydantic import Field

from gpu_pool.errors import OverloadedError
from server.core.errors import (
    InvalidFieldError,
    JobsOffError,
    MediaTypeError,
    NoResultError,
    StorageFullError,
    TooManyJobsError,
    TooManyTextsError,
    UnknownJobError,
)
from server.core.media_types import BINARY, EVENT_STREAM, FORM
from server.openapi.errors import KEY, TEXTS
from server.openapi.operations import Operation, answer, content_of, header, json_of, parameter
from server.openapi.translation import PAIR
from server.schemas.events import JobEvent
from server.schemas.fields import Count
from server.schemas.jobs import Job, JobResult
from server.schemas.translation import FileRequest, TextJobRequest

_JOBS = "/translation/jobs"
_JOB = _JOBS + "/{job_id}"
_FULL = (TooManyJobsError, StorageFullError)
_NO_JOB = (JobsOffError, UnknownJobError, *KEY)
_ID = parameter(
    "job_id",
    "path",
    "The `id` of the job.",
    Annotated[str, Field(min_length=1, pattern="^[^/]+$")],
    required=True,
)
_LAST = parameter(
    "Last-Event-ID",
    "header",
    "The id of the last event received; the stream continues after it.",
    Annotated[str, Field(pattern="^([0-9]+|end)$")],
)
_REQUEST = {"text": ["Good morning.", "Thank you."], **PAIR}
_URL = f"{_JOBS}/9f2c1b7a4e5d4c0f8a6b3d2e1f0a9b8c"
_STATE = {
    "id": "9f2c1b7a4e5d4c0f8a6b3d2e1f0a9b8c",
    "status": "running",
    "url": _URL,
    "result_url": f"{_URL}/result",
    "events_url": f"{_URL}/events",
    **PAIR,
    "progress": {"done": 40, "total": 100, "failed": 0, "eta": 12.5},
    "created": "2026-03-01T09:30:00.000+00:00",
    "started": "2026-03-01T09:30:00.250+00:00",
    "finished": None,
    "expires": None,
}
_CREATED = {
    "Location": header("The path of the job's state."),
    "Retry-After": {"$ref": "#/components/headers/RetryAfter"},
}
OPERATIONS = [
    Operation(
        f"post {_JOBS}",
        "createJob",
        "Translate many texts or a large document in the background",
        {202: answer("The job has been created.", json_of(Job), _CREATED)},
        (*TEXTS, MediaTypeError, TooManyTextsError, *_FULL, JobsOffError),
        body={**json_of(TextJobRequest, many_texts=_REQUEST), FORM: content_of(FileRequest)},
        description="A job yields to other requests, and survives a restart of the server.",
    ),
    Operation(
        f"get {_JOB}",
        "getJob",
        "Get the state of a job",
        {200: answer("The state of the job.", json_of(Job, half_way=_STATE))},
        _NO_JOB,
        [_ID],
    ),
    Operation(
        f"get {_JOB}/result",
        "getJobResult",
        "Get the result of a job",
        {200: answer("The result.", {**json_of(JobResult), BINARY: content_of({})})},
        (*_NO_JOB, InvalidFieldError, NoResultError, OverloadedError),
        [_ID, parameter("from", "query", "Get the texts done so far, from this one on.", Count)],
        description="The translations of a job of texts, or the translated document.",
    ),
    Operation(
        f"get {_JOB}/events",
        "watchJob",
        "Watch a job",
        {
            200: answer("Events until the job ends.", {EVENT_STREAM: content_of(JobEvent)}),
            204: answer("All events have been received."),
        },
        (*_NO_JOB, InvalidFieldError, OverloadedError),
        [_ID, _LAST, parameter("from", "query", "The first text to send, from 0.", Count)],
        description="The schema is that of one event. The name of the last event is the final "
        "status of the job.",
    ),
    Operation(
        f"delete {_JOB}",
        "removeJob",
        "Cancel a job, or delete a finished one",
        {204: answer("The job is deleted, or will be cancelled soon.")},
        _NO_JOB,
        [_ID],
    ),
]
