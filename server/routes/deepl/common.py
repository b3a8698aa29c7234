"""What DeepL's routes have in common: the caller, and the languages."""

from collections.abc import Callable, Mapping
from typing import Any

from server.auth.access import Client
from server.core.errors import InvalidFieldError, UnsupportedLanguageError
from server.core.requests import AUTO
from server.http.caller import header_key, identify
from server.routes.parameters import read_fields, word_of
from server.services import Services
from translator.models.languages import bcp47

Rule = tuple[str, Callable[..., Any], list[str]]  # path, view, methods
_SCHEME = "deepl-auth-key"
_WRITTEN = {"no": "NB"}  # the tag of a language and DeepL's code, where they differ


def early_client(services: Services) -> Client:
    """Return the client of the key in the header, before the body is read."""
    return identify(services.access, header_key(_SCHEME))


def admitted(
    services: Services, repeated: frozenset[str] = frozenset()
) -> tuple[dict[str, Any], Client]:
    """Return the parameters and the client, whose key may be one of them."""
    if header_key(_SCHEME) is not None:
        early_client(services)
    fields = read_fields(repeated)
    key = header_key(_SCHEME) or word_of(fields, "auth_key", "") or None
    return fields, identify(services.access, key)


def language_of(services: Services, fields: Mapping[str, Any], name: str, field: str = "") -> str:
    """Return the model's code of the language that a parameter names; `field` is its full name.

    Raises InvalidFieldError and UnsupportedLanguageError.
    """
    field = field or name
    code = word_of(fields, name, "")
    if not code:
        raise InvalidFieldError(f"{field} is missing", field)
    try:
        return services.language(code, field)
    except UnsupportedLanguageError as error:
        raise UnsupportedLanguageError(
            f"Value for '{field}' not supported. {error}", field
        ) from None


def pair_of(services: Services, fields: Mapping[str, Any]) -> tuple[str, str]:
    """Return the source, AUTO where it is not given, and the target of a translation."""
    target = language_of(services, fields, "target_lang")
    if not word_of(fields, "source_lang", ""):
        return AUTO, target
    return language_of(services, fields, "source_lang"), target


def written(code: str) -> str:
    """Return a model's code as DeepL writes it."""
    tag = bcp47(code)
    return _WRITTEN.get(tag, tag.upper())
