"""The APIs of the two servers that people run NLLB models with, as their clients use them.

nllb-serve has /translate, which is LibreTranslate's path too: its routes bring those requests here.
nllb-api has /api/v4/translator and /api/v4/language. Contract: both projects' documentation, and
Subtitle Edit. Their languages are FLORES-200 codes; ours are accepted, too.
"""

import re
import time
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, request

from server.auth.access import Client
from server.core.errors import InvalidFieldError
from server.core.requests import TextRequest
from server.http.caller import charge, header_key, identify
from server.routes.error_shapes import ErrorShape
from server.routes.parameters import read_fields, text_of, word_of
from server.routes.shared_paths import NLLB_API
from server.routes.texts import translate_texts
from server.schemas.nllb import NllbApiLanguage, NllbApiTranslation, NllbServeTranslation
from server.schemas.translation import check_size
from server.services import Services
from translator.models.flores import flores_code

_PATHS = re.compile("/api/v[0-9]+/(translator|language)(/|$)")
_ENGLISH, _SPANISH = "eng_Latn", "spa_Latn"  # what their servers assume


def serve_nllb(
    services: Services, client: Client, fields: Mapping[str, Any]
) -> NllbServeTranslation:
    """Answer a request to nllb-serve's /translate."""
    begun = time.monotonic()
    source = fields.get("source")
    if source is None or source in ("", []):
        raise InvalidFieldError("source is missing", "source")
    many = source if isinstance(source, list) else [source]
    texts = [text_of(text, f"source[{i}]") for i, text in enumerate(many)]
    src_lang = word_of(fields, "src_lang", "") or _ENGLISH
    tgt_lang = word_of(fields, "tgt_lang", "")
    if not tgt_lang:
        raise InvalidFieldError("tgt_lang is missing", "tgt_lang")
    pair = (
        services.language(src_lang, "src_lang", auto=True),
        services.language(tgt_lang, "tgt_lang"),
    )
    answers = translate_texts(services, client, [TextRequest(t, *pair) for t in texts], "source")
    return {
        "source": texts,
        "translation": [each.text for each in answers],
        "src_lang": src_lang,
        "tgt_lang": tgt_lang,
        "time_taken": round(time.monotonic() - begun, 3),
        "time_units": "s",
    }


class NllbApiRoutes:
    """The routes of nllb-api, and what they are about."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def blueprint(self) -> Blueprint:
        """Return the routes for clients."""
        blueprint = Blueprint("nllb", __name__, url_prefix=NLLB_API)
        blueprint.add_url_rule("/translator", view_func=self.translate, methods=["GET", "POST"])
        blueprint.add_url_rule("/language", view_func=self.language)
        shape = ErrorShape(
            lambda message, status, _: {"status_code": status, "detail": message}, {}, _PATHS
        )
        shape.register(blueprint)
        return blueprint

    def translate(self) -> NllbApiTranslation:
        """Translate a text."""
        services = self._services
        client = identify(services.access, header_key())
        fields = read_fields()
        text = _read_text(fields)
        if request.method == "GET":
            fields = {"source": _ENGLISH, "target": _SPANISH} | fields
        codes = [word_of(fields, name, "") for name in ("source", "target")]
        if not all(codes):
            raise InvalidFieldError("source and target must be languages")
        source = services.language(codes[0], "source", auto=True)
        target = services.language(codes[1], "target")
        [answer] = translate_texts(services, client, [TextRequest(text, source, target)], "text")
        return {"result": answer.text}

    def language(self) -> NllbApiLanguage:
        """Return the language of a text."""
        services = self._services
        client = identify(services.access, header_key())
        text = _read_text(read_fields())
        check_size([text], 1, services.settings.max_characters, "text")
        charge(services.access, client, 0)
        best = services.translation.detect(text)[0]
        return {
            "language": flores_code(best.language) or best.language,
            "confidence": round(best.confidence, 4),
        }


def _read_text(fields: Mapping[str, Any]) -> str:
    text = text_of(fields.get("text", ""), "text")
    if not text:
        raise InvalidFieldError("text is missing", "text")
    return text
