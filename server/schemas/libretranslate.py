"""Requests and answers of LibreTranslate's API."""

from collections.abc import Mapping
from typing import Annotated, Literal, NotRequired

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from server.core.errors import (
    MediaTypeError,
    MissingKeyError,
    TooLongError,
    TooManyTextsError,
)
from server.core.media_types import BINARY
from server.schemas.fields import (
    Alternatives,
    Code,
    Count,
    Format,
    Source,
    Text,
    doc,
    null_is_absent,
    setting,
)

# Of errors; the others as in PROBLEMS.
STATUSES: Mapping[type[Exception], int] = dict.fromkeys(
    (TooManyTextsError, TooLongError, MissingKeyError, MediaTypeError), 400
)
# Other members are ignored.
_FORM = ConfigDict(extra="allow")
_JSON = ConfigDict(extra="allow", json_schema_extra=null_is_absent)
_One = Annotated[Text, Field(min_length=1)]
_Many = Annotated[list[Text], Field(min_length=1), setting(maxItems="max_texts")]
_Key = Annotated[str, doc("The API key, unless it is in a header.")]
_Digits = Annotated[str, Field(pattern="^(0?[0-9]|10)$")]


@with_config(_JSON)
class LibreDetectRequest(TypedDict):
    """Texts in unknown languages."""

    q: Annotated[_One | _Many, doc("A text, or an array of texts.")]
    api_key: NotRequired[_Key]


@with_config(_FORM)
class LibreDetectForm(TypedDict):
    """A text in an unknown language, or several."""

    q: Annotated[_One | _Many, doc("A text. If it is repeated, the answer is that of an array.")]
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


@with_config(_JSON)
class LibreTranslateRequest(LibreDetectRequest, _Options):
    """Texts to translate."""


@with_config(_FORM)
class LibreTranslateForm(LibreDetectForm, _Options):
    """A text to translate, or several."""


@with_config(_FORM)
class LibreSuggestForm(TypedDict):
    """A text, and a better translation of it."""

    q: Annotated[str, Field(min_length=1)]
    s: Annotated[str, Field(min_length=1)]
    source: Annotated[str, Field(min_length=1)]
    target: Annotated[str, Field(min_length=1)]
    api_key: NotRequired[_Key]


@with_config(_JSON)
class LibreSuggestRequest(LibreSuggestForm):
    """A text, and a better translation of it."""


@with_config(_FORM)
class LibreFileForm(TypedDict):
    """A document to translate."""

    file: Annotated[
        str,
        doc("The document. The suffix of its name determines the format."),
        Field(json_schema_extra={"contentMediaType": BINARY}),
    ]
    source: Annotated[Source, Field(min_length=1)]
    target: Annotated[Code, Field(min_length=1)]
    api_key: NotRequired[_Key]


class LibreTranslatedFile(TypedDict):
    """Where a translated document is."""

    translatedFileUrl: Annotated[str, doc("It needs no API key.")]


class LibreTranslateDetection(TypedDict):
    """A language that a text may be in."""

    confidence: Annotated[float, doc("In percent.", ge=0, le=100)]
    language: str


class LibreTranslateTranslation(TypedDict):
    """The translation of one text or many."""

    translatedText: str | list[str]
    detectedLanguage: NotRequired[LibreTranslateDetection | list[LibreTranslateDetection]]
    alternatives: NotRequired[list[str] | list[list[str]]]


class LibreTranslateSuggestion(TypedDict):
    """Whether a suggestion has been stored."""

    success: Literal[False]


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
