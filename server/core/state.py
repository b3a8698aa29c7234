"""What the server keeps for API keys between its runs: glossaries, and how much they have used."""

import logging
from pathlib import Path

from server.core.settings import Settings
from server.database.interface import Database, Schema, StoreError
from server.database.sqlite import SqliteDatabase

_log = logging.getLogger(__name__)
STATE = Schema(
    "state",
    """
CREATE TABLE usage (  -- characters translated
    client TEXT NOT NULL, month TEXT NOT NULL, characters BIGINT NOT NULL,
    PRIMARY KEY (client, month)
);
CREATE TABLE counted (  -- how much of the count of a run of the server is in `usage`
    client TEXT NOT NULL, run TEXT NOT NULL, characters BIGINT NOT NULL, PRIMARY KEY (client, run)
);
CREATE TABLE rates (  -- when each bucket of a key will be full again
    tag TEXT PRIMARY KEY, requests_full_at {real} NOT NULL, characters_full_at {real} NOT NULL
);
CREATE TABLE glossaries (
    number {serial}, id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, name TEXT NOT NULL,
    created {real} NOT NULL
);
CREATE TABLE dictionaries (
    number {serial}, glossary BIGINT NOT NULL REFERENCES glossaries ON DELETE CASCADE,
    source TEXT NOT NULL, target TEXT NOT NULL, entries TEXT NOT NULL,
    count BIGINT NOT NULL, size BIGINT NOT NULL, UNIQUE (glossary, source, target)
);
""",
    # Not in the tables: servers that do not know it may use the file, too.
    added="""
CREATE TABLE IF NOT EXISTS counting (  -- when a run was there last, of those in `counted`
    run TEXT PRIMARY KEY, seen {real} NOT NULL
);
""",
    sealed=frozenset({"entries"}),
    seconds=5.0,  # texts wait for it
)


def open_state(settings: Settings, memory: Path | None = None) -> Database:
    """Open the database that the settings name.

    With `memory`, a folder that is removed at the end, processes forked from now on share it.
    Raises StoreError, unless the folder is the default one: then nothing outlives the server.
    """
    if settings.database is not None:
        return open_shared(settings, STATE)
    shared = memory is not None
    if settings.state is not None:
        try:
            return SqliteDatabase(settings.state, STATE, shared=shared)
        except StoreError as error:
            if "state" in settings.model_fields_set:
                raise
            _log.warning("stored glossaries and counts end with this server: %s", error)
    return SqliteDatabase(memory, STATE, shared=shared)


def open_shared(settings: Settings, schema: Schema) -> Database:
    """Open the shared database that the settings name. Raises StoreError."""
    assert settings.database is not None
    key = settings.database_encrypt_key
    return open_postgres(settings.database, schema, bytes.fromhex(key) if key else None)


def open_postgres(url: str, schema: Schema, key: bytes | None = None) -> Database:
    """Open a shared database. Raises StoreError, also without the packages that it needs.

    `key`, of 32 bytes, is that of its texts.
    """
    try:
        from server.database.postgres import PostgresDatabase
    except ImportError as error:
        raise StoreError(
            schema.name, f"--database needs {error.name}: pip install 'm2m-server[postgres]'"
        ) from None
    return PostgresDatabase(url, schema, key)
