"""/v3/glossaries: glossaries with a dictionary for each of several pairs of languages."""

from datetime import UTC, datetime

from server.core.errors import InvalidFieldError
from server.glossaries.entries import write_entries
from server.glossaries.records import DictionarySummary, Glossary
from server.routes.deepl.common import Rule, admitted, written
from server.routes.deepl.glossary_bodies import (
    admitted_body,
    read_dictionaries,
    read_dictionary,
    read_name,
    read_pair,
)
from server.schemas.deepl_glossaries import (
    DeepLDictionary,
    DeepLEntries,
    DeepLGlossaries,
    DeepLGlossary,
    DeepLGlossaryEntries,
)
from server.services import Services


class MultilingualRoutes:
    """The routes for glossaries of version 3."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._store = services.stored_glossaries

    def rules(self) -> list[Rule]:
        """Return the routes."""
        one = "/v3/glossaries/<glossary_id>"
        return [
            ("/v3/glossaries", self.create, ["POST"]),
            ("/v3/glossaries", self.list_all, ["GET"]),
            (one, self.show, ["GET"]),
            (one, self.edit, ["PATCH"]),
            (one, self.delete, ["DELETE"]),
            (f"{one}/entries", self.entries, ["GET"]),
            (f"{one}/dictionaries", self.replace, ["PUT"]),
            (f"{one}/dictionaries", self.delete_dictionary, ["DELETE"]),
        ]

    def create(self) -> tuple[DeepLGlossary, int]:
        """Store a glossary."""
        with admitted_body(self._services) as (fields, client):
            dictionaries = read_dictionaries(self._services, fields)
            if not dictionaries:
                raise InvalidFieldError("dictionaries is missing", "dictionaries")
            made = self._store.add(client.name, read_name(fields), dictionaries)
        return show_glossary(made), 201

    def list_all(self) -> DeepLGlossaries:
        """Return all glossaries of the key."""
        _, client = admitted(self._services)
        return {"glossaries": [show_glossary(each) for each in self._store.all(client.name)]}

    def show(self, glossary_id: str) -> DeepLGlossary:
        """Return a glossary without its entries."""
        _, client = admitted(self._services)
        return show_glossary(self._store.find(client.name, glossary_id))

    def edit(self, glossary_id: str) -> DeepLGlossary:
        """Change the name, and add entries to dictionaries."""
        with admitted_body(self._services) as (fields, client):
            name = read_name(fields) if "name" in fields else None
            dictionaries = read_dictionaries(self._services, fields)
            changed = self._store.change(client.name, glossary_id, dictionaries, name)
        return show_glossary(changed)

    def delete(self, glossary_id: str) -> tuple[str, int]:
        """Delete a glossary."""
        _, client = admitted(self._services)
        self._store.delete(client.name, glossary_id)
        return "", 204

    def entries(self, glossary_id: str) -> DeepLGlossaryEntries:
        """Return the entries for a pair of languages."""
        fields, client = admitted(self._services)
        pair = read_pair(self._services, fields)
        entries = self._store.entries(client.name, glossary_id, pair)
        shown: DeepLEntries = {
            "source_lang": shown_code(pair[0]),
            "target_lang": shown_code(pair[1]),
            "entries": write_entries(entries.items()),
            "entries_format": "tsv",
        }
        return {"dictionaries": [shown]}

    def replace(self, glossary_id: str) -> DeepLDictionary:
        """Add a dictionary, or replace the one for its languages."""
        with admitted_body(self._services) as (fields, client):
            dictionary = read_dictionary(self._services, fields)
            self._store.replace(client.name, glossary_id, dictionary)
        return _show_dictionary(DictionarySummary(dictionary.pair, len(dictionary.entries)))

    def delete_dictionary(self, glossary_id: str) -> tuple[str, int]:
        """Delete the dictionary for a pair of languages."""
        fields, client = admitted(self._services)
        self._store.delete(client.name, glossary_id, read_pair(self._services, fields))
        return "", 204


def show_time(moment: float) -> str:
    """Return a Unix time as DeepL writes it."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="microseconds")


def show_glossary(glossary: Glossary) -> DeepLGlossary:
    """Return a glossary of version 3 without its entries."""
    return {
        "glossary_id": glossary.id,
        "name": glossary.name,
        "dictionaries": [_show_dictionary(each) for each in glossary.dictionaries],
        "creation_time": show_time(glossary.created),
    }


def shown_code(code: str) -> str:
    """Return a model's code as DeepL writes it in glossaries."""
    return written(code).lower()


def _show_dictionary(dictionary: DictionarySummary) -> DeepLDictionary:
    source, target = map(shown_code, dictionary.pair)
    return {"source_lang": source, "target_lang": target, "entry_count": dictionary.count}
