"""LibreTranslate's API: /translate, /detect, /suggest, /frontend/settings, /health, and files.

Our own /languages serves its clients, too. Contract: the client libraries and LibreTranslate's API
documentation.
"""

import re
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import MethodNotAllowed

from documents import FORMATS
from server.auth.access import Client
from server.core.requests import AUTO, Answer, Markup, TextRequest
from server.http.caller import charge, header_key, identify
from server.routes.error_shapes import ErrorShape
from server.routes.libretranslate_fields import (
    api_key,
    missing,
    read_alternatives,
    read_format,
    read_language,
    read_texts,
)
from server.routes.libretranslate_files import LibreTranslateFiles
from server.routes.nllb import serve_nllb
from server.routes.parameters import read_fields, word_of
from server.routes.shared_paths import is_for_nllb_serve
from server.routes.status import SERVING
from server.routes.texts import translate_texts
from server.schemas.libretranslate import (
    STATUSES,
    LibreTranslateDetection,
    LibreTranslateHealth,
    LibreTranslateSettings,
    LibreTranslateSuggestion,
)
from server.services import Services
from translator.models.languages import bcp47, find, name_of
from translator.text.detection import Detection

_TIMEOUT_MILLISECONDS = 500  # debounce of LibreTranslate's page
# `/languages` and `/spec` are ours.
_PATHS = re.compile("/(translate|translate_file|download_file|detect|suggest|frontend|health)(/|$)")


class LibreTranslateRoutes:
    """The routes, and what they are about."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def blueprint(self) -> Blueprint:
        """Return the routes for clients."""
        blueprint = Blueprint("libretranslate", __name__)
        files = LibreTranslateFiles(self._services)
        for path, view, *methods in (
            ("/translate", self.translate, "POST", "GET"),
            ("/translate_file", files.translate_file, "POST"),
            ("/download_file/<name>", files.download_file, "GET"),
            ("/detect", self.detect, "POST"),
            ("/suggest", self.suggest, "POST"),
            ("/frontend/settings", self.frontend_settings, "GET"),
            ("/health", self.health, "GET"),
        ):
            blueprint.add_url_rule(path, view_func=view, methods=methods)
        ErrorShape(lambda message, *_: {"error": message}, STATUSES, _PATHS).register(blueprint)
        return blueprint

    def translate(self) -> Mapping[str, Any]:
        """Translate `q`, a text or an array of texts."""
        services = self._services
        fields, client = self._admitted()
        if is_for_nllb_serve(fields):
            return serve_nllb(services, client, fields)
        if request.method == "GET":  # nllb-serve's alone
            raise MethodNotAllowed(["POST"])
        many, texts = read_texts(fields, services.settings)
        source = read_language(services, fields, "source")
        target = read_language(services, fields, "target")
        markup: Markup | None = "html" if read_format(fields) == "html" else None
        alternatives = read_alternatives(fields)
        text_requests = [
            TextRequest(
                text, source, target, markup=markup, alternatives=0 if markup else alternatives
            )
            for text in texts
        ]
        answers = translate_texts(services, client, text_requests, "q")
        return _show(answers, many=many, detected=source == AUTO, alternatives=alternatives)

    def detect(self) -> Response:
        """Return the languages that `q` may be in, best first; an array of texts gets arrays."""
        fields, client = self._admitted()
        many, texts = read_texts(fields, self._services.settings)
        charge(self._services.access, client, 0)
        found = [
            [_show_detection(each) for each in self._services.translation.detect(text)]
            for text in texts
        ]
        return jsonify(found if many else found[0])

    def suggest(self) -> LibreTranslateSuggestion:
        """Say that a better translation is not accepted: nobody asked the server to keep texts."""
        fields, client = self._admitted()
        for name in ("q", "s", "source", "target"):
            if not word_of(fields, name, ""):
                raise missing(name)
        charge(self._services.access, client, 0)
        return {"success": False}

    def frontend_settings(self) -> LibreTranslateSettings:
        """Return what LibreTranslate's page and some clients request first."""
        services = self._services
        codes = sorted(services.models.languages)
        target = find("en", codes) or codes[0]
        return {
            "charLimit": services.settings.max_characters,
            "frontendTimeout": _TIMEOUT_MILLISECONDS,
            "apiKeys": services.access.required,
            "keyRequired": services.access.required,
            "suggestions": False,
            "filesTranslation": services.jobs is not None,
            "supportedFilesFormat": [] if services.jobs is None else sorted(FORMATS),
            "language": {
                "source": {"code": AUTO, "name": "Auto Detect"},
                "target": {"code": target, "name": name_of(target)},
            },
        }

    def health(self) -> tuple[LibreTranslateHealth, int]:
        """Return whether requests are served."""
        state = self._services.pool.status().state
        serving = state in SERVING
        return {"status": "ok" if serving else state}, 200 if serving else 503

    def _admitted(self) -> tuple[dict[str, Any], Client]:
        """Return the parameters and the client, once its key has been checked."""
        if header_key() is not None:
            identify(self._services.access, header_key())  # before the body is read
        fields = read_fields(frozenset({"q", "source"}))
        return fields, identify(self._services.access, api_key(fields))


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
    return {
        "confidence": round(detection.confidence * 100, 1),
        "language": bcp47(detection.language),
    }
