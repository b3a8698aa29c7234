"""A database whose writers wait for each other is not away: what can be done at once is done."""

import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from server.core.state import STATE
from server.database import postgres, sqlite
from server.database.interface import Database, StorageError, Transaction
from server.database.postgres import PostgresDatabase
from server.database.sqlite import SqliteDatabase
from server.glossaries.records import Dictionary
from server.glossaries.store import GlossaryStore
from server.jobs.records import JobSpec
from server.jobs.schema import JOBS
from server.jobs.store import JobStore
from tests.process.conftest import TIMEOUT, wait_for


@contextmanager
def one_writing(database: Database) -> Iterator[None]:
    with ThreadPoolExecutor(1) as executor:
        begun, end = threading.Event(), threading.Event()

        def hold() -> None:
            with database.transaction():
                begun.set()
                end.wait()

        writing = executor.submit(hold)
        assert begun.wait(TIMEOUT)
        try:
            yield
        finally:
            end.set()
        writing.result()


@pytest.fixture
def impatient(url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[PostgresDatabase]:
    """A database that waits only a moment for another writer, or for a long statement."""
    database = PostgresDatabase(url, STATE)
    options = postgres._OPTIONS + " -c lock_timeout=1000 -c statement_timeout=3000"
    monkeypatch.setattr(postgres, "_OPTIONS", options)  # of the connections it makes from now on
    yield database
    database.close()


def write(database: Database) -> None:
    with database.transaction() as transaction:
        transaction.run("INSERT INTO rates VALUES (?, 0, 0)", secrets.token_hex(8))


def read_for_long(database: Database) -> None:
    database.select("SELECT pg_sleep(60)")


@pytest.mark.parametrize("use", [write, read_for_long])
def test_who_waits_too_long_is_told_so_and_nobody_else(
    url: str, impatient: PostgresDatabase, use: Callable[[Database], None]
) -> None:
    other = PostgresDatabase(url, STATE)
    try:
        with one_writing(other):
            with pytest.raises(StorageError, match="timeout") as error:
                use(impatient)
            assert error.value.away
            assert impatient.select("SELECT 1 AS one") == [{"one": 1}]
    finally:
        other.close()


def test_a_reader_who_found_no_free_connection_is_told_so_and_nobody_else(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "_CONNECTIONS", 2)
    database, other = PostgresDatabase(url, STATE), PostgresDatabase(url, STATE)
    waiting = "SELECT count(*) AS n FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    try:
        with ThreadPoolExecutor(2) as executor:
            with one_writing(other):
                writing = [executor.submit(write, database) for _ in range(2)]
                wait_for(lambda: other.select(waiting) == [{"n": 2}], "both wait")
                with pytest.raises(StorageError):
                    database.select("SELECT 1 AS one")
            wait_for(lambda: any(each.done() for each in writing), "one has written")
            assert database.select("SELECT 1 AS one") == [{"one": 1}]
            assert [each.result() for each in writing] == [None, None]
    finally:
        database.close()
        other.close()


def test_a_file_that_another_process_has_locked_is_not_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "_BUSY_SECONDS", 0.1)
    database = SqliteDatabase(tmp_path, STATE, shared=True)
    file = tmp_path / f"{STATE.name}.sqlite3"
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageError, match="locked") as error:
            write(database)
        assert error.value.away
        assert database.select("SELECT 1 AS one") == [{"one": 1}]
    write(database)
    database.close()


class AwayAfterwards(PostgresDatabase):
    """Away as soon as something has been written."""

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        with super().transaction() as transaction:
            yield transaction
        self._away_until = float("inf")


def test_a_job_that_is_stored_is_not_refused(url: str) -> None:
    database = AwayAfterwards(url, JOBS)
    try:
        assert JobStore(database).add("x", JobSpec("en", "de"), [["a"]], "").texts == 1
    finally:
        database.close()


def test_a_glossary_that_is_stored_is_not_refused(url: str) -> None:
    database = AwayAfterwards(url, STATE)
    try:
        made = GlossaryStore(database).add("alice", "mine", [Dictionary(("en", "de"), {"a": "b"})])
        assert made.name == "mine"
    finally:
        database.close()
