"""Microsoft Translator, version 3.0: /translate, /detect and /languages with `api-version=3.0`.

Contract: Microsoft's API reference and its client libraries. `server.routes.shared_paths` brings
requests here. An option that would change the answer and is not supported is refused.
"""

import re
from typing import Any

from flask import Blueprint, Response, jsonify, request

from server.auth.access import Client
from server.core.errors import InvalidFieldError, MediaTypeError, TooManyTextsError
from server.core.language_details import details_of
from server.core.requests import AUTO, Answer, Markup, TextRequest
from server.http.caller import charge, header_key, identify
from server.http.request_body import read_body
from server.routes.error_shapes import ErrorShape
from server.routes.microsoft_dictionary import take_terms
from server.routes.shared_paths import MICROSOFT
from server.routes.texts import translate_texts
from server.schemas.microsoft import (
    STATUSES,
    VERSION,
    MicrosoftAlternative,
    MicrosoftDetection,
    MicrosoftLanguages,
    MicrosoftTranslation,
    code_of,
    parse_texts,
)
from server.services import Services
from translator.text.detection import Detection

_PATHS = re.compile("/translator/text(/|$)")
_SCOPES = ("translation", "transliteration", "dictionary")
# Microsoft's codes where they are not the language's tag.
_CODES = {
    "lg": "lug", "mn": "mn-Cyrl", "no": "nb", "sr": "sr-Cyrl", "tl": "fil", "zh": "zh-Hans",
}  # fmt: skip
# Options that would change the answer, and the values that do not; any other value is refused.
_WITHOUT_EFFECT = {
    "profanityAction": ("NoAction",),
    "includeSentenceLength": ("false",),
    "includeAlignment": ("false",),
    "toScript": (),
    "fromScript": (),
}


class MicrosoftRoutes:
    """The routes, and what they are about."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def blueprint(self) -> Blueprint:
        """Return the routes for clients."""
        blueprint = Blueprint("microsoft", __name__, url_prefix=MICROSOFT)
        blueprint.add_url_rule("/translate", view_func=self.translate, methods=["POST"])
        blueprint.add_url_rule("/detect", view_func=self.detect, methods=["POST"])
        blueprint.add_url_rule("/languages", view_func=self.languages)
        ErrorShape(_error, STATUSES, _PATHS).register(blueprint)
        return blueprint

    def translate(self) -> Response:
        """Translate each text to each language of `to`."""
        client = self._admitted()
        services, args = self._services, request.args
        _check_options()
        given = _read_targets(services)
        targets = [services.language(code, "to") for code in given]
        source = services.language(args.get("from") or AUTO, "from", auto=True)
        markup: Markup | None = "html" if args.get("textType", "plain").lower() == "html" else None
        texts = [take_terms(t, f"body[{i}]") for i, t in enumerate(_read_texts(services))]
        requests = [
            TextRequest(text, source, target, markup=markup, glossary=terms)
            for text, terms in texts
            for target in targets
        ]
        answers = translate_texts(services, client, requests, "body")
        rows = [answers[i : i + len(targets)] for i in range(0, len(answers), len(targets))]
        return jsonify([_show(row, given) for row in rows])

    def detect(self) -> Response:
        """Return the languages that each text may be in."""
        client = self._admitted()
        texts = _read_texts(self._services)
        charge(self._services.access, client, 0)
        return jsonify([_show_detections(self._services.translation.detect(t)) for t in texts])

    def languages(self) -> MicrosoftLanguages:
        """List the languages by code, with their names in English and in themselves."""
        _check_version()
        given = request.args.get("scope", "").strip()
        scopes = [scope.strip() for scope in given.split(",")] if given else list(_SCOPES)
        if not set(scopes) <= set(_SCOPES):
            raise InvalidFieldError(f"scope must be of {', '.join(_SCOPES)}", "scope")
        shown: MicrosoftLanguages = {}
        if "translation" in scopes:
            shown["translation"] = {
                _written(details.code): {
                    "name": details.name,
                    "nativeName": details.native_name,
                    "dir": details.direction,
                }
                for details in map(details_of, sorted(self._services.models.languages))
            }
        if "transliteration" in scopes:
            shown["transliteration"] = {}
        if "dictionary" in scopes:
            shown["dictionary"] = {}
        return shown

    def _admitted(self) -> Client:
        """Return the client, once its key and the version have been checked."""
        key = (
            request.headers.get("Ocp-Apim-Subscription-Key")
            or request.args.get("Subscription-Key")
            or header_key()
        )
        client = identify(self._services.access, key)
        _check_version()
        return client


def _error(message: str, status: int, error: Exception) -> dict[str, Any]:
    return {"error": {"code": code_of(status, error), "message": message}}


def _check_version() -> None:
    if request.args.get("api-version") != VERSION:
        raise InvalidFieldError(f"api-version must be {VERSION}", "api-version")


def _check_options() -> None:
    if request.args.get("textType", "plain").lower() not in ("plain", "html"):
        raise InvalidFieldError("textType must be 'plain' or 'html'", "textType")
    for name, allowed in _WITHOUT_EFFECT.items():
        given = request.args.get(name, "")
        if given and given.lower() not in map(str.lower, allowed):
            raise InvalidFieldError(f"{name} is not supported by this server", "option")


def _read_targets(services: Services) -> list[str]:
    given = [code for each in request.args.getlist("to") for code in each.split(",")]
    if not given or not all(given):
        raise InvalidFieldError("to is missing", "to")
    if len(given) > services.settings.max_texts:  # before there is a text for each
        raise TooManyTextsError(f"to may have {services.settings.max_texts} languages", "to")
    return given


def _read_texts(services: Services) -> list[str]:
    if not request.is_json:
        raise MediaTypeError("send the body as Content-Type: application/json")
    return parse_texts(read_body(), services.settings)


def _show(answers: list[Answer], targets: list[str]) -> MicrosoftTranslation:
    """Return the translations of one text."""
    shown: MicrosoftTranslation = {
        "translations": [
            {"text": answer.text, "to": target}
            for answer, target in zip(answers, targets, strict=True)
        ]
    }
    first = answers[0]
    if first.confidence is None:
        return shown
    detected = {"language": _written(first.source), "score": first.confidence}
    return {"detectedLanguage": detected, **shown}  # type: ignore[typeddict-item]


def _show_detections(found: list[Detection]) -> MicrosoftDetection:
    first, *others = [_show_detection(each) for each in found]
    return {**first, "alternatives": others}


def _show_detection(detection: Detection) -> MicrosoftAlternative:
    return {
        "language": _written(detection.language),
        "score": round(detection.confidence, 4),
        "isTranslationSupported": True,
        "isTransliterationSupported": False,
    }


def _written(code: str) -> str:
    """Return the code that Microsoft's clients know for a language of ours."""
    tag = details_of(code).tag
    return _CODES.get(tag, tag)
