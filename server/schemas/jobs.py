"""What the routes of jobs answer: the state of a job, its results, its texts."""

from typing import Annotated, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from server.core.job_status import JobStatus
from server.schemas.answers import Detected, ProblemType, Warning  # noqa: A004 - its name in the API
from server.schemas.fields import Code, Count, doc

PartOf = Annotated[
    Count,
    doc(
        "The index of an earlier text of the document, whose markup has no place in its "
        "translation. The translations of its parts replace it."
    ),
]
_Time = Annotated[str, Field(json_schema_extra={"format": "date-time"})]


class Progress(TypedDict):
    """The progress of a job, in texts."""

    done: Annotated[Count, doc("Includes those that failed.")]
    total: Annotated[Count, doc("Known so far; a document may turn out to have more.")]
    failed: Count
    eta: Annotated[float | None, doc("Seconds left; null: unknown.", ge=0)]


class Job(TypedDict):
    """The state of a job. Times are UTC, and null for what has not happened yet."""

    id: str
    status: JobStatus
    url: Annotated[str, doc("The path of this state.")]
    result_url: Annotated[str, doc("The path of the result.")]
    events_url: Annotated[str, doc("The path of the events.")]
    source_language: Annotated[str, doc("The requested language; of a document, the detected one.")]
    target_language: Code
    progress: Progress
    created: _Time
    started: _Time | None
    finished: _Time | None
    expires: Annotated[_Time | None, doc("When the job will be deleted.")]
    file: NotRequired[Annotated[str, doc("The name of the document, if it is one.")]]
    model: NotRequired[Annotated[str, doc("The requested model, if any.")]]
    notices: NotRequired[
        Annotated[list[str], doc("What to know about the resulting document, if anything.")]
    ]
    error: NotRequired[Annotated[str, doc("Why the job failed as a whole.")]]


class TextFailure(TypedDict):
    """Why one text of a job has no translation."""

    type: ProblemType
    detail: str


class FieldFailure(TextFailure):
    """Why one text of a job has no translation, and which text it is."""

    field: Annotated[str, Field(examples=["text[3]"])]


class JobResult(TypedDict):
    """The results of a job of texts: from one text up to the first that is not done."""

    id: str
    status: JobStatus
    first: Annotated[Count, doc("The first text of this answer.", alias="from")]
    translation: Annotated[list[str | None], doc("null: it failed, see `errors`.")]
    next: Annotated[Count, doc("The `from` to continue with.")]
    total: Annotated[Count, doc("The number of texts of the job.")]
    source_language: Annotated[
        str | list[str | None], doc("The requested language; with `auto`, the code of each text.")
    ]
    target_language: Code
    model: Annotated[
        str | list[str | None] | None,
        doc("The model that translated; an array where texts had different ones; null: not known."),
    ]
    detected: NotRequired[list[Detected | None]]
    alternatives: NotRequired[list[list[str] | None]]
    warnings: NotRequired[list[Warning]]
    errors: NotRequired[list[FieldFailure]]


class TextEvent(TypedDict):
    """Data of a `text` event: one text of the job is done."""

    index: Annotated[Count, doc("The index of the text, from 0; some of a document are not shown.")]
    translation: Annotated[str | None, doc("null: it failed, see `error`.")]
    source: NotRequired[Annotated[str, doc("The text, of a document.")]]
    part_of: NotRequired[PartOf]
    error: NotRequired[TextFailure]
    detected: NotRequired[Detected]
    alternatives: NotRequired[list[str]]
    warnings: NotRequired[list[Warning]]
