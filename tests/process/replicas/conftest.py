"""Databases for several servers."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.drill.postgresql import PostgreSql, find_programs
from server.core.state import STATE
from server.database.interface import Database, Schema
from server.database.postgres import PostgresDatabase
from server.database.sqlite import SqliteDatabase
from server.jobs.schema import JOBS

_NUMBERS = itertools.count()
SCHEMAS = {"jobs": JOBS, "state": STATE}


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSql]:
    programs = find_programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed (Debian: postgresql)")
    server = PostgreSql(programs)
    yield server
    server.close()


@pytest.fixture
def url(postgresql: PostgreSql) -> str:
    """Return the address of an empty database."""
    return postgresql.create(f"test{next(_NUMBERS)}")


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path, schema: Schema) -> Iterator[Database]:
    """An empty database of either kind, with the tables of the fixture `schema`."""
    made: Database
    if request.param == "sqlite":
        made = SqliteDatabase(tmp_path, schema)
    else:
        made = PostgresDatabase(request.getfixturevalue("url"), schema)
    yield made
    made.close()
