"""Both databases do the same for the stores above them."""

import pytest

from documents import TranslatedFile
from server.auth.usage import Usage
from server.core.errors import UnknownGlossaryError
from server.core.requests import Answer
from server.core.state import STATE
from server.database.interface import Database, Schema
from server.glossaries.records import Dictionary
from server.glossaries.store import GlossaryStore
from server.jobs.records import Failure, Item, ItemOutcome, Job, JobSpec
from server.jobs.schema import JOBS
from server.jobs.store import JobStore
from server.metrics.front import Metrics

SPEC = JobSpec("auto", "de", alternatives=1, glossary=(("a", "b"),))
YEAR = 500 * 86_400.0  # seconds, and more
ANSWER = Answer("Eins 😀 %s ?", "en", 0.5, ("length",), ("Zwei",), "m2m")


class TestJobs:
    @pytest.fixture
    def schema(self) -> Schema:
        return JOBS

    @pytest.fixture
    def store(self, database: Database) -> JobStore:
        return JobStore(database)

    def test_a_job_of_texts_from_its_start_to_its_end(self, store: JobStore) -> None:
        job = store.add("x", SPEC, [["one %s ?"], ["two"], ["three"]], "127.0.0.1", "alice")
        assert (job.spec, job.status, job.texts, job.characters) == (SPEC, "queued", 3, 16)
        assert store.waiting("alice") == 16
        assert [each.number for each in store.claim()] == [job.number]
        store.begin(job.number)
        items = store.pending(job.number, 0, 2**62, 8)
        assert items == [Item(0, "one %s ?")]
        failure = Failure("quarantined", "it crashed")
        done = [ItemOutcome(0, ANSWER), ItemOutcome(1, failure)]
        store.save(job, done)
        store.save(job, done)  # again: by a server that had been stopped meanwhile
        found = store.find("x")
        assert found is not None
        assert (found.status, found.texts_done, found.texts_failed) == ("running", 2, 1)
        assert (found.characters_done, found.characters_before) == (11, 0)
        assert [each.result for each in store.outcomes(job.number, 0, 10)] == [ANSWER, failure]
        store.finish(job.number, "done")
        store.finish(job.number, "failed", error="too late")
        assert status(store, "x") == "done"
        assert store.claim() == []
        assert store.waiting("alice") == 0

    def test_a_document_has_rounds_a_result_and_notices(self, store: JobStore) -> None:
        spec = JobSpec("en", "de", file="a.txt", options={"keys": "a"})
        job = store.add("x", spec, [["a", "b"], ["c"]], "", source=b"\0\xff a")
        assert store.source(job.number) == b"\0\xff a"
        store.claim()
        store.save(job, [ItemOutcome(i, Answer("T", "en")) for i in range(3)])
        assert [each.translation for each in store.round(job.number, 0)] == ["TT", "T"]
        store.add_round(job.number, 1, [["d"]], {0: (0, 0)})
        assert [each.text for each in store.round(job.number, 1)] == ["d"]
        assert len(store.outcomes(job.number, 0, 10)) == 3
        store.finish(job.number, "done", TranslatedFile(b"\xfe", ("a notice",)))
        found = store.find("x")
        assert found is not None
        assert found.notices == ("a notice",)
        assert store.result(job.number) == b"\xfe"
        assert store.source(job.number) == b""

    def test_a_cancelled_job_keeps_no_text(self, store: JobStore) -> None:
        job = store.add("x", SPEC, [["secret"]], "")
        store.finish(job.number, "cancelled")
        assert store.outcomes(job.number, 0, 10) == []
        assert store.pending(job.number, 0, 10, 100) == []

    def test_finished_jobs_are_deleted_after_their_retention(self, store: JobStore) -> None:
        job = store.add("x", SPEC, [["a"]], "")
        store.finish(job.number, "done")
        store.delete_finished(60.0)
        assert status(store, "x") == "done"
        store.delete_finished(-1.0)
        assert store.find("x") is None
        assert store.usage()[0] == 0

    def test_a_refusal_inside_the_transaction_stores_nothing(self, store: JobStore) -> None:
        def refuse() -> None:
            assert store.usage()[0] == 0
            raise KeyError("full")

        with pytest.raises(KeyError):
            store.add("x", SPEC, [["a"]], "", admit=refuse)
        assert store.find("x") is None

    def test_one_client_cannot_keep_the_others_waiting(self, store: JobStore) -> None:
        for i in range(6):
            store.add(f"a{i}", SPEC, [["a"]], "a")
        store.add("b", SPEC, [["b"]], "b")
        assert [job.id for job in store.claim()] == ["a0", "a1", "a2", "a3", "b"]
        store.finish(store.claim()[0].number, "done")
        assert [job.id for job in store.claim()] == ["a1", "a2", "a3", "a4", "b"]

    def test_a_job_of_a_server_that_is_gone_has_not_been_begun_by_the_next(
        self, database: Database
    ) -> None:
        store = JobStore(database)
        own, gone = (store.add(id_, SPEC, [["a"]], "") for id_ in ("own", "gone"))
        store.claim()
        for job in (own, gone):
            store.begin(job.number)
        with database.transaction() as transaction:
            transaction.run(
                "UPDATE leases SET holder = 'gone', until = 0 WHERE job = ?", gone.number
            )
        found = {job.id: job.resumed for job in store.claim()}
        assert found["own"] is not None
        assert found["gone"] is None

    def test_released_jobs_have_not_been_begun(self, store: JobStore) -> None:
        job = store.add("x", SPEC, [["a"]], "")
        store.claim()
        store.begin(job.number)
        store.release()
        found = store.find("x")
        assert found is not None
        assert (found.status, found.resumed) == ("running", None)


