"""Requests and answers of LibreTranslate's API."""

from collections.abc import Mapping
from typing import Annotated, NotRequired

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from server.core.errors import MissingKeyError, TooLongError, TooManyTextsError
from server.schemas.fields import Alternatives, Code, Count, Format, Source, Text, doc, setting

# Of errors; the others as in PROBLEMS.
STATUSES: Mapping[type[Exception], int] = dict.fromkeys(
    (TooManyTextsError, TooLongError, MissingKeyError), 400
)
_OPEN = ConfigDict(extra="allow")  # other members are ignored
_One = Annotated[Text, Field(min_length=1)]
_Many = Annotated[list[Text], Field(min_length=1), setting(maxItems="max_texts")]
_Key = Annotated[str, doc("The API key, unless it is in a header.")]
_Digits = Annotated[str, Field(pattern="^(0?[0-9]|10)$")]


@with_config(_OPEN)
class LibreDetectRequest(TypedDict):
    """Texts in unknown languages."""

    q: Annotated[_One | _Many, doc("A text, or an array of texts.")]
    api_key: NotRequired[_Key]


@with_config(_OPEN)
class LibreDetectForm(TypedDict):
    """A text in an unknown language."""

    q: _One
    api_key: NotRequired[_Key]


class _Options(TypedDict):
    source: Annotated[Source, Field(min_length=1)]
    target: Annotated[Code, Field(min_length=1)]
    format: NotRequired[Annotated[Format, Field(json_schema_extra={"default": "text"})]]
    alternatives: NotRequired[
        Annotated[
            Alternatives | _Digits, doc("The number of further translations. Not with `html`.")
        ]
    ]


@with_config(_OPEN)
class LibreTranslateRequest(LibreDetectRequest, _Options):
    """Texts to translate."""


@with_config(_OPEN)
class LibreTranslateForm(LibreDetectForm, _Options):
    """A text to translate."""


class LibreTranslateDetection(TypedDict):
    """A language that a text may be in."""

    confidence: Annotated[float, doc("In percent.", ge=0, le=100)]
    language: str


class LibreTranslateTranslation(TypedDict):
    """The translation of one text or many."""

    translatedText: str | list[str]
    detectedLanguage: NotRequired[LibreTranslateDetection | list[LibreTranslateDetection]]
    alternatives: NotRequired[list[str] | list[list[str]]]


class _Language(TypedDict):
    code: str
    name: str


class _Languages(TypedDict):
    source: _Language
    target: _Language


class LibreTranslateSettings(TypedDict):
    """What a user interface needs to know."""

    charLimit: Count
    frontendTimeout: Annotated[Count, doc("In milliseconds.")]
    apiKeys: bool
    keyRequired: bool
    suggestions: bool
    filesTranslation: bool
    supportedFilesFormat: list[str]
    language: Annotated[_Languages, doc("The initial choice.")]


class LibreTranslateHealth(TypedDict):
    """The state of the server."""

    status: str


class LibreTranslateError(TypedDict):
    """What went wrong."""

    error: str
