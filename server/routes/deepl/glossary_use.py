"""The stored glossaries that a translation uses."""

from collections.abc import Mapping
from typing import Any

from server.auth.access import Client
from server.core.errors import InvalidFieldError, UnknownGlossaryError
from server.core.requests import AUTO
from server.routes.parameters import text_of, word_of
from server.services import Services

GLOSSARY_LISTS = frozenset({"glossary_ids"})
_MAX = 5  # glossaries of one translation


def entries_for(
    services: Services, fields: Mapping[str, Any], client: Client, pair: tuple[str, str]
) -> tuple[tuple[str, str], ...]:
    """Return the entries for a pair in `glossary_id` or `glossary_ids`; the first one wins.

    Raises InvalidFieldError where the source is not given or a glossary has no dictionary for the
    pair or does not exist.
    """
    field, ids = _read_ids(fields)
    if ids and pair[0] == AUTO:
        raise InvalidFieldError(f"source_lang is required with {field}", "source_lang")
    entries: dict[str, str] = {}
    for id_ in ids:
        try:
            found = services.stored_glossaries.entries(client.name, id_, pair)
        except UnknownGlossaryError as error:
            raise InvalidFieldError(f"{field}: {error}", field) from None
        entries = found | entries
    return tuple(entries.items())


def _read_ids(fields: Mapping[str, Any]) -> tuple[str, list[str]]:
    """Return the name of the field, and the ids in it."""
    one, many = word_of(fields, "glossary_id", ""), fields.get("glossary_ids") or []
    if isinstance(many, str):
        many = [many]
    if not isinstance(many, list) or not all(isinstance(each, str) for each in many):
        raise InvalidFieldError("glossary_ids must be an array of ids", "glossary_ids")
    ids = [id_.strip() for each in many for id_ in each.split(",") if id_.strip()]
    if one and ids:
        raise InvalidFieldError("give glossary_id or glossary_ids, not both", "glossary_ids")
    if len(ids) > _MAX:
        raise InvalidFieldError(f"glossary_ids may have {_MAX} ids at most", "glossary_ids")
    field, ids = ("glossary_id", [one]) if one else ("glossary_ids", ids)
    return field, [text_of(id_, field) for id_ in ids]
