"""Databases for several servers, and these servers."""

import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from benchmarks.drill.postgresql import PostgreSql, find_programs
from server.core.state import STATE
from server.database.interface import Database, Schema
from server.database.postgres import PostgresDatabase
from server.database.sqlite import SqliteDatabase
from server.jobs.schema import JOBS
from tests.process.test_jobs import Server

_NUMBERS = itertools.count()
SCHEMAS = {"jobs": JOBS, "state": STATE}
Start = Callable[[], Server]


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


@contextmanager
def _starting(folder: Path, url: str) -> Iterator[Start]:
    with ExitStack() as stack:

        def start() -> Server:
            server = Server(folder / f"server{next(_NUMBERS)}", url)
            stack.callback(server.close)
            return server

        yield start


@pytest.fixture
def start(tmp_path: Path, url: str) -> Iterator[Start]:
    """`start()` returns a new server on the database `url`."""
    with _starting(tmp_path, url) as start:
        yield start


def start_both(start: Start) -> tuple[Server, Server]:
    """Start two servers at a time."""
    with ThreadPoolExecutor() as executor:
        one, other = executor.submit(start), executor.submit(start)
        return one.result(), other.result()


@pytest.fixture(scope="module")
def pair(
    postgresql: PostgreSql, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Server, Server]]:
    """Two servers on one database, shared by the tests of a file that do not disturb them."""
    url = postgresql.create(f"test{next(_NUMBERS)}")
    with _starting(tmp_path_factory.mktemp("pair"), url) as start:
        yield start_both(start)
