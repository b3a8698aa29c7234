"""What the server keeps for API keys between its runs: glossaries, and how much they have used."""

import logging
from pathlib import Path

from server.core.database import Database, Schema, StoreError
from server.core.settings import Settings

_log = logging.getLogger(__name__)
STATE = Schema(
    "state",
    1,
    """
CREATE TABLE usage (  -- characters translated
    client TEXT NOT NULL, month TEXT NOT NULL, characters INTEGER NOT NULL,
    PRIMARY KEY (client, month)
);
CREATE TABLE counted (  -- how much of the count of a run of the server is in `usage`
    client TEXT PRIMARY KEY, run TEXT NOT NULL, characters INTEGER NOT NULL
);
CREATE TABLE glossaries (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, name TEXT NOT NULL,
    created REAL NOT NULL
);
CREATE TABLE dictionaries (
    glossary INTEGER NOT NULL REFERENCES glossaries ON DELETE CASCADE,
    source TEXT NOT NULL, target TEXT NOT NULL, entries TEXT NOT NULL,
    count INTEGER NOT NULL, size INTEGER NOT NULL, UNIQUE (glossary, source, target)
);
""",
)


def open_state(settings: Settings, memory: Path | None = None) -> Database:
    """Open the database that the settings name.

    With `memory`, a folder that is removed at the end, processes forked from now on share it.
    Raises StoreError, unless the folder is the default one: then nothing outlives the server.
    """
    shared = memory is not None
    if settings.state is not None:
        try:
            return Database(settings.state, STATE, shared=shared)
        except StoreError as error:
            if "state" in settings.model_fields_set:
                raise
            _log.warning("stored glossaries and counts end with this server: %s", error)
    return Database(memory, STATE, shared=shared)