def status(store: JobStore, id_: str) -> str | None:
    found: Job | None = store.find(id_)
    return found.status if found else None


class TestState:
    @pytest.fixture
    def schema(self) -> Schema:
        return STATE

    def test_glossaries(self, database: Database) -> None:
        store = GlossaryStore(database)
        pair, other = ("en", "de"), ("de", "en")
        made = store.add("alice", "mine", [Dictionary(pair, {"a %": "b ?"})])
        store.replace("alice", made.id, Dictionary(other, {"c": "d"}))
        changed = store.change("alice", made.id, [Dictionary(pair, {"e": "f"})], "yours")
        assert [each.pair for each in changed.dictionaries] == [pair, other]
        assert changed.name == "yours"
        assert store.entries("alice", made.id, pair) == {"a %": "b ?", "e": "f"}
        assert [each.id for each in store.all("alice")] == [made.id]
        assert store.all("bob") == []
        store.delete("alice", made.id, other)
        with pytest.raises(UnknownGlossaryError):
            store.entries("alice", made.id, other)
        store.delete("alice", made.id)
        with pytest.raises(UnknownGlossaryError):
            store.find("alice", made.id)

    def test_usage_of_several_servers_adds_up(self, database: Database) -> None:
        usages = [counting(database, 7) for _ in range(2)]
        assert [usage.count("alice") for usage in usages] == [7, 14]
        assert usages[0].count("alice") == 14
        assert usages[0].admit("alice", 6, 20)
        assert not usages[0].admit("alice", 1, 20)

    def test_what_a_server_has_counted_is_forgotten_long_after_its_end(
        self, database: Database
    ) -> None:
        ended, other, late = (counting(database, 7) for _ in range(3))
        assert [usage.count("alice") for usage in (ended, other)] == [7, 14]
        with database.transaction() as transaction:
            transaction.run("UPDATE counting SET seen = seen - ? WHERE run = ?", YEAR, ended._run)
            transaction.run("DELETE FROM counting WHERE run = ?", other._run)  # an older release
        assert late.count("alice") == 21
        runs = {row["run"] for row in database.select("SELECT run FROM counted")}
        assert runs == {other._run, late._run}
        assert other.count("alice") == 21, "nothing is counted again"


def counting(database: Database, characters: int) -> Usage:
    """Return what counts for a server that has translated so many characters."""
    metrics = Metrics()
    metrics.label_clients(["alice"])
    metrics._work_of("alice").characters.inc(characters)
    return Usage(database, metrics)
