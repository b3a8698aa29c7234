"""The SQLite file of the jobs: location, permissions, durability.

The file contains user texts. Only its owner can read it, and deleted data is overwritten.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_VERSION = 1  # of the schema; files of other versions are refused
_SCHEMA = """
CREATE TABLE jobs (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, client TEXT NOT NULL, owner TEXT NOT NULL,
    status TEXT NOT NULL, spec TEXT NOT NULL, created REAL NOT NULL, started REAL, finished REAL,
    error TEXT, texts INTEGER NOT NULL DEFAULT 0, texts_done INTEGER NOT NULL DEFAULT 0,
    texts_failed INTEGER NOT NULL DEFAULT 0, characters INTEGER NOT NULL DEFAULT 0,
    characters_done INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE files (  -- separate, since SQLite rewrites a row when a column changes
    job INTEGER PRIMARY KEY REFERENCES jobs ON DELETE CASCADE, source BLOB, result BLOB
);
CREATE TABLE items (
    job INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE,
    position INTEGER NOT NULL, round INTEGER NOT NULL, member INTEGER NOT NULL,
    characters INTEGER NOT NULL, text TEXT, translation TEXT, note TEXT, PRIMARY KEY (job, position)
);
"""


class StoreError(Exception):
    """The folder or its file cannot be used; the message says why."""


class Database:
    """One connection shared by all threads; no other process can open the file meanwhile."""

    def __init__(self, folder: Path) -> None:
        """Open the file in a folder; creates both where needed. Raises StoreError."""
        file = folder / "jobs.sqlite3"
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as error:
            raise StoreError(f"{folder}: {error.strerror}") from error
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(
            file, timeout=0, isolation_level=None, check_same_thread=False
        )
        try:
            self._prepare()
        except (sqlite3.Error, StoreError) as error:
            self._connection.close()
            raise StoreError(f"{file}: {_explain(error)}") from error

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Run writes that take effect together or not at all."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            with self._connection:  # commits, or rolls back
                yield self._connection

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Read a consistent state."""
        with self._lock:
            yield self._connection

    def select(self, query: str, *values: object) -> list[sqlite3.Row]:
        """Return all rows of a query."""
        with self._lock:
            return self._connection.execute(query, values).fetchall()

    def size(self) -> int:
        """Return the bytes in use."""
        [[pages]] = self.select("PRAGMA page_count")
        [[free]] = self.select("PRAGMA freelist_count")
        [[size]] = self.select("PRAGMA page_size")
        return int((pages - free) * size)

    def shrink(self) -> None:
        """Release free pages, and remove deleted data from the write-ahead log."""
        with self._lock:
            # A script runs to its end; `execute` would stop after the first page.
            self._connection.executescript("PRAGMA incremental_vacuum")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def _prepare(self) -> None:
        self._connection.row_factory = sqlite3.Row
        for pragma in (
            "locking_mode = EXCLUSIVE",  # two servers must not work on the same jobs
            "auto_vacuum = INCREMENTAL",
            "journal_mode = WAL",
            "synchronous = FULL",  # a job answered with 202 is on the disk
            "secure_delete = ON",
            "temp_store = MEMORY",
            "foreign_keys = ON",
        ):
            self._connection.execute(f"PRAGMA {pragma}").fetchall()
        [[version]] = self.select("PRAGMA user_version")
        if version == 0:
            self._connection.executescript(
                f"BEGIN;{_SCHEMA}PRAGMA user_version = {_VERSION};COMMIT;"
            )
        elif version != _VERSION:
            raise StoreError(f"it has version {version}; this server supports version {_VERSION}")


def _explain(error: sqlite3.Error | StoreError) -> str:
    code = getattr(error, "sqlite_errorcode", None)
    return "another server uses it" if code == sqlite3.SQLITE_BUSY else str(error)
