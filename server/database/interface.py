"""What stores use of a database, whichever it is.

SQL is written once, in what SQLite and PostgreSQL have in common: values are `?`, tables name the
types that differ as `{serial}`, `{real}` and `{bytes}`.
"""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

Row = dict[str, Any]


class StoreError(Exception):
    """A database cannot be used by this server; the message says why."""

    def __init__(self, store: str, reason: str) -> None:
        """`store` is the name of the schema."""
        super().__init__(reason)
        self.store = store


class StorageError(Exception):
    """The database cannot do this now: its disk is full, or it is away. No user text is in it."""

    def __init__(self, reason: str, *, away: bool) -> None:
        """`away`: it does not respond in time; otherwise it cannot store."""
        super().__init__(reason)
        self.away = away


@dataclass(frozen=True, slots=True)
class Sealed:
    """A value with user text: it is encrypted in a shared database that has a key."""

    value: str | bytes | None


@dataclass(frozen=True, slots=True)
class Schema:
    """The tables of a store. An earlier version is migrated, a later one refused."""

    name: str  # of the file, its lock, and the entry among the versions
    tables: str  # SQL that makes the tables of version 1
    added: str = ""  # SQL that makes what later servers have added, if it is not there
    migrations: Sequence[str] = ()  # SQL that takes version 1 to 2, 2 to 3, …
    size: str = "SELECT 0 AS bytes"  # SQL for the bytes in use, where the database does not tell
    sealed: frozenset[str] = frozenset()  # columns whose values are `Sealed`
    seconds: float = 90.0  # that a transaction may take in a database of several servers

    @property
    def version(self) -> int:
        """The version of this server."""
        return 1 + len(self.migrations)

    def steps_from(self, version: int) -> Sequence[str]:
        """Return the SQL that brings a database of a version, 0 if it is new, up to date.

        Raises StoreError for the version of a later server.
        """
        if version > self.version:
            raise StoreError(
                self.name,
                f"it has version {version}, and this server knows versions up to {self.version}: "
                "start the release that has made it, or a later one",
            )
        return (self.tables, *self.migrations)[version:]


class Transaction(Protocol):
    """Runs SQL that takes effect as a whole, or not at all."""

    def now(self) -> float:
        """Return the Unix time of the database, which is one for all servers."""

    def select(self, query: str, *values: object) -> list[Row]:
        """Return all rows of a query, or those that a statement with RETURNING changes."""

    def run(self, query: str, *values: object) -> int:
        """Run a statement; return how many rows it has changed."""

    def insert(self, table: str, columns: str, rows: Iterable[Sequence[object]]) -> None:
        """Add rows, of which there may be many; `columns` are names with commas between them."""


class Database(Protocol):
    """Any thread may call it, of any process that was forked after it was made.

    Everything raises StorageError.
    """

    shared: bool  # whether other processes may use it, too
    now: str  # SQL for its Unix time, as `Transaction.now` returns it
    holder: str  # this server's name among those that share it; the same after a crash if alone

    def close(self) -> None:
        """Release what this process has of it."""

    def version(self) -> int:
        """Return a number that is another one once another process has changed something."""

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Write; whoever else writes waits meanwhile."""

    def reading(self) -> AbstractContextManager[Transaction]:
        """Read a consistent state."""

    def select(self, query: str, *values: object) -> list[Row]:
        """Return all rows of one query."""

    def size(self) -> int:
        """Return the bytes in use."""

    def shrink(self) -> None:
        """Erase deleted data from the disk, where that does not happen by itself."""
