"""Texts in a shared database are encrypted with a key of the servers."""

import json
from collections.abc import Iterator

import psycopg
import pytest

from documents import TranslatedFile
from server.core.requests import Answer
from server.core.state import STATE
from server.database.interface import StoreError
from server.database.postgres import PostgresDatabase
from server.glossaries.records import Dictionary
from server.glossaries.store import GlossaryStore
from server.jobs.records import ItemOutcome, JobSpec
from server.jobs.schema import JOBS
from server.jobs.store import JobStore

KEY, OTHER = bytes(range(32)), bytes(32)
SECRET = "Geheim 😀"


@pytest.fixture
def stores(url: str) -> Iterator[tuple[JobStore, GlossaryStore]]:
    jobs, state = PostgresDatabase(url, JOBS, KEY), PostgresDatabase(url, STATE, KEY)
    yield JobStore(jobs), GlossaryStore(state)
    jobs.close()
    state.close()


def test_what_is_stored_is_read_again_and_nobody_else_reads_it(
    url: str, stores: tuple[JobStore, GlossaryStore]
) -> None:
    jobs, glossaries = stores
    spec = JobSpec("en", "de", glossary=((SECRET, SECRET),), file="a.txt")
    job = jobs.add("x", spec, [[SECRET], [SECRET]], "", source=SECRET.encode())
    assert job.spec == spec
    jobs.claim()
    assert [item.text for item in jobs.pending(job.number, 0, 9, 1_000)] == [SECRET, SECRET]
    answer = Answer(SECRET, "en", alternatives=(SECRET,))
    jobs.save(job, [ItemOutcome(0, answer), ItemOutcome(1, answer)])
    [first, _] = jobs.outcomes(job.number, 0, 9)
    assert (first.result, first.source) == (answer, SECRET)
    assert [each.text for each in jobs.round(job.number, 0)] == [SECRET, SECRET]
    assert jobs.source(job.number) == SECRET.encode()
    made = glossaries.add("alice", "mine", [Dictionary(("en", "de"), {SECRET: SECRET})])
    assert glossaries.entries("alice", made.id, ("en", "de")) == {SECRET: SECRET}
    assert_nowhere(url)
    jobs.finish(job.number, "done", TranslatedFile(SECRET.encode(), ()))
    assert jobs.result(job.number) == SECRET.encode()
    assert_nowhere(url)


def assert_nowhere(url: str) -> None:
    """Fail if the secret is in any column of any table."""
    needles = {SECRET, SECRET.encode().hex(), json.dumps(SECRET)[1:-1], "Geheim"}
    with psycopg.connect(url) as connection:
        tables = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        ).fetchall()
        assert len(tables) > 8
        for (table,) in tables:
            for (row,) in connection.execute(f"SELECT t::text FROM {table} AS t").fetchall():
                assert not any(needle in row for needle in needles), table


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        (KEY, OTHER, "encrypted with another key"),
        (KEY, None, "texts are encrypted: set --database-encrypt-key"),
        (None, KEY, "texts are not encrypted"),
    ],
)
def test_all_servers_have_the_same_key(
    url: str, first: bytes | None, second: bytes | None, message: str
) -> None:
    PostgresDatabase(url, JOBS, first).close()
    PostgresDatabase(url, JOBS, first).close()
    with pytest.raises(StoreError, match=message):
        PostgresDatabase(url, JOBS, second)
