"""The new columns of pieces that have been translated, on disk, until their tables are written.

They may come in any order, and twice: what counts is the table and the number of the first row.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from bulk.tables.group import NewColumn
from bulk.tables.partial_database import PartialDatabase

_SCHEMA = """\
CREATE TABLE IF NOT EXISTS parts (
    id INTEGER PRIMARY KEY, scope BLOB NOT NULL, first INTEGER NOT NULL, rows INTEGER NOT NULL,
    columns TEXT NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS starts ON parts (scope, first);
"""


def scope_of(identity: dict[str, Any]) -> bytes:
    """Return what tells the pieces of one table, model and choice of columns from others."""
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).digest()


class PartStore:
    """Translated pieces. One thread uses it; use it as a context manager.

    It leaves no file without a piece.
    """

    def __init__(self, path: Path) -> None:
        """Open or create the file. Raises RetryableError where another run uses it, or it is
        damaged."""
        self._finished = False
        self._database = PartialDatabase(path, _SCHEMA)
        self._connection = self._database.connection

    def __enter__(self) -> "PartStore":
        return self

    def __exit__(self, *_: object) -> None:
        with self._database.errors():
            (kept,) = self._connection.execute("SELECT EXISTS (SELECT 1 FROM parts)").fetchone()
        self._database.close(keep=kept and not self._finished)

    def rows(self, scope: bytes) -> dict[int, int]:
        """Return the number of rows of each piece of a table, by the number of its first row."""
        with self._database.errors():
            query = "SELECT first, rows FROM parts WHERE scope = ?"
            return dict(self._connection.execute(query, (scope,)).fetchall())

    def add(self, scope: bytes, first: int, columns: list[list[list[Any]]]) -> int:
        """Keep a piece; return the number of its rows, or 0 if it was there already."""
        rows = len(columns[0][0])
        with self._database.errors(), self._connection:
            cursor = self._connection.execute(
                "INSERT OR IGNORE INTO parts (scope, first, rows, columns) VALUES (?, ?, ?, ?)",
                (scope, first, rows, json.dumps(columns)),
            )
        return rows * cursor.rowcount

    def find(self, scope: bytes, first: int) -> list[NewColumn] | None:
        """Return the new columns of the piece that begins with a row; None if there is none."""
        with self._database.errors():
            query = "SELECT columns FROM parts WHERE scope = ? AND first = ?"
            row = self._connection.execute(query, (scope, first)).fetchone()
        return row and [NewColumn(*column) for column in json.loads(row[0])]

    def remove(self, scope: bytes) -> None:
        """Forget the pieces of a table that is written."""
        with self._database.errors(), self._connection:
            self._connection.execute("DELETE FROM parts WHERE scope = ?", (scope,))

    def finish(self) -> None:
        """Have the file deleted when it is closed: all tables are written."""
        self._finished = True
