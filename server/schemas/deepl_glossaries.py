"""Requests and answers about stored glossaries of DeepL's API, versions 2 and 3."""

from typing import Annotated, Literal, NotRequired

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from server.schemas.fields import Count, doc, null_is_absent

TSV = "text/tab-separated-values"
MAX_NAME = 1_024  # characters
EntriesFormat = Literal["tsv", "csv"]
_Name = Annotated[str, Field(min_length=1, max_length=MAX_NAME)]
_Language = Annotated[str, Field(min_length=1, examples=["EN"])]
_Entries = Annotated[
    str, doc("A term, a tab or comma, and its translation, in each line.", min_length=1)
]
_Format = Annotated[EntriesFormat, Field(json_schema_extra={"default": "tsv"})]
_open = with_config(ConfigDict(extra="allow", json_schema_extra=null_is_absent))


@_open
class DeepLNewDictionary(TypedDict):
    """The entries for one pair of languages."""

    source_lang: _Language
    target_lang: _Language
    entries: _Entries
    entries_format: NotRequired[_Format]


@_open
class DeepLNewPairGlossary(DeepLNewDictionary):
    """A glossary to store."""

    name: _Name


@_open
class DeepLNewGlossary(TypedDict):
    """A glossary to store."""

    name: _Name
    dictionaries: Annotated[list[DeepLNewDictionary], Field(min_length=1)]


@_open
class DeepLGlossaryChange(TypedDict):
    """What to change in a glossary."""

    name: NotRequired[_Name]
    dictionaries: NotRequired[Annotated[list[DeepLNewDictionary], doc("Entries to add.")]]


class DeepLPairGlossary(TypedDict):
    """A glossary for one pair of languages, without its entries."""

    glossary_id: str
    name: str
    ready: Literal[True]
    source_lang: str
    target_lang: str
    creation_time: str
    entry_count: Count


class DeepLPairGlossaries(TypedDict):
    """The glossaries of a key that are for one pair of languages."""

    glossaries: list[DeepLPairGlossary]


class DeepLDictionary(TypedDict):
    """A dictionary without its entries."""

    source_lang: str
    target_lang: str
    entry_count: Count


class DeepLGlossary(TypedDict):
    """A glossary without its entries."""

    glossary_id: str
    name: str
    dictionaries: list[DeepLDictionary]
    creation_time: str


class DeepLGlossaries(TypedDict):
    """The glossaries of a key."""

    glossaries: list[DeepLGlossary]


class DeepLEntries(TypedDict):
    """A dictionary with its entries."""

    source_lang: str
    target_lang: str
    entries: str
    entries_format: Literal["tsv"]


class DeepLGlossaryEntries(TypedDict):
    """The entries of a glossary for a pair of languages."""

    dictionaries: list[DeepLEntries]
