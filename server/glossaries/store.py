"""Stored glossaries, for all processes of a server."""

import sqlite3
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from server.core.database import Database
from server.core.errors import (
    InvalidFieldError,
    StorageFullError,
    TooManyGlossariesError,
    UnknownGlossaryError,
)
from server.glossaries.entries import parse_stored, write_entries
from server.glossaries.records import Dictionary, DictionarySummary, Entries, Glossary, Pair

MAX_GLOSSARIES = 1_000  # of one API key
MAX_BYTES = 10 * 2**20  # of one glossary's entries, in UTF-8
MAX_BODY_BYTES = 2 * MAX_BYTES  # of a request with a glossary: JSON has escapes
_MAX_OWNER_BYTES = 100 * 2**20  # of all glossaries of one API key

_NO_DICTIONARY = "the glossary has no dictionary for these languages"


class GlossaryStore:
    """Any thread may call it. Every method is one transaction, and sees one owner's glossaries."""

    def __init__(self, database: Database) -> None:
        """`database` has the tables of `core.state`, and is closed by others."""
        self.reading = threading.Lock()  # only one new glossary's body is in memory at a time
        self._database = database

    def add(self, owner: str, name: str, dictionaries: Sequence[Dictionary]) -> Glossary:
        """Store a new glossary.

        Raises InvalidFieldError where there are two dictionaries for a pair,
        TooManyGlossariesError, and StorageFullError.
        """
        id_ = str(uuid.uuid4())
        if len({each.pair for each in dictionaries}) < len(dictionaries):
            raise InvalidFieldError("two dictionaries are for the same languages", "dictionaries")
        with self._writing() as connection:
            number = connection.execute(
                "INSERT INTO glossaries (id, owner, name, created) VALUES (?, ?, ?, ?)",
                (id_, owner, name, time.time()),
            ).lastrowid
            assert number is not None
            for dictionary in dictionaries:
                _put(connection, number, dictionary)
            _check_limits(connection, owner, number)
        return self.find(owner, id_)

    def find(self, owner: str, id: str) -> Glossary:  # noqa: A002 - the usual name
        """Return a glossary. Raises UnknownGlossaryError."""
        with self._database.reading() as connection:
            return _find(connection, owner, id)

    def all(self, owner: str) -> list[Glossary]:
        """Return all glossaries, oldest first."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT * FROM glossaries WHERE owner = ? ORDER BY number", (owner,)
            ).fetchall()
            return [_glossary_of(connection, row) for row in rows]

    def entries(self, owner: str, id: str, pair: Pair) -> Entries:  # noqa: A002
        """Return the entries for a pair. Raises UnknownGlossaryError, also without a dictionary."""
        with self._database.reading() as connection:
            entries = _entries(connection, _find(connection, owner, id).number, pair)
        if entries is None:
            raise UnknownGlossaryError(_NO_DICTIONARY)
        return entries

    def change(
        self,
        owner: str,
        id: str,  # noqa: A002
        dictionaries: Sequence[Dictionary],
        name: str | None = None,
    ) -> Glossary:
        """Add entries, of which the terms that are there already get new translations.

        Changes the name, too, if there is one; returns the glossary. Raises UnknownGlossaryError,
        TooManyGlossariesError, and StorageFullError.
        """
        with self._writing() as connection:
            number = _find(connection, owner, id).number
            for dictionary in dictionaries:
                before = _entries(connection, number, dictionary.pair) or {}
                _put(connection, number, Dictionary(dictionary.pair, before | dictionary.entries))
            if name is not None:
                connection.execute(
                    "UPDATE glossaries SET name = ? WHERE number = ?", (name, number)
                )
            _check_limits(connection, owner, number)
            return _find(connection, owner, id)

    def replace(self, owner: str, id: str, dictionary: Dictionary) -> None:  # noqa: A002
        """Add a dictionary, or replace the one for its pair. Raises as `change` does."""
        with self._writing() as connection:
            number = _find(connection, owner, id).number
            _put(connection, number, dictionary)
            _check_limits(connection, owner, number)

    def delete(self, owner: str, id: str, pair: Pair | None = None) -> None:  # noqa: A002
        """Delete a glossary, or its dictionary for a pair. Raises UnknownGlossaryError."""
        with self._writing() as connection:
            number = _find(connection, owner, id).number
            if pair is None:
                connection.execute("DELETE FROM glossaries WHERE number = ?", (number,))
                return
            deleted = connection.execute(
                "DELETE FROM dictionaries WHERE glossary = ? AND source = ? AND target = ?",
                (number, *pair),
            ).rowcount
            if not deleted:
                raise UnknownGlossaryError(_NO_DICTIONARY)

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._database.transaction() as connection:
                yield connection
        except sqlite3.OperationalError as error:
            raise StorageFullError("the glossary could not be stored") from error


def _find(connection: sqlite3.Connection, owner: str, id_: str) -> Glossary:
    row = connection.execute(
        "SELECT * FROM glossaries WHERE id = ? AND owner = ?", (id_, owner)
    ).fetchone()
    if row is None:
        raise UnknownGlossaryError("there is no glossary with this id")
    return _glossary_of(connection, row)


def _glossary_of(connection: sqlite3.Connection, row: sqlite3.Row) -> Glossary:
    rows = connection.execute(
        "SELECT source, target, count FROM dictionaries WHERE glossary = ? ORDER BY rowid",
        (row["number"],),
    )
    found = tuple(
        DictionarySummary((each["source"], each["target"]), each["count"]) for each in rows
    )
    return Glossary(row["number"], row["id"], row["name"], row["created"], found)


def _entries(connection: sqlite3.Connection, number: int, pair: Pair) -> Entries | None:
    row = connection.execute(
        "SELECT entries FROM dictionaries WHERE glossary = ? AND source = ? AND target = ?",
        (number, *pair),
    ).fetchone()
    return None if row is None else parse_stored(row["entries"])


def _put(connection: sqlite3.Connection, number: int, dictionary: Dictionary) -> None:
    text = write_entries(dictionary.entries.items())
    connection.execute(
        "INSERT INTO dictionaries VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE"
        " SET entries = excluded.entries, count = excluded.count, size = excluded.size",
        (number, *dictionary.pair, text, len(dictionary.entries), len(text.encode())),
    )


def _check_limits(connection: sqlite3.Connection, owner: str, number: int) -> None:
    """Raise TooManyGlossariesError where what has just been written is too much."""
    [size] = connection.execute(
        "SELECT coalesce(sum(size), 0) FROM dictionaries WHERE glossary = ?", (number,)
    ).fetchone()
    if size > MAX_BYTES:
        raise TooManyGlossariesError(f"a glossary may have {MAX_BYTES} bytes of entries")
    glossaries, total = connection.execute(
        "SELECT count(DISTINCT number), coalesce(sum(size), 0) FROM glossaries"
        " LEFT JOIN dictionaries ON glossary = number WHERE owner = ?",
        (owner,),
    ).fetchone()
    if glossaries > MAX_GLOSSARIES:
        raise TooManyGlossariesError(f"an API key may have {MAX_GLOSSARIES} glossaries")
    if total > _MAX_OWNER_BYTES:
        raise TooManyGlossariesError(
            f"all glossaries of an API key may have {_MAX_OWNER_BYTES} bytes of entries"
        )
