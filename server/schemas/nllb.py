"""Requests and answers of the two servers of NLLB models: nllb-serve and nllb-api."""

from typing import Annotated, Literal, NotRequired

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from server.schemas.fields import Text, doc, null_is_absent, setting

_FORM = ConfigDict(extra="allow")
_JSON = ConfigDict(extra="allow", json_schema_extra=null_is_absent)
_CODE = doc("A FLORES-200 code, or one of `GET /languages`.", examples=["deu_Latn"], min_length=1)
_One = Annotated[Text, Field(min_length=1)]
Sources = Annotated[list[Text], Field(min_length=1), setting(maxItems="max_texts")]
FloresCode = Annotated[str, _CODE]


class _Pair(TypedDict):
    tgt_lang: FloresCode
    src_lang: NotRequired[Annotated[str, doc("The source language; `eng_Latn` if absent.")]]
    api_key: NotRequired[Annotated[str, doc("The API key, unless it is in a header.")]]


@with_config(_JSON)
class NllbServeRequest(_Pair):
    """Texts to translate, as clients of nllb-serve send them."""

    source: Annotated[_One | Sources, doc("A text, or an array of texts.")]


@with_config(_FORM)
class NllbServeForm(_Pair):
    """Texts to translate, as clients of nllb-serve send them."""

    source: Annotated[_One | Sources, doc("A text; it may be repeated.")]


class NllbServeTranslation(TypedDict):
    """The translations, in the order of the texts."""

    source: list[str]
    translation: list[str]
    src_lang: str
    tgt_lang: str
    time_taken: Annotated[float, Field(ge=0)]
    time_units: Literal["s"]


@with_config(_JSON)
class NllbApiRequest(TypedDict):
    """A text to translate, as clients of nllb-api send it."""

    text: _One
    source: FloresCode
    target: FloresCode


class NllbApiTranslation(TypedDict):
    """The translation of one text."""

    result: str


class NllbApiLanguage(TypedDict):
    """The language of a text."""

    language: Annotated[str, doc("A FLORES-200 code.", examples=["eng_Latn"])]
    confidence: Annotated[float, Field(ge=0, le=1)]


class NllbApiError(TypedDict):
    """What went wrong."""

    status_code: Annotated[int, Field(ge=400, le=599)]
    detail: str
