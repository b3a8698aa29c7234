"""/v2/glossaries: glossaries for one pair of languages.

They are those of version 3 that have one dictionary.
"""

from flask import Response

from server.core.errors import UnknownGlossaryError
from server.glossaries.entries import write_entries
from server.glossaries.records import Glossary
from server.routes.deepl.common import Rule, admitted
from server.routes.deepl.glossaries import show_time, shown_code
from server.routes.deepl.glossary_bodies import admitted_body, read_dictionary, read_name
from server.schemas.deepl_glossaries import TSV, DeepLPairGlossaries, DeepLPairGlossary
from server.services import Services


class PairGlossaryRoutes:
    """The routes for glossaries of version 2."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._store = services.stored_glossaries

    def rules(self) -> list[Rule]:
        """Return the routes."""
        one = "/v2/glossaries/<glossary_id>"
        return [
            ("/v2/glossaries", self.create, ["POST"]),
            ("/v2/glossaries", self.list_all, ["GET"]),
            (one, self.show, ["GET"]),
            (one, self.delete, ["DELETE"]),
            (f"{one}/entries", self.entries, ["GET"]),
        ]

    def create(self) -> tuple[DeepLPairGlossary, int]:
        """Store a glossary."""
        with admitted_body(self._services) as (fields, client):
            name, dictionary = read_name(fields), read_dictionary(self._services, fields)
            return _show(self._store.add(client.name, name, [dictionary])), 201

    def list_all(self) -> DeepLPairGlossaries:
        """Return the key's glossaries for one pair."""
        _, client = admitted(self._services)
        found = self._store.all(client.name)
        return {"glossaries": [_show(each) for each in found if len(each.dictionaries) == 1]}

    def show(self, glossary_id: str) -> DeepLPairGlossary:
        """Return a glossary without its entries."""
        return _show(self._find(glossary_id)[0])

    def delete(self, glossary_id: str) -> tuple[str, int]:
        """Delete a glossary."""
        glossary, owner = self._find(glossary_id)
        self._store.delete(owner, glossary.id)
        return "", 204

    def entries(self, glossary_id: str) -> Response:
        """Return the entries as TSV."""
        glossary, owner = self._find(glossary_id)
        entries = self._store.entries(owner, glossary.id, glossary.dictionaries[0].pair)
        return Response(write_entries(entries.items()), mimetype=TSV)

    def _find(self, glossary_id: str) -> tuple[Glossary, str]:
        """Return a glossary for one pair, and its owner."""
        _, client = admitted(self._services)
        glossary = self._store.find(client.name, glossary_id)
        if len(glossary.dictionaries) != 1:
            raise UnknownGlossaryError("this glossary is for several pairs: use /v3/glossaries")
        return glossary, client.name


def _show(glossary: Glossary) -> DeepLPairGlossary:
    [dictionary] = glossary.dictionaries
    source, target = dictionary.pair
    return {
        "glossary_id": glossary.id,
        "name": glossary.name,
        "ready": True,
        "source_lang": shown_code(source),
        "target_lang": shown_code(target),
        "creation_time": show_time(glossary.created),
        "entry_count": dictionary.count,
    }
