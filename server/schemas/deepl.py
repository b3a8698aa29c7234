"""Requests and answers of DeepL's API, version 2."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from server.core.errors import MissingKeyError
from server.schemas.fields import Count, Text, doc

MAX_TEXTS = 50
# Of errors; the others as in PROBLEMS.
STATUSES: Mapping[type[Exception], int] = {MissingKeyError: 403}
SplitSentences = Literal["0", "1", "nonewlines"]
TagHandling = Literal["html", "xml"]
Formality = Literal["default", "prefer_more", "prefer_less"]
LanguageType = Annotated[
    Literal["source", "target"], Field(json_schema_extra={"default": "source"})
]
_Many = Annotated[list[Text], Field(min_length=1, max_length=MAX_TEXTS)]
_NO_EFFECT = doc("Has no effect.")
_Ignored = Annotated[Any, _NO_EFFECT]


class DeepLRequest(TypedDict):
    """Texts to translate."""

    text: Annotated[Text | _Many, doc("A text, or an array of texts.")]
    target_lang: Annotated[str, Field(min_length=1, examples=["DE", "EN-GB"])]
    source_lang: NotRequired[Annotated[str, doc("If absent, the language is detected.")]]
    split_sentences: NotRequired[Annotated[SplitSentences, _NO_EFFECT]]
    tag_handling: NotRequired[Annotated[TagHandling, doc("Tags are kept in place.")]]
    formality: NotRequired[Annotated[Formality, _NO_EFFECT]]
    auth_key: NotRequired[Annotated[str, doc("The API key, unless it is in a header.")]]
    context: NotRequired[_Ignored]
    enable_beta_languages: NotRequired[_Ignored]
    model_type: NotRequired[_Ignored]
    preserve_formatting: NotRequired[_Ignored]
    show_billed_characters: NotRequired[_Ignored]
    tag_handling_version: NotRequired[_Ignored]


class _Translation(TypedDict):
    detected_source_language: str
    text: str
    billed_characters: Count


class DeepLTranslations(TypedDict):
    """The translations, in the order of the texts."""

    translations: list[_Translation]


class DeepLLanguage(TypedDict):
    """A language."""

    language: str
    name: str
    supports_formality: NotRequired[Literal[False]]


class DeepLUsage(TypedDict):
    """Characters translated."""

    character_count: Count
    character_limit: Count


class DeepLError(TypedDict):
    """What went wrong."""

    message: str
