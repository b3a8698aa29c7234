"""The languages of texts, documents and glossaries."""

from flask import Response, jsonify

from server.core.errors import InvalidFieldError
from server.routes.deepl.common import Rule, admitted, written
from server.routes.parameters import word_of
from server.schemas.deepl import DeepLGlossaryPairs, DeepLLanguage
from server.services import Services
from translator.models.languages import name_of

# DeepL has variants of these as targets; the models have one code for each.
_VARIETIES = {"EN": ("EN-GB", "EN-US"), "PT": ("PT-BR", "PT-PT")}


class LanguageRoutes:
    """The routes for languages."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def rules(self) -> list[Rule]:
        """Return the routes."""
        return [
            ("/v2/languages", self.languages, ["GET", "POST"]),
            ("/v2/glossary-language-pairs", self.glossary_pairs, ["GET"]),
        ]

    def languages(self) -> Response:
        """List the languages, as sources or, with `type=target`, as targets."""
        fields, _ = admitted(self._services)
        kind = word_of(fields, "type", "source")
        if kind not in ("source", "target"):
            raise InvalidFieldError("type must be 'source' or 'target'", "type")
        codes = sorted(self._services.models.languages)
        if kind == "source":
            return jsonify([_describe(code, written(code)) for code in codes])
        return jsonify(
            [
                _describe(code, each) | {"supports_formality": False}
                for code in codes
                for each in _VARIETIES.get(written(code), (written(code),))
            ]
        )

    def glossary_pairs(self) -> DeepLGlossaryPairs:
        """Return the pairs that a glossary can be created for: all."""
        admitted(self._services)
        codes = [written(code).lower() for code in sorted(self._services.models.languages)]
        return {
            "supported_languages": [
                {"source_lang": source, "target_lang": target}
                for source in codes
                for target in codes
                if source != target
            ]
        }


def _describe(code: str, shown: str) -> DeepLLanguage:
    return {"language": shown, "name": name_of(code)}
