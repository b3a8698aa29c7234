"""An SQLite file of the server: location, permissions, durability.

It may contain user texts. Only its owner can read it, and deleted data is overwritten.
"""

import fcntl
import os
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from server.database.interface import (
    Row,
    Schema,
    Sealed,
    StorageError,
    StoreError,
    Transaction,
)

_BUSY_SECONDS = 30.0  # for which a process waits for another one's transaction


_TYPES = {"serial": "INTEGER PRIMARY KEY", "real": "REAL", "bytes": "BLOB"}


class SqliteDatabase:
    """One connection shared by all threads of a process; no other server can use the folder.

    Where several processes share the database, each of them opens a connection of its own at its
    first use, because SQLite's cannot be carried through a fork. The lock of the folder belongs to
    all of them: it is free when the last one has ended, however that happens.
    """

    now = "(julianday('now') - 2440587.5) * 86400.0"

    def __init__(self, folder: Path | None, schema: Schema, *, shared: bool = False) -> None:
        """Check the file in a folder; creates both where needed. Raises StoreError.

        Without a folder it is in the memory of this process alone. `shared`: processes forked from
        now on use it, too, and this one does not before the forks.
        """
        assert folder or not shared, "processes share a file"
        self.shared = shared
        self.holder = "server"  # there is no other
        self._schema = schema
        self._file = folder / f"{schema.name}.sqlite3" if folder else None
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._folder_lock: int | None = None
        if self._file is not None:
            self._folder_lock = _lock_folder(self._file, schema.name)
        try:
            self._open()
        except (sqlite3.Error, StoreError) as error:
            self.close()
            raise StoreError(schema.name, f"{self._file}: {_explain(error)}") from error
        if shared:
            self._disconnect()

    def close(self) -> None:
        """Close the file."""
        self._disconnect()
        if self._folder_lock is not None:
            os.close(self._folder_lock)
            self._folder_lock = None

    def version(self) -> int:
        """Return a number that is another one once another process has changed something."""
        return self._pragma("data_version") if self.shared else 0

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """See `Database`."""
        with self._lock, _translated():
            connection = self._open()
            connection.execute("BEGIN IMMEDIATE")
            with connection:  # commits, or rolls back
                yield _Transaction(connection)

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """See `Database`."""
        with self._lock, _translated():
            yield _Transaction(self._open())

    def select(self, query: str, *values: object) -> list[Row]:
        """See `Database`."""
        with self.reading() as reading:
            return reading.select(query, *values)

    def size(self) -> int:
        """Return the bytes in use."""
        pages, free, size = (
            self._pragma(name) for name in ("page_count", "freelist_count", "page_size")
        )
        return (pages - free) * size

    def shrink(self) -> None:
        """Release free pages, and remove deleted data from the write-ahead log."""
        with self._lock, _translated():
            connection = self._open()
            # A script runs to its end; `execute` would stop after the first page.
            connection.executescript("PRAGMA incremental_vacuum")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def _pragma(self, name: str) -> int:
        [row] = self.select(f"PRAGMA {name}")
        return int(row[name])

    def _open(self) -> sqlite3.Connection:
        """Return the connection of this process."""
        if self._connection is None:
            self._connection = sqlite3.connect(
                self._file or ":memory:",
                timeout=_BUSY_SECONDS if self.shared else 0,
                isolation_level=None,
                check_same_thread=False,
            )
            self._prepare(self._connection)
        return self._connection

    def _disconnect(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _prepare(self, connection: sqlite3.Connection) -> None:
        schema = self._schema
        connection.row_factory = sqlite3.Row
        for pragma in (
            f"locking_mode = {'NORMAL' if self.shared else 'EXCLUSIVE'}",
            "auto_vacuum = INCREMENTAL",
            "journal_mode = WAL",
            "synchronous = FULL",  # what has been answered is on the disk
            "secure_delete = ON",
            "temp_store = MEMORY",
            "foreign_keys = ON",
        ):
            connection.execute(f"PRAGMA {pragma}").fetchall()
        [version] = tuple(connection.execute("PRAGMA user_version").fetchone())
        for step in schema.steps_from(version):
            version += 1
            connection.executescript(
                f"BEGIN;{step.format_map(_TYPES)}PRAGMA user_version = {version};COMMIT;"
            )
        connection.executescript(schema.added.format_map(_TYPES))


class _Transaction:
    """See `Transaction`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def now(self) -> float:
        return time.time()

    def select(self, query: str, *values: object) -> list[Row]:
        found = self._connection.execute(query, _plain(values)).fetchall()
        return [dict(row) for row in found]

    def run(self, query: str, *values: object) -> int:
        return self._connection.execute(query, _plain(values)).rowcount

    def insert(self, table: str, columns: str, rows: Iterable[Sequence[object]]) -> None:
        marks = ", ".join("?" for _ in columns.split(","))
        query = f"INSERT INTO {table} ({columns}) VALUES ({marks})"  # noqa: S608 - only names and marks
        self._connection.executemany(query, map(_plain, rows))


def _plain(values: Sequence[object]) -> tuple[Any, ...]:
    """Return values as they are stored: only the owner can read the file."""
    return tuple([each.value if isinstance(each, Sealed) else each for each in values])


@contextmanager
def _translated() -> Iterator[None]:
    """Raise StorageError for what happens to a file in use: it is locked, full, or gone."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise StorageError(str(error), away=_is_locked(error)) from error


def _lock_folder(file: Path, store: str) -> int:
    """Make the folder and the file; return a descriptor that holds the store's lock there."""
    folder = file.parent
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
        # Not the file itself: closing it would take SQLite's own locks away from this process.
        lock = os.open(folder / f"{store}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StoreError(store, f"{folder}: {error.strerror}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        busy = isinstance(error, BlockingIOError)
        reason = "another server uses it" if busy else error.strerror
        raise StoreError(store, f"{folder}: {reason}") from error
    return lock


def _explain(error: sqlite3.Error | StoreError) -> str:
    return "another server uses it" if _is_locked(error) else str(error)


def _is_locked(error: Exception) -> bool:
    """Return whether another process has been writing for too long."""
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF == sqlite3.SQLITE_BUSY  # without the reason
