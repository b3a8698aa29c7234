"""Parameters that clients may send as JSON, in a form, or in the query."""

from collections.abc import Mapping
from typing import Any

from flask import request
from werkzeug.datastructures import CombinedMultiDict

from server.core.errors import InvalidFieldError
from server.http.request_body import read_body
from server.schemas.fields import check_characters
from server.schemas.strict_json import parse_json


def read_fields(repeated: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Return the request's parameters by name, except those that are null: they are not given.

    Those in `repeated` are lists if a form has them more than once. Raises MalformedJsonError, and
    InvalidFieldError where the JSON is not an object.
    """
    if request.is_json and (request.method != "GET" or request.content_length):
        fields = parse_json(read_body())
        if not isinstance(fields, dict):
            raise InvalidFieldError("the body must be a JSON object")
        return {name: value for name, value in fields.items() if value is not None}
    # Not `request.values`: it ignores the form that some clients send with a GET.
    values = CombinedMultiDict([request.args, request.form])
    if not all(isinstance(name, str) for name in values):
        raise InvalidFieldError("a part of the form has no name")
    return {
        name: values.getlist(name)
        if name in repeated and len(values.getlist(name)) > 1
        else values[name]
        for name in values
    }


def text_of(value: object, field: str) -> str:
    """Return a valid text unchanged. Raises InvalidFieldError."""
    if not isinstance(value, str):
        raise InvalidFieldError(f"{field} must be a string", field)
    try:
        return check_characters(value)
    except ValueError as error:
        raise InvalidFieldError(f"{field} {error}", field) from None


def word_of(fields: Mapping[str, Any], name: str, default: str) -> str:
    """Return a parameter that must be a string. Raises InvalidFieldError."""
    value = fields.get(name, default)
    if not isinstance(value, str):
        raise InvalidFieldError(f"{name} must be a string", name)
    return value
