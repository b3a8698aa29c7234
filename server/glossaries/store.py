"""Stored glossaries, for all processes of a server."""

import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from server.core.errors import (
    InvalidFieldError,
    StorageFullError,
    TooManyGlossariesError,
    UnknownGlossaryError,
)
from server.database.interface import Database, Row, Sealed, StorageError, Transaction
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
        with self._writing() as transaction:
            [row] = transaction.select(
                "INSERT INTO glossaries (id, owner, name, created) VALUES (?, ?, ?, ?)"
                " RETURNING number",
                id_,
                owner,
                name,
                transaction.now(),
            )
            number = row["number"]
            for dictionary in dictionaries:
                _put(transaction, number, dictionary)
            _check_limits(transaction, owner, number)
            return _find(transaction, owner, id_)

    def find(self, owner: str, id: str) -> Glossary:  # noqa: A002 - the usual name
        """Return a glossary. Raises UnknownGlossaryError."""
        with self._database.reading() as transaction:
            return _find(transaction, owner, id)

    def all(self, owner: str) -> list[Glossary]:
        """Return all glossaries, oldest first."""
        with self._database.reading() as transaction:
            rows = transaction.select(
                "SELECT * FROM glossaries WHERE owner = ? ORDER BY number", owner
            )
            return [_glossary_of(transaction, row) for row in rows]

    def entries(self, owner: str, id: str, pair: Pair) -> Entries:  # noqa: A002
        """Return the entries for a pair. Raises UnknownGlossaryError, also without a dictionary."""
        with self._database.reading() as transaction:
            entries = _entries(transaction, _find(transaction, owner, id).number, pair)
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
        with self._writing() as transaction:
            number = _find(transaction, owner, id).number
            for dictionary in dictionaries:
                before = _entries(transaction, number, dictionary.pair) or {}
                _put(transaction, number, Dictionary(dictionary.pair, before | dictionary.entries))
            if name is not None:
                transaction.run("UPDATE glossaries SET name = ? WHERE number = ?", name, number)
            _check_limits(transaction, owner, number)
            return _find(transaction, owner, id)

    def replace(self, owner: str, id: str, dictionary: Dictionary) -> None:  # noqa: A002
        """Add a dictionary, or replace the one for its pair. Raises as `change` does."""
        with self._writing() as transaction:
            number = _find(transaction, owner, id).number
            _put(transaction, number, dictionary)
            _check_limits(transaction, owner, number)

    def delete(self, owner: str, id: str, pair: Pair | None = None) -> None:  # noqa: A002
        """Delete a glossary, or its dictionary for a pair. Raises UnknownGlossaryError."""
        with self._writing() as transaction:
            number = _find(transaction, owner, id).number
            if pair is None:
                transaction.run("DELETE FROM glossaries WHERE number = ?", number)
                return
            deleted = transaction.run(
                "DELETE FROM dictionaries WHERE glossary = ? AND source = ? AND target = ?",
                number,
                *pair,
            )
            if not deleted:
                raise UnknownGlossaryError(_NO_DICTIONARY)

    @contextmanager
    def _writing(self) -> Iterator[Transaction]:
        try:
            with self._database.transaction() as transaction:
                yield transaction
        except StorageError as error:
            if error.away:
                raise
            raise StorageFullError("the glossary could not be stored") from error


def _find(transaction: Transaction, owner: str, id_: str) -> Glossary:
    rows = transaction.select("SELECT * FROM glossaries WHERE id = ? AND owner = ?", id_, owner)
    if not rows:
        raise UnknownGlossaryError("there is no glossary with this id")
    return _glossary_of(transaction, rows[0])


def _glossary_of(transaction: Transaction, row: Row) -> Glossary:
    rows = transaction.select(
        "SELECT source, target, count FROM dictionaries WHERE glossary = ? ORDER BY number",
        row["number"],
    )
    found = tuple(
        DictionarySummary((each["source"], each["target"]), each["count"]) for each in rows
    )
    return Glossary(row["number"], row["id"], row["name"], row["created"], found)


def _entries(transaction: Transaction, number: int, pair: Pair) -> Entries | None:
    rows = transaction.select(
        "SELECT entries FROM dictionaries WHERE glossary = ? AND source = ? AND target = ?",
        number,
        *pair,
    )
    return parse_stored(rows[0]["entries"]) if rows else None


def _put(transaction: Transaction, number: int, dictionary: Dictionary) -> None:
    text = write_entries(dictionary.entries.items())
    transaction.run(
        "INSERT INTO dictionaries (glossary, source, target, entries, count, size)"
        " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (glossary, source, target) DO UPDATE"
        " SET entries = excluded.entries, count = excluded.count, size = excluded.size",
        number,
        *dictionary.pair,
        Sealed(text),
        len(dictionary.entries),
        len(text.encode()),
    )


def _check_limits(transaction: Transaction, owner: str, number: int) -> None:
    """Raise TooManyGlossariesError where what has just been written is too much."""
    [one] = transaction.select(
        "SELECT coalesce(sum(size), 0) AS size FROM dictionaries WHERE glossary = ?", number
    )
    if one["size"] > MAX_BYTES:
        raise TooManyGlossariesError(f"a glossary may have {MAX_BYTES} bytes of entries")
    [all_] = transaction.select(
        "SELECT count(DISTINCT glossaries.number) AS glossaries, coalesce(sum(size), 0) AS size"
        " FROM glossaries LEFT JOIN dictionaries ON glossary = glossaries.number WHERE owner = ?",
        owner,
    )
    if all_["glossaries"] > MAX_GLOSSARIES:
        raise TooManyGlossariesError(f"an API key may have {MAX_GLOSSARIES} glossaries")
    if all_["size"] > _MAX_OWNER_BYTES:
        raise TooManyGlossariesError(
            f"all glossaries of an API key may have {_MAX_OWNER_BYTES} bytes of entries"
        )
