"""Names, languages and entries of glossaries in requests."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, get_args

from flask import request

from server.auth.access import Client
from server.core.errors import InvalidFieldError
from server.glossaries.entries import read_entries
from server.glossaries.records import Dictionary, Pair
from server.glossaries.store import MAX_BODY_BYTES
from server.routes.deepl.common import admitted, language_of
from server.routes.parameters import text_of, word_of
from server.schemas.deepl_glossaries import MAX_NAME, EntriesFormat
from server.services import Services

_FORMATS = get_args(EntriesFormat)


@contextmanager
def admitted_body(services: Services) -> Iterator[tuple[dict[str, Any], Client]]:
    """Yield the parameters of a glossary, which may be large, and the client.

    The next one is not read before the end of the block.
    """
    request.max_content_length = request.max_form_memory_size = MAX_BODY_BYTES
    with services.stored_glossaries.reading:
        yield admitted(services)


def read_name(fields: Mapping[str, Any]) -> str:
    """Return the name of a glossary. Raises InvalidFieldError."""
    name = text_of(fields.get("name", ""), "name").strip()
    if not name:
        raise InvalidFieldError("name is missing", "name")
    if len(name) > MAX_NAME:
        raise InvalidFieldError(f"name may have {MAX_NAME} characters", "name")
    return name


def read_pair(services: Services, fields: Mapping[str, Any], place: str = "") -> Pair:
    """Return the languages of a dictionary, which a field named `place` may hold.

    Raises InvalidFieldError and UnsupportedLanguageError.
    """
    source = language_of(services, fields, "source_lang", f"{place}source_lang")
    target = language_of(services, fields, "target_lang", f"{place}target_lang")
    if source == target:
        raise InvalidFieldError("Source and target language are equal", f"{place}target_lang")
    return source, target


def read_dictionary(services: Services, fields: Mapping[str, Any], place: str = "") -> Dictionary:
    """Return a dictionary: its languages and its entries. Raises as `read_pair` does."""
    pair = read_pair(services, fields, place)
    field = f"{place}entries"
    kind = word_of(fields, "entries_format", "tsv")
    if kind not in _FORMATS:
        allowed = ", ".join(_FORMATS)
        raise InvalidFieldError(
            f"{place}entries_format must be one of {allowed}", f"{place}entries_format"
        )
    return Dictionary(
        pair, read_entries(text_of(fields.get("entries", ""), field), kind, pair, field)
    )


def read_dictionaries(services: Services, fields: Mapping[str, Any]) -> list[Dictionary]:
    """Return the dictionaries of a glossary, none if there is no such field.

    Raises as `read_pair` does.
    """
    given = fields.get("dictionaries", [])
    if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
        raise InvalidFieldError("dictionaries must be an array of objects", "dictionaries")
    return [
        read_dictionary(
            services,
            {name: value for name, value in each.items() if value is not None},
            f"dictionaries[{i}].",
        )
        for i, each in enumerate(given)
    ]
