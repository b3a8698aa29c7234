"""What the routes answer, as types that schemas are made of.

A member that is not required is absent where it has nothing to tell; none is null instead.
"""

from typing import (
    Annotated,
    Any,
    Literal,
    NotRequired,  # typing's cannot be read by pydantic on 3.11
)

from pydantic import ConfigDict, Field
from typing_extensions import TypedDict

from gpu_pool.messages import EngineInfo
from gpu_pool.status import PoolState
from server.jobs.records import Status

_CLOSED = ConfigDict(extra="forbid")
Code = Annotated[str, Field(description="A code of `GET /languages`.", examples=["de"])]
_Confidence = Annotated[float, Field(ge=0, le=1, description="0 to 1.")]
_Count = Annotated[int, Field(ge=0)]
_Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
_OneOrMany = "One for one text, an array for an array of texts, in its order."


class Problem(TypedDict):
    """What went wrong, as RFC 9457 (problem details) has it. It never holds text to translate."""

    __pydantic_config__ = _CLOSED  # type: ignore[misc]
    type: Annotated[str, Field(description="The kind of problem, for programs.")]
    title: Annotated[str, Field(description="The kind of problem, for people.")]
    status: Annotated[int, Field(ge=400, le=599)]
    detail: Annotated[str, Field(description="What is wrong with this request.")]
    field: NotRequired[
        Annotated[str, Field(description="The field at fault.", examples=["text[3]"])]
    ]


class Detected(TypedDict):
    """The language that a text seems to be written in."""

    __pydantic_config__ = _CLOSED  # type: ignore[misc]
    language: Code
    confidence: _Confidence


class Warning(TypedDict):  # noqa: A001 - its name in the answers
    """Why a translation is doubtful."""

    __pydantic_config__ = _CLOSED  # type: ignore[misc]
    field: Annotated[str, Field(description="The text, as in the request.", examples=["text[3]"])]
    code: Literal["lost_token", "repetition", "length", "untranslated", "empty"]
    detail: str


class Translation(TypedDict):
    """The translation of one text or of many."""

    __pydantic_config__ = _CLOSED  # type: ignore[misc]
    translation: Annotated[str | list[str], Field(description=_OneOrMany)]
    source_language: Annotated[
        str | list[str],
        Field(description="As asked for; where that was `auto`, the code of each text."),
    ]
    target_language: Code
    model: Annotated[str, Field(description="The model that translated.")]
    detected: NotRequired[
        Annotated[Detected | list[Detected], Field(description="With `auto` only. " + _OneOrMany)]
    ]
    alternatives: NotRequired[
        Annotated[
            list[str] | list[list[str]],
            Field(description="Where asked for: further translations, the best first."),
        ]
    ]
    warnings: NotRequired[list[Warning]]


class SegmentEvent(TypedDict):
    """Data of the event `segment`: the next piece of the translation of a text."""

    __pydantic_config__ = _CLOSED  # type: ignore[misc]
    index: Annotated[int, Field(ge=0, description="The text, from 0.")]
    translation: Annotated[str, Field(description="To be added to what came before of this text.")]


class Progress(TypedDict):
    """How far a job is, in texts."""

    __pydantic_config__ = _CLOSED  # type: ignore[misc]
    done: Annotated[int, Field(ge=0, description="Those that failed among them.")]
    total: Annotated[
        int, Field(ge=0, description="Known so far: a file may turn out to have more.")
    ]
    failed: _Count
    eta: Annotated[float | None, Field(ge=0, description="Seconds left; null: not known.")]


class Job(TypedDict):
    """The state of a job. Times are UTC, and null for what has not happened yet."""

    __pydantic_config__ = _CLOSED  # type: ignore[misc]
    id: str
    status: Status
    url: Annotated[str, Field(description="Where this state is.")]
    result_url: Annotated[str, Field(description="Where the result is.")]
    events_url: Annotated[str, Field(description="Where events come from.")]
    source_language: Annotated[str, Field(description="As asked for; of a file what it is in.")]
    target_language: Code
    progress: Progress
    created: _Moment
    started: _Moment | None
    finished: _Moment | None
    expires: Annotated[_Moment | None, Field(description="When the job will be deleted.")]
    file: NotRequired[Annotated[str, Field(description="The name of the file, if it is one.")]]
    error: NotRequired[Annotated[str, Field(description="Why the job failed as a whole.")]]


class TextFailure(TypedDict):
    """Why one text of a job has no translation."""

    __pydantic_config__ = _CLOSED  # type: ignore[misc]
    type: Annotated[str, Field(description="The kind of problem, for programs.")]
    detail: str


class FieldFailure(TextFailure):
    """Why one text of a job has no translation, and which one it is."""

    __pydantic_config__ = _CLOSED  # type: ignore[misc]
    field: Annotated[str, Field(examples=["text[3]"])]


class JobResult(TypedDict):
    """The results of a job of texts, from one text on, up to the first that is not done."""

    __pydantic_config__ = _CLOSED  # type: ignore[misc]
    id: str
    status: Status
    first: Annotated[int, Field(ge=0, alias="from", description="The first text in here.")]
    translation: Annotated[list[str | None], Field(description="null: it failed, see `errors`.")]
    next: Annotated[int, Field(ge=0, description="The `from` to go on with.")]
    total: Annotated[int, Field(ge=0, description="Texts of the job.")]
    source_language: Annotated[
        str | list[str | None],
        Field(description="As asked for; where that was `auto`, the code of each text."),
    ]
    target_language: Code
    model: str
    detected: NotRequired[list[Detected | None]]
    alternatives: NotRequired[list[list[str] | None]]
    warnings: NotRequired[list[Warning]]
    errors: NotRequired[list[FieldFailure]]


class TextEvent(TypedDict):
    """Data of the event `text`: one text of the job is done."""

    __pydantic_config__ = _CLOSED  # type: ignore[misc]
    index: Annotated[int, Field(ge=0, description="The text, from 0.")]
    translation: str | None
    error: NotRequired[TextFailure]
    detected: NotRequired[Detected]
    alternatives: NotRequired[list[str]]
    warnings: NotRequired[list[Warning]]


class Language(TypedDict):
    """A language of the model."""

    __pydantic_config__ = _CLOSED  # type: ignore[misc]
    code: Annotated[str, Field(description="What the other routes call it.", examples=["de"])]
    name: Annotated[str, Field(description="Its name in English.", examples=["German"])]
    targets: Annotated[list[str], Field(description="Codes of what it can be translated to.")]


class Workers(TypedDict):
    """How many workers there are."""

    __pydantic_config__ = _CLOSED  # type: ignore[misc]
    ready: _Count
    total: _Count


class Health(TypedDict):
    """Whether requests are answered."""

    __pydantic_config__ = _CLOSED  # type: ignore[misc]
    status: Annotated[PoolState, Field(description="Served are `ok` and `degraded`.")]
    workers: Workers
    engines: Annotated[
        dict[str, EngineInfo],
        Field(description="By worker; those that are loading for the first time are missing."),
    ]
    model: str
    version: str


class Alive(TypedDict):
    """The process answers."""

    __pydantic_config__ = _CLOSED  # type: ignore[misc]
    status: Literal["alive"]


ANSWERS: tuple[Any, ...] = (
    Problem, Detected, Warning, Translation, SegmentEvent, Progress, Job, TextFailure,
    FieldFailure, JobResult, TextEvent, Language, EngineInfo, Workers, Health, Alive,
)  # fmt: skip
