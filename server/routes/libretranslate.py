"""LibreTranslate's API: /translate, /detect, /frontend/settings, /health.

Our own /languages serves its clients, too. Contract: the client libraries and LibreTranslate's API
documentation.
"""

from typing import Any

from flask import Blueprint, Response, jsonify, request

from server.auth.access import Client
from server.core.errors import InvalidFieldError, TextFailedError
from server.core.requests import AUTO, Answer, TextRequest
from server.core.settings import Settings
from server.http.caller import charge, header_key, identify, request_context
from server.routes.error_shapes import shape_errors
from server.routes.parameters import read_fields, text_of, word_of
from server.schemas.fields import MAX_ALTERNATIVES
from server.schemas.libretranslate import (
    STATUSES,
    LibreTranslateDetection,
    LibreTranslateHealth,
    LibreTranslateSettings,
)
from server.schemas.translation import check_size
from server.services import Services
from translator.models.languages import NAMES
from translator.text.detection import Detection

_TIMEOUT_MILLISECONDS = 500  # debounce of LibreTranslate's page


class LibreTranslateRoutes:
    """The routes, and what they are about."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def blueprint(self) -> Blueprint:
        """Return the routes for clients."""
        blueprint = Blueprint("libretranslate", __name__)
        for path, view, method in (
            ("/translate", self.translate, "POST"),
            ("/detect", self.detect, "POST"),
            ("/frontend/settings", self.frontend_settings, "GET"),
            ("/health", self.health, "GET"),
        ):
            blueprint.add_url_rule(path, view_func=view, methods=[method])
        shape_errors(blueprint, lambda message: {"error": message}, STATUSES)
        return blueprint

    def translate(self) -> dict[str, Any]:
        """Translate `q`, a text or an array of texts."""
        services = self._services
        fields, client = self._admitted()
        many, texts = _read_texts(fields, services.settings)
        charge(services.access, client, sum(map(len, texts)))
        source = self._language(fields, "source")
        target = self._language(fields, "target")
        html = _read_format(fields) == "html"
        alternatives = _read_alternatives(fields)
        text_requests = [
            TextRequest(text, source, target, html=html, alternatives=0 if html else alternatives)
            for text in texts
        ]
        with services.limit_concurrency():
            try:
                answers = services.translation.translate(
                    text_requests, request_context(services.settings)
                )
            except TextFailedError as error:
                error.field = f"q[{error.index}]" if many else "q"
                raise
        return _show(answers, many=many, detected=source == AUTO, alternatives=alternatives)

    def detect(self) -> Response:
        """Return the languages that `q` may be in, best first; an array of texts gets arrays."""
        fields, client = self._admitted()
        many, texts = _read_texts(fields, self._services.settings)
        charge(self._services.access, client, 0)
        found = [
            [_show_detection(each) for each in self._services.translation.detect(text)]
            for text in texts
        ]
        return jsonify(found if many else found[0])

    def frontend_settings(self) -> LibreTranslateSettings:
        """Return what LibreTranslate's page and some clients request first."""
        services = self._services
        codes = sorted(services.model.languages)
        target = "en" if "en" in codes else codes[0]
        return {
            "charLimit": services.settings.max_characters,
            "frontendTimeout": _TIMEOUT_MILLISECONDS,
            "apiKeys": services.access.required,
            "keyRequired": services.access.required,
            "suggestions": False,
            "filesTranslation": False,
            "supportedFilesFormat": [],
            "language": {
                "source": {"code": AUTO, "name": "Auto Detect"},
                "target": {"code": target, "name": NAMES.get(target, target)},
            },
        }

    def health(self) -> tuple[LibreTranslateHealth, int]:
        """Return whether requests are served."""
        state = self._services.pool.status().state
        serving = state in ("ok", "degraded")
        return {"status": "ok" if serving else state}, 200 if serving else 503

    def _admitted(self) -> tuple[dict[str, Any], Client]:
        """Return the parameters and the client, once its key has been checked."""
        if header_key() is not None:
            identify(self._services.access, header_key())  # before the body is read
        fields = read_fields()
        return fields, identify(self._services.access, _key(fields))

    def _language(self, fields: dict[str, Any], name: str) -> str:
        code = word_of(fields, name, "")
        if not code:
            raise InvalidFieldError(f"Invalid request: missing {name} parameter", name)
        return self._services.language(code, name, auto=name == "source")


def _key(fields: dict[str, Any]) -> str | None:
    return word_of(fields, "api_key", "") or header_key()


def _read_texts(fields: dict[str, Any], settings: Settings) -> tuple[bool, list[str]]:
    """Return whether `q` is an array, and its texts, within the limits of the settings."""
    q = fields.get("q")
    if q is None or q in ("", []):
        raise InvalidFieldError("Invalid request: missing q parameter", "q")
    many = isinstance(q, list)
    texts = [text_of(text, f"q[{i}]") for i, text in enumerate(q)] if many else [text_of(q, "q")]
    if not request.is_json:  # forms encode line ends as CR LF, and add one at the end
        texts = [text.replace("\r\n", "\n").removesuffix("\n") for text in texts]
    check_size(texts, settings.max_texts, settings.max_characters, "q")
    return many, texts


def _read_format(fields: dict[str, Any]) -> str:
    given = word_of(fields, "format", "text")
    if given not in ("text", "html"):
        raise InvalidFieldError("format must be 'text' or 'html'", "format")
    return given


def _read_alternatives(fields: dict[str, Any]) -> int:
    value = fields.get("alternatives", 0)
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value) if len(value) <= len(str(MAX_ALTERNATIVES)) else MAX_ALTERNATIVES + 1
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_ALTERNATIVES:
        raise InvalidFieldError(
            f"alternatives must be a number from 0 to {MAX_ALTERNATIVES}", "alternatives"
        )
    return value


def _show(
    answers: list[Answer], *, many: bool, detected: bool, alternatives: int
) -> dict[str, Any]:
    shown: dict[str, list[Any]] = {"translatedText": [answer.text for answer in answers]}
    if detected:
        shown["detectedLanguage"] = [
            _show_detection(Detection(answer.source, answer.confidence or 0.0))
            for answer in answers
        ]
    if alternatives:
        shown["alternatives"] = [list(answer.alternatives) for answer in answers]
    return shown if many else {name: values[0] for name, values in shown.items()}


def _show_detection(detection: Detection) -> LibreTranslateDetection:
    """Return a language with its confidence in percent."""
    return {"confidence": round(detection.confidence * 100, 1), "language": detection.language}
