"""What is wrong with a database is said at the start, without its address: it has a password."""

import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from benchmarks.drill.postgresql import PostgreSql
from server.core.requests import Answer
from server.core.state import STATE
from server.database.interface import Schema, StorageError, StoreError
from server.database.postgres import PostgresDatabase
from server.database.sqlite import SqliteDatabase
from server.jobs.records import ItemOutcome, JobSpec
from server.jobs.schema import JOBS
from server.jobs.store import JobStore
from server.routes.job_views import show_job

TABLE = "CREATE TABLE things (number {serial});"
FIRST = Schema("things", TABLE)
SECOND = Schema(
    "things", TABLE, migrations=("ALTER TABLE things ADD COLUMN name TEXT NOT NULL DEFAULT 'x';",)
)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("127.0.0.1:", "127.0.0.1:1"), "connection"),
        (("/test", "/other_test"), "does not exist"),
        (("postgres@", "nobody:secret@"), 'role "nobody" does not exist'),
        (("", "?sslmode=require"), "server does not support SSL"),
    ],
)
def test_a_database_that_cannot_be_used(url: str, change: tuple[str, str], message: str) -> None:
    wrong = url.replace(*change) if change[0] else url + change[1]
    with pytest.raises(StoreError, match=message) as error:
        PostgresDatabase(wrong, JOBS)
    assert "secret" not in str(error.value)


def test_the_server_says_so_and_exits(url: str) -> None:
    command = [sys.executable, "-m", "server", "--port", "0", "--devices", "cpu"]
    wrong = url.replace("postgres@", "nobody:secret@")
    done = subprocess.run(
        [*command, "--database", wrong], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 1
    assert 'role "nobody" does not exist' in done.stderr
    assert "secret" not in done.stderr
    done = subprocess.run(
        [*command, "--database", "mysql://u:secret@h/d"], capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "must begin with postgresql://" in done.stderr
    assert "secret" not in done.stderr


def test_migrations_run_once_and_keep_what_is_there(url: str, tmp_path: Path) -> None:
    for open_ in (
        lambda schema: SqliteDatabase(tmp_path, schema),
        lambda schema: PostgresDatabase(url, schema),
    ):
        first = open_(FIRST)
        with first.transaction() as transaction:
            transaction.run("INSERT INTO things (number) VALUES (7)")
        first.close()
        for _ in range(2):
            second = open_(SECOND)
            assert second.select("SELECT * FROM things") == [{"number": 7, "name": "x"}]
            second.close()
        with pytest.raises(
            StoreError, match="it has version 2, and this server knows versions up to 1"
        ):
            open_(FIRST)


def test_two_servers_that_start_at_once_make_the_tables_once(url: str) -> None:
    script = (
        "import sys; from server.database.postgres import PostgresDatabase;"
        "from server.jobs.schema import JOBS; from server.core.state import STATE\n"
        "for schema in (JOBS, STATE): PostgresDatabase(sys.argv[1], schema).close()"
    )
    starts = [subprocess.Popen([sys.executable, "-c", script, url]) for _ in range(4)]
    assert [each.wait(60) for each in starts] == [0] * 4
    with psycopg.connect(url) as connection:
        versions = connection.execute("SELECT name, version FROM m2m_schemas ORDER BY 1").fetchall()
    assert versions == [("jobs", JOBS.version), ("state", STATE.version)]


def test_a_replica_that_is_read_only_stores_nothing_and_says_so(
    url: str, postgresql: PostgreSql
) -> None:
    database = PostgresDatabase(url, STATE)
    with psycopg.connect(url, autocommit=True) as connection:
        name = url.rpartition("/")[2]
        connection.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    try:
        with (
            pytest.raises(StorageError, match="read-only") as error,
            database.transaction() as writing,
        ):
            writing.run("DELETE FROM usage")
        assert not error.value.away
    finally:
        database.close()


def test_a_server_does_not_start_on_a_replica_that_is_read_only(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        name = url.rpartition("/")[2]
        connection.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    with pytest.raises(StoreError, match="in a read-only transaction"):
        PostgresDatabase(url, STATE)


def test_a_full_disk_is_not_a_database_that_is_away(url: str) -> None:
    database = PostgresDatabase(url, STATE)
    try:
        with pytest.raises(StorageError) as error, database.transaction():
            raise psycopg.errors.DiskFull("could not extend file")
        assert (str(error.value), error.value.away) == ("could not extend file", False)
    finally:
        database.close()


def test_texts_that_sql_might_misread(url: str, tmp_path: Path) -> None:
    strange = "? %s %(a)s '; DROP TABLE usage; -- \\ \u2028 😀"
    copied = strange + "\t\\N\r\n\\.\n"
    for database in (PostgresDatabase(url, STATE), SqliteDatabase(tmp_path, STATE)):
        with database.transaction() as transaction:
            transaction.run("INSERT INTO usage VALUES (?, ?, ?)", strange, "%", 1)
            transaction.insert("usage", "client, month, characters", [(copied, "%", 2)])
        assert database.select("SELECT client, month FROM usage ORDER BY characters") == [
            {"client": strange, "month": "%"},
            {"client": copied, "month": "%"},
        ]
        database.close()


def test_a_server_whose_clock_is_wrong_takes_no_leases_and_deletes_nothing(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (JobStore(PostgresDatabase(url, JOBS)) for _ in range(2))
    try:
        spec = JobSpec("en", "de")
        done, running = (first.add(name, spec, [["a"]], "") for name in ("done", "running"))
        assert [job.id for job in first.claim()] == ["done", "running"]
        first.finish(done.number, "done")
        right = time.time
        for wrong in (-300.0, 300.0):
            monkeypatch.setattr(time, "time", lambda wrong=wrong: right() + wrong)
            assert second.claim() == []
            second.delete_finished(60.0)
            assert second.find("done") is not None
            assert [job.number for job in first.claim()] == [running.number]
    finally:
        first.close()
        second.close()


@pytest.mark.parametrize("wrong", [-300.0, 300.0])
def test_a_server_whose_clock_is_wrong_knows_how_long_a_job_takes(
    url: str, monkeypatch: pytest.MonkeyPatch, wrong: float
) -> None:
    store = JobStore(PostgresDatabase(url, JOBS))
    try:
        job = store.add("x", JobSpec("en", "de"), [["a"], ["b"]], "")
        store.begin(job.number)
        store.save(job, [ItemOutcome(0, Answer("A", "en"))])
        right = time.time
        monkeypatch.setattr(time, "time", lambda: right() + wrong)
        found = store.find("x")
        assert found is not None
        eta = show_job(found, 60.0, "")["progress"]["eta"]
        assert eta is not None
        assert eta < 100, "the job has run for a moment, and half of it is done"
    finally:
        store.close()
