"""Google Cloud Translation, version 2: /language/translate/v2, its /detect and its /languages.

Contract: Google's API documentation and its client libraries. Every parameter may be in the query,
a form or JSON, and every route takes GET and POST.
"""

import re
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, request

from server.auth.access import Client
from server.core.errors import InvalidFieldError
from server.core.language_details import details_of
from server.core.requests import AUTO, Answer, Markup, TextRequest
from server.http.caller import charge, header_key, identify
from server.routes.error_shapes import ErrorShape
from server.routes.parameters import read_fields, text_of, word_of
from server.routes.texts import translate_texts
from server.schemas.google import (
    STATUS_NAMES,
    STATUSES,
    GoogleDetections,
    GoogleLanguages,
    GoogleTranslation,
    GoogleTranslations,
)
from server.schemas.translation import check_size
from server.services import Services
from translator.models.languages import name_of

_PATHS = re.compile("/language/translate(/|$)")
# Google's codes where they are not the language's tag; the first one is that of answers.
_CODES = {
    "he": ("iw", "he"), "jv": ("jw", "jv"), "nb": ("no", "nb"), "zh": ("zh-CN", "zh"),
    "zh-Hans": ("zh-CN", "zh"), "zh-Hant": ("zh-TW",),
}  # fmt: skip


class GoogleRoutes:
    """The routes, and what they are about."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def blueprint(self) -> Blueprint:
        """Return the routes for clients."""
        blueprint = Blueprint("google", __name__, url_prefix="/language/translate/v2")
        for path, view in (
            ("", self.translate),
            ("/detect", self.detect),
            ("/languages", self.languages),
        ):
            blueprint.add_url_rule(path, view_func=view, methods=["GET", "POST"])
        ErrorShape(_error, STATUSES, _PATHS).register(blueprint)
        return blueprint

    def translate(self) -> GoogleTranslations:
        """Translate one text or several, as HTML unless the request says otherwise."""
        services = self._services
        fields, client = self._admitted()
        texts = _read_texts(fields)
        format_ = word_of(fields, "format", "html")
        if format_ not in ("html", "text"):
            raise InvalidFieldError("format must be 'html' or 'text'", "format")
        target = word_of(fields, "target", "")
        if not target:
            raise InvalidFieldError("target is missing", "target")
        pair = (
            services.language(word_of(fields, "source", "") or AUTO, "source", auto=True),
            services.language(target, "target"),
        )
        markup: Markup | None = "html" if format_ == "html" else None
        requests = [TextRequest(text, *pair, markup=markup) for text in texts]
        answers = translate_texts(services, client, requests, "q")
        return {"data": {"translations": [_show(answer) for answer in answers]}}

    def detect(self) -> GoogleDetections:
        """Return the language of each text."""
        services = self._services
        fields, client = self._admitted()
        texts = _read_texts(fields)
        check_size(texts, services.settings.max_texts, services.settings.max_characters, "q")
        charge(services.access, client, 0)
        best = [services.translation.detect(text)[0] for text in texts]
        return {
            "data": {
                "detections": [
                    [
                        {
                            "language": _written(each.language)[0],
                            "confidence": round(each.confidence, 4),
                            "isReliable": False,  # so it is in Google's, always
                        }
                    ]
                    for each in best
                ]
            }
        }

    def languages(self) -> GoogleLanguages:
        """List the languages of the model, with names if there is a `target`."""
        fields, _ = self._admitted()
        named = bool(word_of(fields, "target", ""))
        codes = sorted(
            (written, code)
            for code in self._services.models.languages
            for written in _written(code)
        )
        return {
            "data": {
                "languages": [
                    {"language": written, "name": name_of(code)} if named else {"language": written}
                    for written, code in codes
                ]
            }
        }

    def _admitted(self) -> tuple[dict[str, Any], Client]:
        """Return the parameters and the client, once its key has been checked."""
        early = request.args.get("key") or request.headers.get("X-Goog-Api-Key") or header_key()
        if early:
            identify(self._services.access, early)  # before the body is read
        fields = read_fields(frozenset({"q"}))
        if request.is_json:
            fields = request.args.to_dict() | fields
        return fields, identify(self._services.access, early or word_of(fields, "key", "") or None)


def _error(message: str, status: int, _: Exception) -> dict[str, Any]:
    word, reason = STATUS_NAMES.get(status, STATUS_NAMES[400])
    reasons = [{"message": message, "domain": "global", "reason": reason}]
    return {"error": {"code": status, "message": message, "errors": reasons, "status": word}}


def _read_texts(fields: Mapping[str, Any]) -> list[str]:
    q = fields.get("q")
    if q is None or q == []:
        raise InvalidFieldError("q is missing", "q")
    if not isinstance(q, list):
        return [text_of(q, "q")]
    return [text_of(text, f"q[{i}]") for i, text in enumerate(q)]


def _show(answer: Answer) -> GoogleTranslation:
    shown: GoogleTranslation = {"translatedText": answer.text}
    if answer.confidence is not None:
        shown["detectedSourceLanguage"] = _written(answer.source)[0]
    return shown


def _written(code: str) -> tuple[str, ...]:
    """Return the codes that Google's clients know for a language of ours."""
    tag = details_of(code).tag
    return _CODES.get(tag, (tag,))
