"""POST /v2/translate."""

from collections.abc import Mapping
from typing import Any

from server.auth.access import Client
from server.core.errors import InvalidFieldError
from server.core.requests import Answer, TextRequest
from server.routes.deepl.common import Rule, admitted, pair_of, written
from server.routes.deepl.glossary_use import GLOSSARY_LISTS, entries_for
from server.routes.deepl.options import (
    TAG_LISTS,
    Shown,
    check_options,
    shown_of,
    splitting,
    tag_rules,
)
from server.routes.parameters import text_of
from server.routes.texts import translate_texts
from server.schemas.deepl import MAX_TEXTS, DeepLTranslation, DeepLTranslations
from server.schemas.translation import check_size
from server.services import Services

_REPEATED = frozenset({"text"}) | TAG_LISTS | GLOSSARY_LISTS


class TranslateRoutes:
    """The route for texts."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def rules(self) -> list[Rule]:
        """Return the routes."""
        return [("/v2/translate", self.translate, ["POST"])]

    def translate(self) -> DeepLTranslations:
        """Translate up to 50 texts."""
        services = self._services
        fields, client = admitted(services, _REPEATED)
        check_options(fields)
        shown = shown_of(fields)
        text_requests = self._read(fields, client)
        answers = translate_texts(services, client, text_requests, "text")
        return {
            "translations": [
                _show(text_request, answer, shown)
                for text_request, answer in zip(text_requests, answers, strict=True)
            ]
        }

    def _read(self, fields: Mapping[str, Any], client: Client) -> list[TextRequest]:
        texts = _read_texts(fields)
        check_size(texts, MAX_TEXTS, self._services.settings.max_characters, "text")
        source, target = pair_of(self._services, fields)
        request = TextRequest(
            "",
            source,
            target,
            markup=fields.get("tag_handling"),
            tags=tag_rules(fields),
            splitting=splitting(fields),
            glossary=entries_for(self._services, fields, client, (source, target)),
        )
        return [request._replace(text=text) for text in texts]


def _read_texts(fields: Mapping[str, Any]) -> list[str]:
    texts = fields.get("text")
    if isinstance(texts, str):
        texts = [texts]
    if not isinstance(texts, list) or not texts:
        raise InvalidFieldError("text must be an array of strings", "text")
    return [text_of(text, f"text[{i}]") for i, text in enumerate(texts)]


def _show(request: TextRequest, answer: Answer, shown: Shown) -> DeepLTranslation:
    translation: DeepLTranslation = {
        "detected_source_language": written(answer.source),
        "text": answer.text,
    }
    if shown.billed:
        translation["billed_characters"] = len(request.text)
    if shown.model_type is not None:
        translation["model_type_used"] = shown.model_type.removeprefix("prefer_")
    if shown.tag_version is not None:
        translation["tag_handling_version"] = shown.tag_version
    return translation
