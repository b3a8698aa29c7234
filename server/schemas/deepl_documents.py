"""Requests and answers about documents of DeepL's API."""

from typing import Annotated, Literal, NotRequired

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from server.schemas.deepl import Formality
from server.schemas.fields import Count, doc

DocumentStatus = Literal["queued", "translating", "done", "error"]


@with_config(ConfigDict(extra="allow"))
class DeepLDocumentForm(TypedDict):
    """A document to translate."""

    file: Annotated[
        str,
        Field(
            description="The document. Its format is told by the end of its name.",
            json_schema_extra={"contentMediaType": "application/octet-stream"},
        ),
    ]
    target_lang: Annotated[str, Field(min_length=1, examples=["DE", "EN-GB"])]
    source_lang: NotRequired[Annotated[str, doc("If absent, the language is detected.")]]
    filename: NotRequired[Annotated[str, doc("The file's name, instead of that of its part.")]]
    output_format: NotRequired[Annotated[str, doc("The suffix of the file; no other is possible.")]]
    formality: NotRequired[Annotated[Formality, doc("Has no effect.")]]
    glossary_id: NotRequired[Annotated[str, doc("A stored glossary; needs `source_lang`.")]]
    glossary_ids: NotRequired[Annotated[str, doc("Ids with commas between them, instead.")]]


class DeepLDocument(TypedDict):
    """An accepted document: what gives access to it."""

    document_id: str
    document_key: str


@with_config(ConfigDict(extra="allow"))
class DeepLDocumentKey(TypedDict):
    """The key of a document."""

    document_key: Annotated[str, Field(min_length=1)]


class DeepLDocumentStatus(TypedDict):
    """How far a document is."""

    document_id: str
    status: DocumentStatus
    seconds_remaining: NotRequired[Annotated[int, doc("While it is translated.", ge=1)]]
    billed_characters: NotRequired[Annotated[Count, doc("Characters translated, at the end.")]]
    error_message: NotRequired[Annotated[str, doc("Why there will be no result.")]]
