"""Requests to translate texts and files: their types, and how their bodies are parsed."""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, NotRequired, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    TypeAdapter,
    ValidationError,
)
from typing_extensions import TypedDict  # pydantic cannot read typing's on Python 3.11

from documents import FORMATS, OPTIONS, default_of
from server.core.errors import InvalidFieldError, TooLongError, TooManyTextsError
from server.core.glossaries import check_entry
from server.core.media_types import BINARY, JSON
from server.core.settings import Settings
from server.schemas.fields import (
    Alternatives,
    Code,
    Format,
    Source,
    Text,
    doc,
    null_is_absent,
    setting,
)
from server.schemas.strict_json import parse_json

_NAME = re.compile(r"\w{1,64}")
_TAGS = frozenset({"one", "many"})
_MAX_ENTRIES = 1_000  # of a glossary
_MESSAGES = {
    "missing": "is missing",
    "extra_forbidden": "is not a field of this request",
    "string_type": "must be a string",
    "float_type": "must be a number of seconds",
    "greater_than": "must be more than 0",
    "int_type": "must be a whole number",
    "dict_type": "must be an object of terms and their translations",
    "too_long": f"must have {_MAX_ENTRIES} terms at most",
    "too_short": "must have at least one string",
    "string_unicode": "is not a field of this request",  # a name; texts are checked in `Text`
}


def _shape(value: object) -> str:
    return "many" if isinstance(value, list) else "one"


Value = TypeVar("Value")
Request = TypeVar("Request", bound="TextJobRequest")
_One = Annotated[Text, Tag("one")]
# Fails fast: a million invalid items must not make a million errors.
_Many = Annotated[list[Text], Field(min_length=1, fail_fast=True), Tag("many")]
_TEXT = doc("One text, or an array of texts. Line breaks, indentation and spaces are kept.")
Glossary = Annotated[
    dict[str, str], doc("Terms and their required translations.", max_length=_MAX_ENTRIES)
]
_MODEL = (
    "The model, if the server has several: a name in `GET /languages`. By default it is the one "
    "that the server's settings name for these languages, else the first one that has both."
)
_GLOSSARY = TypeAdapter[dict[str, str]](Glossary, config=ConfigDict(strict=True))


