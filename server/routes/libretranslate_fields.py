"""The parameters of LibreTranslate's requests."""

import re
from collections.abc import Mapping
from typing import Any

from flask import request

from server.core.errors import InvalidFieldError, UnsupportedLanguageError
from server.core.settings import Settings
from server.http.caller import header_key
from server.routes.parameters import text_of, word_of
from server.schemas.fields import MAX_ALTERNATIVES
from server.schemas.translation import check_size
from server.services import Services

_CODE = re.compile("[A-Za-z]{2,3}(-[A-Za-z]{2,4})?")


def api_key(fields: Mapping[str, Any]) -> str | None:
    """Return the API key: a parameter, or the one in a header."""
    return word_of(fields, "api_key", "") or header_key()


def missing(name: str) -> InvalidFieldError:
    """Return the error about a parameter that is missing or empty."""
    return InvalidFieldError(f"Invalid request: missing {name} parameter", name)


def read_language(services: Services, fields: Mapping[str, Any], name: str) -> str:
    """Return the `source`, perhaps AUTO, or the `target`.

    Raises InvalidFieldError and UnsupportedLanguageError.
    """
    code = word_of(fields, name, "")
    if not code:
        raise missing(name)
    try:
        return services.language(code, name, auto=name == "source")
    except UnsupportedLanguageError:
        if not _CODE.fullmatch(code):  # it may be a misplaced text
            raise
        raise UnsupportedLanguageError(
            f"{code} is not supported{services.hint(code)}", name
        ) from None


def read_texts(fields: Mapping[str, Any], settings: Settings) -> tuple[bool, list[str]]:
    """Return whether `q` is an array, and its texts, within the limits of the settings.

    Raises InvalidFieldError, TooManyTextsError and TooLongError.
    """
    q = fields.get("q")
    if q is None or q in ("", []):
        raise missing("q")
    many = isinstance(q, list)
    texts = [text_of(text, f"q[{i}]") for i, text in enumerate(q)] if many else [text_of(q, "q")]
    if not request.is_json:  # forms encode line ends as CR LF, and add one at the end
        texts = [text.replace("\r\n", "\n").removesuffix("\n") for text in texts]
    check_size(texts, settings.max_texts, settings.max_characters, "q")
    return many, texts


def read_format(fields: Mapping[str, Any]) -> str:
    """Return the format, 'text' or 'html'. Raises InvalidFieldError."""
    given = word_of(fields, "format", "text")
    if given not in ("text", "html"):
        raise InvalidFieldError("format must be 'text' or 'html'", "format")
    return given


def read_alternatives(fields: Mapping[str, Any]) -> int:
    """Return the number of further translations. Raises InvalidFieldError."""
    value = fields.get("alternatives", 0)
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value) if len(value) <= len(str(MAX_ALTERNATIVES)) else MAX_ALTERNATIVES + 1
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_ALTERNATIVES:
        raise InvalidFieldError(
            f"alternatives must be a number from 0 to {MAX_ALTERNATIVES}", "alternatives"
        )
    return value
