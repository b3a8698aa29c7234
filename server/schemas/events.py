"""The events of the two streams: of POST /translation, and of a job."""

from typing import Annotated, Generic, Literal, NotRequired, TypeVar

from pydantic import Json
from typing_extensions import TypeAliasType, TypedDict

from server.schemas.answers import Problem, Translation
from server.schemas.fields import Count, doc
from server.schemas.jobs import Job, TextEvent

_Name = TypeVar("_Name")
_Data = TypeVar("_Data")
_ONE = doc("One of the server-sent events of the response.", discriminator="event")


class SegmentEvent(TypedDict):
    """Data of a `segment` event: the next part of a text's translation."""

    index: Annotated[Count, doc("The index of the text, from 0.")]
    translation: Annotated[str, doc("Append it to the previous parts of the text.")]


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

_Progress = _Event[Literal["progress"], Job]
_Text = _Event[Literal["text"], TextEvent]
_Ended = (
    _Event[Literal["done"], Job]
    | _Event[Literal["failed"], Job]
    | _Event[Literal["cancelled"], Job]
)
JobEvent = TypeAliasType("JobEvent", Annotated[_Progress | _Text | _Ended, _ONE])
