"""Requests and answers of Microsoft Translator, version 3.0."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NotRequired

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from server.core.errors import (
    InvalidFieldError,
    MalformedJsonError,
    MediaTypeError,
    MissingKeyError,
    RateLimitError,
    RequestError,
    TooLongError,
    TooManyTextsError,
    UnsupportedLanguageError,
    WrongKeyError,
)
from server.core.settings import Settings
from server.schemas.fields import Text, check_characters, setting
from server.schemas.strict_json import parse_json
from server.schemas.translation import check_size

VERSION = "3.0"
Version = Literal["3.0"]
TextType = Literal["plain", "html"]
# Of errors; the others as in PROBLEMS.
STATUSES: Mapping[type[Exception], int] = {
    TooManyTextsError: 400,
    TooLongError: 400,
    MissingKeyError: 401,
    WrongKeyError: 401,
}
# Microsoft's six digits: the status, then what is wrong. By kind of error; then by the field.
CODES: Mapping[type[Exception], int] = {
    InvalidFieldError: 400000,
    UnsupportedLanguageError: 400019,
    TooLongError: 400050,
    TooManyTextsError: 400072,
    MalformedJsonError: 400074,
    MissingKeyError: 401000,
    WrongKeyError: 401000,
    MediaTypeError: 415000,
    RateLimitError: 429001,
}
FIELD_CODES: Mapping[str, int] = {
    "scope": 400001,
    "body": 400005,
    "api-version": 400021,
    "from": 400035,
    "to": 400036,
    "option": 400042,
    "textType": 400071,
}


@with_config(ConfigDict(extra="allow"))
class MicrosoftText(TypedDict):
    """A text. The name may be in lower case."""

    Text: Text


MicrosoftTexts = Annotated[list[MicrosoftText], Field(min_length=1), setting(maxItems="max_texts")]


class _Detected(TypedDict):
    language: str
    score: Annotated[float, Field(ge=0, le=1)]


class _Translation(TypedDict):
    text: str
    to: str


class MicrosoftTranslation(TypedDict):
    """The translations of one text, in the order of `to`."""

    detectedLanguage: NotRequired[_Detected]
    translations: list[_Translation]


class MicrosoftAlternative(_Detected):
    """A language that a text may be in."""

    isTranslationSupported: Literal[True]
    isTransliterationSupported: Literal[False]


class MicrosoftDetection(MicrosoftAlternative):
    """The language of a text."""

    alternatives: list[MicrosoftAlternative]


class MicrosoftLanguage(TypedDict):
    """A language."""

    name: str
    nativeName: str
    dir: Literal["ltr", "rtl"]


class MicrosoftLanguages(TypedDict):
    """The languages by code. There is nothing in the other scopes."""

    translation: NotRequired[dict[str, MicrosoftLanguage]]
    transliteration: NotRequired[dict[str, Any]]
    dictionary: NotRequired[dict[str, Any]]


class _Error(TypedDict):
    code: Annotated[int, Field(ge=400000, le=599999)]
    message: str


class MicrosoftError(TypedDict):
    """What went wrong. The first three digits of the code are the status."""

    error: _Error


def code_of(status: int, error: Exception) -> int:
    """Return Microsoft's code for an error that is answered with this status."""
    known = CODES.get(type(error), status * 1000)
    field = error.field if isinstance(error, RequestError) else None
    if field is None or known not in (400000, 400019):
        return known
    return FIELD_CODES.get(field.split("[")[0], known)


def parse_texts(body: bytes, settings: Settings) -> list[str]:
    """Return the texts in the body of a request, at most as many as the settings allow.

    Raises MalformedJsonError, InvalidFieldError, TooManyTextsError and TooLongError.
    """
    items = parse_json(body)
    if not isinstance(items, list) or not items:
        raise InvalidFieldError('the body must be an array of objects: [{"Text": …}]', "body")
    texts = [_text_in(item, f"body[{i}]") for i, item in enumerate(items)]
    check_size(texts, settings.max_texts, settings.max_characters, "body")
    return texts


def _text_in(item: object, field: str) -> str:
    text = item.get("Text", item.get("text")) if isinstance(item, dict) else None
    if not isinstance(text, str):
        raise InvalidFieldError(f"{field} must be an object with a string Text", field)
    try:
        return check_characters(text)
    except ValueError as error:
        raise InvalidFieldError(f"{field} {error}", field) from None
