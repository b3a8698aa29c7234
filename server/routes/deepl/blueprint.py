"""All routes for DeepL's clients, and how their errors look."""

import re
from collections.abc import Mapping

from flask import Blueprint

from server.glossaries.entries import EntriesError
from server.routes.deepl.documents import DocumentRoutes
from server.routes.deepl.glossaries import MultilingualRoutes
from server.routes.deepl.languages import LanguageRoutes
from server.routes.deepl.pair_glossaries import PairGlossaryRoutes
from server.routes.deepl.translate import TranslateRoutes
from server.routes.deepl.usage import UsageRoutes
from server.routes.error_shapes import ErrorShape
from server.schemas.deepl import STATUSES
from server.services import Services

_PATHS = re.compile("/v[123](/|$)")
_ABSENT: Mapping[str, str] = {
    "/v2/write": "this server translates, and cannot rephrase or correct texts",
    "/v3/languages": "the languages are in /v2/languages",
    "/v3/style_rules": "style rules and custom instructions are not supported by this server",
    "/v3/translation_memories": "translation memories are not supported by this server",
    "/v3/voice": "speech is not supported by this server",
    "/v1/jobs/voice": "speech is not supported by this server",
    "/v1/quality-evaluation": "quality evaluation is not supported by this server",
    "/v2/admin": "keys are managed in this server's file of keys, not with requests",
}


class DeepLRoutes:
    """The routes under /v2 and /v3."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def blueprint(self) -> Blueprint:
        """Return the routes for clients."""
        blueprint = Blueprint("deepl", __name__)
        for routes in (
            TranslateRoutes(self._services),
            DocumentRoutes(self._services),
            PairGlossaryRoutes(self._services),
            MultilingualRoutes(self._services),
            LanguageRoutes(self._services),
            UsageRoutes(self._services),
        ):
            for path, view, methods in routes.rules():
                name = f"{type(routes).__name__}_{view.__name__}"
                blueprint.add_url_rule(path, name, view, methods=methods)
        ErrorShape(lambda message, *_: {"message": message}, STATUSES, _PATHS, _ABSENT).register(
            blueprint
        )
        blueprint.register_error_handler(EntriesError, _answer_entries)
        return blueprint


def _answer_entries(error: EntriesError) -> tuple[dict[str, str], int]:
    return {"message": "Invalid glossary entries provided", "detail": str(error)}, 400
