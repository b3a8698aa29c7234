"""The parameters of a request that may be JSON, a form, or a query."""

from collections.abc import Mapping
from typing import Any

from flask import request
from werkzeug.datastructures import CombinedMultiDict

from server.core.errors import InvalidFieldError, TooLongError, TooManyTextsError
from server.core.settings import Settings
from server.schemas.translation import check_characters, parse_json


def read_fields(repeated: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Return the parameters of the request in hand by name; those `repeated` are lists in forms.

    Raises MalformedJsonError, and InvalidFieldError where the JSON is no object.
    """
    if request.is_json:
        fields = parse_json(request.get_data())
        if not isinstance(fields, dict):
            raise InvalidFieldError("the body must be a JSON object")
        return fields
    # Not `request.values`: it leaves out the form that some clients send with a GET.
    values = CombinedMultiDict([request.args, request.form])
    if not all(isinstance(name, str) for name in values):
        raise InvalidFieldError("a part of the form has no name")
    return {name: values.getlist(name) if name in repeated else values[name] for name in values}


def text_of(value: object, field: str) -> str:
    """Return a text as it is. Raises InvalidFieldError."""
    if not isinstance(value, str):
        raise InvalidFieldError(f"{field} must be a string", field)
    try:
        return check_characters(value)
    except ValueError as error:
        raise InvalidFieldError(f"{field} {error}", field) from None


def word_of(fields: Mapping[str, Any], name: str, default: str) -> str:
    """Return a parameter that is a word. Raises InvalidFieldError."""
    value = fields.get(name, default)
    if not isinstance(value, str):
        raise InvalidFieldError(f"{name} must be a string", name)
    return value


def check_size(texts: list[str], most: int, settings: Settings, field: str) -> None:
    """Refuse more than `most` texts, or more characters than the settings allow.

    Raises TooManyTextsError and TooLongError.
    """
    if len(texts) > most:
        raise TooManyTextsError(f"a request may hold {most} texts at most", field)
    if sum(map(len, texts)) > settings.max_characters:
        raise TooLongError(
            f"the texts of a request may have {settings.max_characters} characters in all", field
        )
