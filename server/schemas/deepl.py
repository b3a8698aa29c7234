"""Requests and answers of DeepL's API: texts, languages, usage, and errors."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NotRequired

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from server.core.errors import MissingKeyError, NoResultError, QuotaError
from server.schemas.fields import Count, Text, doc, null_is_absent

MAX_TEXTS = 50
# Of errors; the others as in PROBLEMS.
STATUSES: Mapping[type[Exception], int] = {
    MissingKeyError: 403,
    QuotaError: 456,
    NoResultError: 503,
}
SplitSentences = Literal["0", "1", "nonewlines"]
TagHandling = Literal["html", "xml"]
TagVersion = Literal["v1", "v2"]
ModelType = Literal["latency_optimized", "quality_optimized", "prefer_quality_optimized"]
Formality = Literal["default", "prefer_more", "prefer_less"]
LanguageType = Annotated[
    Literal["source", "target"], Field(json_schema_extra={"default": "source"})
]
_Many = Annotated[list[Text], Field(min_length=1, max_length=MAX_TEXTS)]
# They would change the translation.
UNSUPPORTED = (
    "custom_instructions", "style_id", "translation_memory_id",
)  # fmt: skip
_Flag = bool | Literal["0", "1"]
_Tags = Annotated[str | list[str], doc("Names of tags; in a string, with commas between them.")]
_NO_EFFECT = doc("Has no effect.")
_Ignored = Annotated[Any, _NO_EFFECT]


@with_config(ConfigDict(extra="allow"))
class DeepLForm(TypedDict):
    """Texts to translate."""

    text: Annotated[Text | _Many, doc("A text, or an array of texts.")]
    target_lang: Annotated[str, Field(min_length=1, examples=["DE", "EN-GB"])]
    source_lang: NotRequired[Annotated[str, doc("If absent, the language is detected.")]]
    split_sentences: NotRequired[
        Annotated[
            SplitSentences,
            doc("0: only where it is too long; nonewlines: not at line breaks.", default="1"),
        ]
    ]
    tag_handling: NotRequired[Annotated[TagHandling, doc("Tags are kept in place.")]]
    ignore_tags: NotRequired[Annotated[_Tags, doc("Their content is not translated.")]]
    splitting_tags: NotRequired[Annotated[_Tags, doc("They end a sentence.")]]
    non_splitting_tags: NotRequired[Annotated[_Tags, doc("They never end a sentence.")]]
    outline_detection: NotRequired[
        Annotated[_Flag, doc("Whether tags that never stand beside text end a sentence.")]
    ]
    formality: NotRequired[Annotated[Formality, _NO_EFFECT]]
    auth_key: NotRequired[Annotated[str, doc("The API key, unless it is in a header.")]]
    context: NotRequired[_Ignored]
    enable_beta_languages: NotRequired[_Ignored]
    glossary_id: NotRequired[Annotated[str, doc("A stored glossary; needs `source_lang`.")]]
    glossary_ids: NotRequired[
        Annotated[str | list[str], doc("Up to five, instead of one; the first one wins.")]
    ]
    model_type: NotRequired[Annotated[ModelType, doc("Is named in the answer.")]]
    preserve_formatting: NotRequired[Annotated[_Flag, _NO_EFFECT]]
    show_billed_characters: NotRequired[Annotated[_Flag, doc("Whether to count characters.")]]
    tag_handling_version: NotRequired[Annotated[TagVersion, doc("Is named in the answer.")]]


@with_config(ConfigDict(extra="allow", json_schema_extra=null_is_absent))
class DeepLRequest(DeepLForm):
    """Texts to translate."""


class DeepLTranslation(TypedDict):
    """The translation of a text."""

    detected_source_language: str
    text: str
    billed_characters: NotRequired[Annotated[Count, doc("With `show_billed_characters`.")]]
    model_type_used: NotRequired[Annotated[str, doc("With `model_type`.")]]
    tag_handling_version: NotRequired[Annotated[TagVersion, doc("With `tag_handling`.")]]


class DeepLTranslations(TypedDict):
    """The translations, in the order of the texts."""

    translations: list[DeepLTranslation]


class DeepLLanguage(TypedDict):
    """A language."""

    language: str
    name: str
    supports_formality: NotRequired[Literal[False]]


class DeepLUsage(TypedDict):
    """Characters translated for the key this month, and its quota."""

    character_count: Count
    character_limit: Count
    api_key_character_count: Count
    api_key_character_limit: Count
    start_time: Annotated[str, doc("The beginning of the month (UTC).")]
    end_time: Annotated[str, doc("The beginning of the next month.")]


class DeepLPair(TypedDict):
    """A pair of languages."""

    source_lang: str
    target_lang: str


class DeepLGlossaryPairs(TypedDict):
    """The pairs of languages that stored glossaries are available for."""

    supported_languages: list[DeepLPair]


class DeepLError(TypedDict):
    """What went wrong."""

    message: str
    detail: NotRequired[Annotated[str, doc("Where the entries of a glossary are invalid.")]]
