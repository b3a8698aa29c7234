"""The events of the streams: of POST /translation, of POST /translation/file, and of a job."""

from typing import Annotated, Generic, Literal, NotRequired, TypeVar

from pydantic import Field, Json
from typing_extensions import TypeAliasType, TypedDict

from server.schemas.answers import Problem, Translation, Warning  # noqa: A004 - its API name
from server.schemas.fields import Code, Count, doc
from server.schemas.jobs import Job, PartOf, TextEvent

_Name = TypeVar("_Name")
_Data = TypeVar("_Data")
_ONE = doc("One of the server-sent events of the response.", discriminator="event")


class SegmentEvent(TypedDict):
    """Data of a `segment` event: the next part of a text's translation."""

    index: Annotated[Count, doc("The index of the text, from 0.")]
    translation: Annotated[str, doc("Append it to the previous parts of the text.")]


class DocumentText(TypedDict):
    """Data of a `text` event: one text of a document, and its translation."""

    index: Annotated[Count, doc("The index of the text, from 0; some are not shown.")]
    source: str
    translation: str
    part_of: NotRequired[PartOf]
    warnings: NotRequired[list[Warning]]


class FileProgress(TypedDict):
    """Data of a `progress` event: how much of a document is translated, in texts."""

    done: Count
    total: Annotated[Count, doc("Known so far; a document may turn out to have more.")]
    source_language: Annotated[str, doc("The requested language, or the detected one.")]


class TranslatedDocument(TypedDict):
    """Data of the `done` event of a document."""

    file: Annotated[str, doc("The name: `manual.md` becomes `manual.de.md`.")]
    document: Annotated[str, Field(json_schema_extra={"contentEncoding": "base64"})]
    source_language: Annotated[
        str | None, doc("The requested language, or the detected one; null: there is no text.")
    ]
    target_language: Code
    notices: NotRequired[Annotated[list[str], doc("What to know about the document, if anything.")]]


class _Event(TypedDict, Generic[_Name, _Data]):
    event: _Name
    data: Json[_Data]
    id: NotRequired[str]


_Segment = _Event[Literal["segment"], SegmentEvent]
_Translated = _Event[Literal["done"], Translation]
_Failed = _Event[Literal["failed"], Problem]
TranslationEvent = TypeAliasType(
    "TranslationEvent", Annotated[_Segment | _Translated | _Failed, _ONE]
)

_FileProgress = _Event[Literal["progress"], FileProgress]
_FileText = _Event[Literal["text"], DocumentText]
_FileDone = _Event[Literal["done"], TranslatedDocument]
FileEvent = TypeAliasType(
    "FileEvent", Annotated[_FileText | _FileProgress | _FileDone | _Failed, _ONE]
)

_Progress = _Event[Literal["progress"], Job]
_Text = _Event[Literal["text"], TextEvent]
_Ended = (
    _Event[Literal["done"], Job]
    | _Event[Literal["failed"], Job]
    | _Event[Literal["cancelled"], Job]
)
JobEvent = TypeAliasType("JobEvent", Annotated[_Progress | _Text | _Ended, _ONE])
