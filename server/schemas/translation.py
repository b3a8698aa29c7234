"""The body of POST /translation → a typed value, or an error that says what is wrong with it."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, NoReturn, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    TypeAdapter,
    ValidationError,
)

from server.core.errors import (
    InvalidFieldError,
    MalformedJsonError,
    TooLongError,
    TooManyTextsError,
)
from server.core.glossaries import check_entry
from server.core.settings import Settings

_SURROGATE = re.compile("[\ud800-\udfff]")
_NAME = re.compile(r"\w{1,64}")
_TAGS = frozenset({"one", "many"})
MAX_ALTERNATIVES = 10  # as many beams are searched, and one more
MAX_ENTRIES = 1_000  # of a glossary
_MESSAGES = {
    "missing": "is missing",
    "extra_forbidden": "is not a field of this request",
    "string_type": "must be a string",
    "float_type": "must be a number of seconds",
    "greater_than": "must be more than 0",
    "int_type": "must be a whole number",
    "dict_type": "must be an object of terms and their translations",
    "too_long": f"must hold {MAX_ENTRIES} terms at most",
    "string_unicode": "is not a field of this request",  # a name; texts are checked below
}


def check_characters(text: str) -> str:
    """Return a text without what no text holds. Raises ValueError, which says what that is."""
    if "\0" in text:
        raise ValueError("holds a NUL character")
    if _SURROGATE.search(text):
        raise ValueError("holds half of a surrogate pair, which is no character")
    return text


def _shape(value: object) -> str:
    return "many" if isinstance(value, list) else "one"


Value = TypeVar("Value")
Text = Annotated[str, AfterValidator(check_characters)]
Texts = Annotated[
    list[Text], Field(fail_fast=True)
]  # a million wrong items must not make a million errors


Glossary = Annotated[dict[str, str], Field(max_length=MAX_ENTRIES)]
_GLOSSARY = TypeAdapter[dict[str, str]](Glossary, config=ConfigDict(strict=True))


class TranslationRequest(BaseModel):
    """The body of POST /translation."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    text: Annotated[
        Annotated[Text, Tag("one")] | Annotated[Texts, Tag("many")], Discriminator(_shape)
    ]
    source_language: str
    target_language: str
    format: Literal["text", "html"] = "text"
    alternatives: Annotated[int, Field(ge=0, le=MAX_ALTERNATIVES)] = 0
    glossary: Glossary = Field(default_factory=dict)
    priority: Literal["interactive", "bulk"] = "interactive"
    timeout: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None  # seconds

    @property
    def texts(self) -> list[str]:
        """The texts, be it one or many."""
        return self.text if isinstance(self.text, list) else [self.text]

    def shaped(self, values: Sequence[Value]) -> Value | Sequence[Value]:
        """Return values, one a text, in the shape of `text`: one, or an array."""
        return values if isinstance(self.text, list) else values[0]

    def name(self, index: int) -> str:
        """Return how the client wrote a text: `text`, or `text[3]`."""
        return f"text[{index}]" if isinstance(self.text, list) else "text"


def parse_request(body: bytes, settings: Settings) -> TranslationRequest:
    """Return the request in `body`, within the limits of the settings.

    Raises MalformedJsonError, InvalidFieldError, TooManyTextsError or TooLongError.
    """
    document = parse_json(body)
    if not isinstance(document, dict):
        raise InvalidFieldError("the body must be a JSON object")
    try:
        request = TranslationRequest.model_validate(document)
    except ValidationError as error:
        raise _explain(error) from None  # the cause shows the input
    if not request.texts:
        raise InvalidFieldError("text must hold at least one string", "text")
    if len(request.texts) > settings.max_texts:
        raise TooManyTextsError(f"a request may hold {settings.max_texts} texts at most", "text")
    if sum(map(len, request.texts)) > settings.max_characters:
        raise TooLongError(
            f"the texts of a request may have {settings.max_characters} characters in all", "text"
        )
    if request.timeout is not None and request.timeout > settings.max_timeout:
        raise InvalidFieldError(
            f"timeout must be at most {settings.max_timeout:g} seconds", "timeout"
        )
    if request.format == "html" and request.alternatives:
        raise InvalidFieldError("alternatives are not there for format 'html'", "alternatives")
    _check_glossary(request.glossary)
    return request


def parse_glossary(text: str) -> dict[str, str]:
    """Return the glossary in a text of JSON; raises as `parse_request`."""
    try:
        glossary = _GLOSSARY.validate_python(parse_json(text.encode("utf-8", "replace")))
    except ValidationError as error:
        message = _MESSAGES.get(error.errors()[0]["type"], "must be an object of strings")
        raise InvalidFieldError(f"glossary {message}", "glossary") from None
    _check_glossary(glossary)
    return glossary


def _check_glossary(glossary: Mapping[str, str]) -> None:
    for term, translation in glossary.items():
        wrong = check_entry(term, translation)
        if wrong is not None:
            raise InvalidFieldError(f"glossary: {wrong}", "glossary")


def parse_json(body: bytes) -> Any:
    """Parse strictly: what RFC 8259 leaves open (duplicate names, NaN) is refused.

    Raises MalformedJsonError.
    """
    try:
        return json.loads(
            body.decode(), object_pairs_hook=_refuse_duplicates, parse_constant=_refuse_constant
        )
    except UnicodeDecodeError as error:
        raise MalformedJsonError(f"the body is not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise MalformedJsonError(f"the body is no JSON: {error.msg} ({place})") from None
    except RecursionError:
        raise MalformedJsonError("the body is nested too deeply") from None
    except ValueError:  # from int(): more digits than `sys.get_int_max_str_digits()`
        raise MalformedJsonError("the body holds a number with too many digits") from None


def _refuse_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise MalformedJsonError("an object in the body has two members of one name")
    return members


def _refuse_constant(_: str) -> NoReturn:
    raise MalformedJsonError("NaN and Infinity are no JSON")


def _explain(error: ValidationError) -> InvalidFieldError:
    """Turn pydantic's first error into one that names the field as the client wrote it."""
    detail = error.errors(include_url=False, include_input=False)[0]
    field = _spell(detail["loc"])
    message = _MESSAGES.get(detail["type"], detail["msg"].removeprefix("Value error, "))
    if detail["type"] == "literal_error":
        message = f"must be {detail['ctx']['expected']}"
    if detail["type"] == "string_type" and field == "text":
        message = "must be a string or an array of strings"
    return InvalidFieldError(f"{field or 'a name'} {message}", field)


def _spell(location: tuple[int | str, ...]) -> str | None:
    """Write a location as `text[3]`; None for an unknown name that may be a text gone astray."""
    name, *rest = [part for part in location if part not in _TAGS] or [""]
    if not _NAME.fullmatch(str(name)):
        return None
    # A key of the glossary is user text.
    return str(name) + "".join(f"[{index}]" for index in rest if isinstance(index, int))
