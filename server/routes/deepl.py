"""DeepL's API, version 2: /v2/translate, /v2/languages, /v2/usage.

Contract: DeepL's API documentation and its official client. What this server cannot do, such as a
formality or a stored glossary, is refused rather than ignored.
"""

import re
from collections.abc import Mapping
from typing import Any, get_args

from flask import Blueprint, Response, jsonify

from server.auth.access import Client
from server.core.errors import InvalidFieldError, TextFailedError
from server.core.requests import AUTO, TextRequest
from server.http.caller import charge, header_key, identify, request_context
from server.routes.error_shapes import shape_errors
from server.routes.parameters import read_fields, text_of, word_of
from server.schemas.deepl import (
    MAX_TEXTS,
    STATUSES,
    DeepLLanguage,
    DeepLRequest,
    DeepLTranslations,
    DeepLUsage,
    Formality,
    SplitSentences,
    TagHandling,
)
from server.schemas.translation import check_size
from server.services import Services
from translator.models.languages import NAMES

_NO_LIMIT = 1_000_000_000_000  # characters; DeepL's own number for an unlimited account
_NAME = re.compile("[a-z_]{1,32}")  # anything else may be a misplaced text
_SCHEME = "deepl-auth-key"
_CHOICES = {
    "split_sentences": get_args(SplitSentences),
    "tag_handling": get_args(TagHandling),
    "formality": get_args(Formality),
}
# DeepL has variants of these as targets; M2M100 has one code for each.
_VARIETIES = {"en": ("EN-GB", "EN-US"), "pt": ("PT-BR", "PT-PT")}


class DeepLRoutes:
    """The routes, and what they are about."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def blueprint(self) -> Blueprint:
        """Return the routes for clients."""
        blueprint = Blueprint("deepl", __name__, url_prefix="/v2")
        blueprint.add_url_rule("/translate", view_func=self.translate, methods=["POST"])
        blueprint.add_url_rule("/languages", view_func=self.languages, methods=["GET", "POST"])
        blueprint.add_url_rule("/usage", view_func=self.usage, methods=["GET", "POST"])
        shape_errors(blueprint, lambda message: {"message": message}, STATUSES)
        return blueprint

    def translate(self) -> DeepLTranslations:
        """Translate up to 50 texts."""
        services = self._services
        fields, client = self._admitted()
        _check(fields)
        texts = _read_texts(fields)
        check_size(texts, MAX_TEXTS, services.settings.max_characters, "text")
        charge(services.access, client, sum(map(len, texts)))
        source, target = self._pair(fields)
        html = "tag_handling" in fields
        text_requests = [TextRequest(text, source, target, html=html) for text in texts]
        with services.limit_concurrency():
            try:
                answers = services.translation.translate(
                    text_requests, request_context(services.settings)
                )
            except TextFailedError as error:
                error.field = f"text[{error.index}]"
                raise
        return {
            "translations": [
                {
                    "detected_source_language": answer.source.upper(),
                    "text": answer.text,
                    "billed_characters": len(text_request.text),
                }
                for text_request, answer in zip(text_requests, answers, strict=True)
            ]
        }

    def languages(self) -> Response:
        """List the languages, as sources or, with `type=target`, as targets."""
        fields, _ = self._admitted()
        kind = word_of(fields, "type", "source")
        if kind not in ("source", "target"):
            raise InvalidFieldError("type must be 'source' or 'target'", "type")
        codes = sorted(self._services.model.languages)
        if kind == "source":
            return jsonify([_describe(code, code.upper()) for code in codes])
        return jsonify(
            [
                _describe(code, written) | {"supports_formality": False}
                for code in codes
                for written in _VARIETIES.get(code, (code.upper(),))
            ]
        )

    def usage(self) -> DeepLUsage:
        """Return the characters translated for this key since the server started."""
        _, client = self._admitted()
        return {
            "character_count": self._services.metrics.characters_of(client.name),
            "character_limit": _NO_LIMIT,
        }

    def _admitted(self) -> tuple[dict[str, Any], Client]:
        """Return the parameters and the client, once its key has been checked."""
        if header_key(_SCHEME) is not None:
            identify(self._services.access, header_key(_SCHEME))  # before the body is read
        fields = read_fields(frozenset({"text"}))
        return fields, identify(self._services.access, _key(fields))

    def _pair(self, fields: Mapping[str, Any]) -> tuple[str, str]:
        """Return the source, perhaps AUTO, and the target."""
        target = word_of(fields, "target_lang", "")
        if not target:
            raise InvalidFieldError("target_lang is missing", "target_lang")
        source = word_of(fields, "source_lang", "") or AUTO
        return (
            self._services.language(source, "source_lang", auto=True),
            self._services.language(target, "target_lang"),
        )


def _key(fields: Mapping[str, Any]) -> str | None:
    return header_key(_SCHEME) or word_of(fields, "auth_key", "") or None


def _check(fields: Mapping[str, Any]) -> None:
    """Refuse unsupported parameters that would change the translation."""
    unknown = sorted(set(fields) - set(DeepLRequest.__annotations__))
    if unknown:
        name = unknown[0] if _NAME.fullmatch(unknown[0]) else "a parameter"
        raise InvalidFieldError(f"{name} is not supported by this server")
    for name, choices in _CHOICES.items():
        if name in fields and word_of(fields, name, "") not in choices:
            allowed = ", ".join(sorted(choices))
            raise InvalidFieldError(f"{name} must be one of {allowed}", name)


def _read_texts(fields: Mapping[str, Any]) -> list[str]:
    texts = fields.get("text")
    if isinstance(texts, str):
        texts = [texts]
    if not isinstance(texts, list) or not texts:
        raise InvalidFieldError("text must be an array of strings", "text")
    return [text_of(text, f"text[{i}]") for i, text in enumerate(texts)]


def _describe(code: str, written: str) -> DeepLLanguage:
    return {"language": written, "name": NAMES.get(code, code)}