class TextJobRequest(BaseModel):
    """Texts to translate in the background."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, json_schema_extra=null_is_absent
    )

    text: Annotated[
        _One | Annotated[_Many, setting(maxItems="max_job_texts")], Discriminator(_shape), _TEXT
    ]
    source_language: Source
    target_language: Code
    format: Annotated[
        Format, doc("`html`: tags are kept in place, and so is what they exclude from translation.")
    ] = "text"
    alternatives: Annotated[
        Alternatives, doc("The number of further translations of each text. Not with `html`.")
    ] = 0
    glossary: Glossary = Field(default_factory=dict)
    model: Annotated[str | None, doc(_MODEL)] = None

    @property
    def texts(self) -> list[str]:
        """The texts as a list, whether there is one or many."""
        return self.text if isinstance(self.text, list) else [self.text]

    def shaped(self, values: Sequence[Value]) -> Value | Sequence[Value]:
        """Return values, one per text, in the shape of `text`: one value, or an array."""
        return values if isinstance(self.text, list) else values[0]

    def name(self, index: int) -> str:
        """Return the name of a text in the request: `text`, or `text[3]`."""
        return f"text[{index}]" if isinstance(self.text, list) else "text"


class TranslationRequest(TextJobRequest):
    """Texts to translate."""

    text: Annotated[
        _One | Annotated[_Many, setting(maxItems="max_texts")], Discriminator(_shape), _TEXT
    ]
    priority: Annotated[Literal["interactive", "bulk"], doc("`bulk` yields to other requests.")] = (
        "interactive"
    )
    timeout: Annotated[
        Annotated[float, Field(gt=0, allow_inf_nan=False), setting(maximum="max_timeout")] | None,
        doc("Seconds until the request is given up; the default is the server's."),
    ] = None


def _add_options(schema: dict[str, Any]) -> None:
    """Add the options of documents to the schema of a form."""
    for name, choice in OPTIONS.items():
        readers = ", ".join(suffix for suffix in FORMATS if name in FORMATS[suffix].options)
        shown: dict[str, Any] = {
            "type": "string",
            "description": f"{choice.description} Read by: {readers or 'no format'}.",
        }
        if choice.values:
            shown |= {"enum": list(choice.values), "default": default_of(name)}
        schema["properties"][name] = shown


class FileRequest(TypedDict):
    """A form with a document. An option that the format does not read is an error."""

    __pydantic_config__ = ConfigDict(json_schema_extra=_add_options)  # type: ignore[misc]

    file: Annotated[
        str,
        doc("The document. The suffix of its name determines the format."),
        Field(json_schema_extra={"contentMediaType": BINARY}),
    ]
    source_language: Source
    target_language: Code
    glossary: NotRequired[
        Annotated[
            str,
            doc("Terms and their required translations: a JSON object, as text."),
            Field(json_schema_extra={"contentMediaType": JSON}),
        ]
    ]
    model: NotRequired[Annotated[str, doc(_MODEL)]]


def parse_request(body: bytes, settings: Settings) -> TranslationRequest:
    """Return the request in the body of POST /translation, within the limits of the settings.

    Raises MalformedJsonError, InvalidFieldError, TooManyTextsError or TooLongError.
    """
    request = _validate(TranslationRequest, body)
    check_size(request.texts, settings.max_texts, settings.max_characters, "text")
    if request.timeout is not None and request.timeout > settings.max_timeout:
        raise InvalidFieldError(
            f"timeout must be at most {settings.max_timeout:g} seconds", "timeout"
        )
    return request


def parse_text_job(body: bytes, settings: Settings) -> TextJobRequest:
    """Return the request in a JSON body of POST /translation/jobs; raises as `parse_request`."""
    request = _validate(TextJobRequest, body)
    check_size(request.texts, settings.max_job_texts, settings.max_job_characters, "text")
    for i, text in enumerate(request.texts):
        if len(text) > settings.max_characters:
            raise TooLongError(
                f"each text of a job may have {settings.max_characters} characters; "
                "split it into paragraphs, or send it as a file",
                request.name(i),
            )
    return request


def check_size(texts: Sequence[str], max_texts: int, max_characters: int, field: str) -> None:
    """Check the number and the total length of texts. Raises TooManyTextsError or TooLongError."""
    if len(texts) > max_texts:
        raise TooManyTextsError(f"a request may have {max_texts} texts at most", field)
    if sum(map(len, texts)) > max_characters:
        raise TooLongError(
            f"the texts of a request may have {max_characters} characters in all", field
        )


def parse_glossary(text: str) -> dict[str, str]:
    """Return the glossary in a JSON text; raises as `parse_request`."""
    try:
        parsed = parse_json(text.encode("utf-8", "replace"))
        glossary = {} if parsed is None else _GLOSSARY.validate_python(parsed)
    except ValidationError as error:
        message = _MESSAGES.get(error.errors()[0]["type"], "must be an object of strings")
        raise InvalidFieldError(f"glossary {message}", "glossary") from None
    _check_glossary(glossary)
    return glossary


def _validate(model: type[Request], body: bytes) -> Request:
    document = parse_json(body)
    if not isinstance(document, dict):
        raise InvalidFieldError("the body must be a JSON object")
    try:
        request = model.model_validate(_given(model, document))
    except ValidationError as error:
        raise _explain(error) from None  # the cause shows the input
    if request.format == "html" and request.alternatives:
        raise InvalidFieldError("alternatives are not available for html", "alternatives")
    _check_glossary(request.glossary)
    return request


def _given(model: type[BaseModel], document: Mapping[str, object]) -> dict[str, object]:
    """Return the members of a document without the optional ones that are null."""
    fields = model.model_fields
    return {
        name: value
        for name, value in document.items()
        if value is not None or name not in fields or fields[name].is_required()
    }


def _check_glossary(glossary: Mapping[str, str]) -> None:
    for term, translation in glossary.items():
        wrong = check_entry(term, translation)
        if wrong is not None:
            raise InvalidFieldError(f"glossary: {wrong}", "glossary")


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
    """Write a location as `text[3]`; None for an unknown name, which may be misplaced user text."""
    name, *rest = [part for part in location if part not in _TAGS] or [""]
    if not _NAME.fullmatch(str(name)):
        return None
    # A key of the glossary is user text.
    return str(name) + "".join(f"[{index}]" for index in rest if isinstance(index, int))
