"""Requests and answers of Google Cloud Translation, version 2 ("Basic")."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NotRequired

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from server.core.errors import MissingKeyError, TooLongError, TooManyTextsError, WrongKeyError
from server.schemas.fields import Code, Format, Source, Text, doc, null_is_absent, setting

# Of errors; the others as in PROBLEMS.
STATUSES: Mapping[type[Exception], int] = {
    TooManyTextsError: 400,
    TooLongError: 400,
    WrongKeyError: 400,
    MissingKeyError: 403,
}
# The names of a status, as a word and as the reason of an error; those of others are like 400's.
STATUS_NAMES: Mapping[int, tuple[str, str]] = {
    400: ("INVALID_ARGUMENT", "invalid"),
    403: ("PERMISSION_DENIED", "forbidden"),
    404: ("NOT_FOUND", "notFound"),
    429: ("RESOURCE_EXHAUSTED", "rateLimitExceeded"),
    499: ("CANCELLED", "cancelled"),
    500: ("INTERNAL", "backendError"),
    503: ("UNAVAILABLE", "backendError"),
    504: ("DEADLINE_EXCEEDED", "backendError"),
}
# Other members are ignored.
_FORM = ConfigDict(extra="allow")
_JSON = ConfigDict(extra="allow", json_schema_extra=null_is_absent)
Many = Annotated[list[Text], Field(min_length=1), setting(maxItems="max_texts")]
_TEXTS = doc("A text, or several.")
HtmlOrText = Annotated[Format, Field(json_schema_extra={"default": "html"})]
Key = Annotated[str, doc("The API key, unless it is in the query or a header.")]


@with_config(_FORM)
class GoogleDetectForm(TypedDict):
    """Texts in unknown languages."""

    q: Annotated[Text | Many, _TEXTS]
    key: NotRequired[Key]


@with_config(_JSON)
class GoogleDetectRequest(GoogleDetectForm):
    """Texts in unknown languages."""


class _Options(TypedDict):
    target: Annotated[Code, Field(min_length=1)]
    source: NotRequired[Annotated[Source, doc("If absent, it is detected for each text.")]]
    format: NotRequired[HtmlOrText]
    model: NotRequired[Annotated[Any, doc("Has no effect.")]]


@with_config(_FORM)
class GoogleForm(GoogleDetectForm, _Options):
    """Texts to translate."""


@with_config(_JSON)
class GoogleRequest(GoogleDetectForm, _Options):
    """Texts to translate."""


@with_config(_FORM)
class GoogleLanguagesForm(TypedDict):
    """Which names languages have in the answer."""

    target: NotRequired[Annotated[str, doc("If it is given, the answer has the English names.")]]
    key: NotRequired[Key]


@with_config(_JSON)
class GoogleLanguagesRequest(GoogleLanguagesForm):
    """Which names languages have in the answer."""


class GoogleTranslation(TypedDict):
    """The translation of one text."""

    translatedText: str
    detectedSourceLanguage: NotRequired[str]


class _Translations(TypedDict):
    translations: list[GoogleTranslation]


class GoogleTranslations(TypedDict):
    """The translations, in the order of the texts."""

    data: _Translations


class _Detection(TypedDict):
    language: str
    confidence: Annotated[float, Field(ge=0, le=1)]
    isReliable: Literal[False]


class _Detections(TypedDict):
    detections: list[list[_Detection]]


class GoogleDetections(TypedDict):
    """The languages of the texts, one for each."""

    data: _Detections


class _Language(TypedDict):
    language: str
    name: NotRequired[str]


class _Languages(TypedDict):
    languages: list[_Language]


class GoogleLanguages(TypedDict):
    """The languages of the model."""

    data: _Languages


class _Reason(TypedDict):
    message: str
    domain: Literal["global"]
    reason: str


class _Error(TypedDict):
    code: Annotated[int, Field(ge=400, le=599)]
    message: str
    errors: list[_Reason]
    status: str


class GoogleError(TypedDict):
    """What went wrong."""

    error: _Error
