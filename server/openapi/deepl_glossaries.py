"""The routes for stored glossaries of DeepL's clients."""

from server.core.errors import (
    StorageFullError,
    TooManyGlossariesError,
    UnknownGlossaryError,
    UnsupportedLanguageError,
)
from server.core.media_types import JSON
from server.openapi.deepl_operation import deepl_operation
from server.openapi.errors import READING
from server.openapi.operations import answer, content_of, json_of, parameter
from server.schemas.deepl_glossaries import (
    TSV,
    DeepLDictionary,
    DeepLGlossaries,
    DeepLGlossary,
    DeepLGlossaryChange,
    DeepLGlossaryEntries,
    DeepLNewDictionary,
    DeepLNewGlossary,
    DeepLNewPairGlossary,
    DeepLPairGlossaries,
    DeepLPairGlossary,
)

_ID = [parameter("glossary_id", "path", "The glossary's id.", str, required=True)]
_PAIR = [
    parameter(f"{end}_lang", "query", f"The {end} language.", str, required=True)
    for end in ("source", "target")
]
_ENTRIES = {"source_lang": "en", "target_lang": "de", "entries": "Hello\tGuten Tag"}
_DELETED = {204: answer("It is deleted.")}
_GLOSSARY = {200: answer("The glossary.", json_of(DeepLGlossary))}
_STORING = (*READING, UnsupportedLanguageError, TooManyGlossariesError, StorageFullError)
_FINDING = (*READING, UnknownGlossaryError)
_CHANGING = (*_STORING, UnknownGlossaryError)
_PAIR_GLOSSARIES = [
    deepl_operation(
        "post /v2/glossaries",
        "deeplCreatePairGlossary",
        "Store a glossary for a pair of languages",
        {201: answer("The glossary is stored.", json_of(DeepLPairGlossary))},
        _STORING,
        body={JSON: content_of(DeepLNewPairGlossary, one_pair={"name": "Greetings", **_ENTRIES})},
        description="It belongs to the API key.",
    ),
    deepl_operation(
        "get /v2/glossaries",
        "deeplPairGlossaries",
        "List the glossaries for one pair",
        {200: answer("The glossaries.", json_of(DeepLPairGlossaries))},
        READING,
    ),
    deepl_operation(
        "get /v2/glossaries/{glossary_id}",
        "deeplPairGlossary",
        "Get a glossary for one pair, without its entries",
        {200: answer("The glossary.", json_of(DeepLPairGlossary))},
        _FINDING,
        parameters=_ID,
    ),
    deepl_operation(
        "delete /v2/glossaries/{glossary_id}",
        "deeplDeletePairGlossary",
        "Delete a glossary for one pair",
        _DELETED,
        (*_FINDING, StorageFullError),
        parameters=_ID,
    ),
    deepl_operation(
        "get /v2/glossaries/{glossary_id}/entries",
        "deeplPairGlossaryEntries",
        "Get the entries of a glossary for one pair",
        {200: answer("The entries.", {TSV: content_of({"type": "string"})})},
        _FINDING,
        parameters=_ID,
    ),
]
_MULTILINGUAL = [
    deepl_operation(
        "post /v3/glossaries",
        "deeplCreateGlossary",
        "Store a glossary for several pairs of languages",
        {201: answer("The glossary is stored.", json_of(DeepLGlossary))},
        _STORING,
        body={
            JSON: content_of(
                DeepLNewGlossary, one_pair={"name": "Greetings", "dictionaries": [_ENTRIES]}
            )
        },
        description="It belongs to the API key.",
    ),
    deepl_operation(
        "get /v3/glossaries",
        "deeplGlossaries",
        "List all glossaries",
        {200: answer("The glossaries.", json_of(DeepLGlossaries))},
        READING,
    ),
    deepl_operation(
        "get /v3/glossaries/{glossary_id}",
        "deeplGlossary",
        "Get a glossary without its entries",
        _GLOSSARY,
        _FINDING,
        parameters=_ID,
    ),
    deepl_operation(
        "patch /v3/glossaries/{glossary_id}",
        "deeplEditGlossary",
        "Change the name, or add entries to dictionaries",
        _GLOSSARY,
        _CHANGING,
        parameters=_ID,
        body={JSON: content_of(DeepLGlossaryChange)},
    ),
    deepl_operation(
        "delete /v3/glossaries/{glossary_id}",
        "deeplDeleteGlossary",
        "Delete a glossary",
        _DELETED,
        (*_FINDING, StorageFullError),
        parameters=_ID,
    ),
    deepl_operation(
        "get /v3/glossaries/{glossary_id}/entries",
        "deeplGlossaryEntries",
        "Get the entries for a pair of languages",
        {200: answer("The entries.", json_of(DeepLGlossaryEntries))},
        (*_FINDING, UnsupportedLanguageError),
        parameters=_ID + _PAIR,
    ),
    deepl_operation(
        "put /v3/glossaries/{glossary_id}/dictionaries",
        "deeplReplaceDictionary",
        "Add a dictionary, or replace the one for its languages",
        {200: answer("The dictionary.", json_of(DeepLDictionary))},
        _CHANGING,
        parameters=_ID,
        body={JSON: content_of(DeepLNewDictionary)},
    ),
    deepl_operation(
        "delete /v3/glossaries/{glossary_id}/dictionaries",
        "deeplDeleteDictionary",
        "Delete the dictionary for a pair of languages",
        _DELETED,
        _CHANGING,
        parameters=_ID + _PAIR,
    ),
]
GLOSSARIES = _PAIR_GLOSSARIES + _MULTILINGUAL
