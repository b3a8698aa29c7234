"""Jobs, their texts and their results, in a database.

Every step is one transaction: whenever the server is killed, each text is either translated or
pending.
"""

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict
from itertools import groupby
from types import MappingProxyType

from documents import TranslatedFile
from server.core.job_status import JobStatus
from server.core.settings import Settings
from server.core.state import open_shared
from server.database.interface import Database, Sealed, StoreError
from server.database.sqlite import SqliteDatabase
from server.jobs import leases
from server.jobs.items import add_round_items, delete_items
from server.jobs.records import (
    Item,
    ItemOutcome,
    Job,
    JobSpec,
    Relations,
    RoundText,
    TextParts,
)
from server.jobs.results import delete_data, save_outcomes
from server.jobs.rows import job_of, outcome_of, round_text_of
from server.jobs.schema import JOBS

_log = logging.getLogger(__name__)
_MOST_ITEMS = 1_000  # of a batch
_JOBS = (
    "SELECT number, id, client, owner, status, spec, created, started, finished, error,"
    " texts, texts_done, texts_failed, jobs.characters, characters_done,"
    " begun AS resumed, runs.characters AS characters_before,"
    " coalesce(sentences, '[]') AS notices, {now} AS read"
    " FROM jobs LEFT JOIN runs ON runs.job = number LEFT JOIN notices ON notices.job = number"
)


class JobStore:
    """Any thread may call it. Every method is one transaction."""

    def __init__(self, database: Database) -> None:
        """`database` has the tables of `schema.JOBS`; `close` closes it."""
        self._database = database
        self._jobs = _JOBS.format(now=database.now)
        self.shared = database.shared

    def close(self) -> None:
        """Close the database, for this process."""
        self._database.close()

    def version(self) -> int:
        """Return a number that is another one once another process has changed something."""
        return self._database.version()

    def add(
        self,
        id: str,  # noqa: A002 - the usual name
        spec: JobSpec,
        parts: TextParts,
        client: str,
        owner: str = "",
        source: bytes | None = None,
        relations: Relations = MappingProxyType({}),
        admit: Callable[[], None] = lambda: None,
    ) -> Job:
        """Store a new job: its texts, or those of the first round of the document `source`.

        `relations` are those of the texts. `admit` may look at the store, which nobody else changes
        meanwhile, and refuse by raising.
        """
        with self._database.transaction() as transaction:
            before = self.find(id)  # the same request, sent to two servers at the same time
            if before is not None:
                return before
            admit()
            [row] = transaction.select(
                "INSERT INTO jobs (id, client, owner, status, spec, created)"
                " VALUES (?, ?, ?, 'queued', ?, ?) RETURNING number",
                id,
                client,
                owner,
                Sealed(json.dumps(asdict(spec))),
                transaction.now(),
            )
            number = row["number"]
            if source is not None:
                transaction.run("INSERT INTO files VALUES (?, ?, NULL)", number, Sealed(source))
            add_round_items(transaction, number, 0, parts, relations)
            job = self.find(id)  # not later: whoever is told of an error sends the job again
            assert job is not None
            return job

    def find(self, id: str) -> Job | None:  # noqa: A002
        """Return a job by its public id."""
        rows = self._database.select(self._jobs + " WHERE id = ?", id)
        return job_of(rows[0]) if rows else None

    def claim(self) -> list[Job]:
        """Return the unfinished jobs that this server is to process, oldest first.

        They are its own for LEASE_SECONDS: those that it had, unless another server has got them,
        and others up to a few for each client. Whoever processes them calls this more often.
        """
        holder = self._database.holder
        with self._database.transaction() as transaction:
            leases.claim(transaction, holder)
            rows = transaction.select(
                f"{self._jobs} JOIN leases ON leases.job = number"
                " WHERE holder = ? AND status IN ('queued', 'running') ORDER BY number",
                holder,
            )
        return [job_of(row) for row in rows]

    def release(self) -> None:
        """Leave this server's jobs to others, and to its next start."""
        with self._database.transaction() as transaction:
            leases.release(transaction, self._database.holder)

    def waiting(self, owner: str) -> int:
        """Return the characters of an owner's unfinished jobs that are not translated yet."""
        [row] = self._database.select(
            "SELECT coalesce(sum(characters - characters_done), 0) AS characters FROM jobs"
            " WHERE owner = ? AND status IN ('queued', 'running')",
            owner,
        )
        return int(row["characters"])

    def usage(self) -> tuple[int, int]:
        """Return the number of jobs and the bytes they take."""
        [row] = self._database.select("SELECT count(*) AS jobs FROM jobs")
        return row["jobs"], self._database.size()

    def begin(self, number: int) -> None:
        """Mark a job as running, from now on."""
        with self._database.transaction() as transaction:
            now = transaction.now()
            transaction.run(
                "UPDATE jobs SET status = 'running', started = ?"
                " WHERE number = ? AND status = 'queued'",
                now,
                number,
            )
            transaction.run(
                "INSERT INTO runs SELECT number, ?, characters_done FROM jobs WHERE number = ?"
                " ON CONFLICT (job) DO UPDATE"
                " SET begun = excluded.begun, characters = excluded.characters",
                now,
                number,
            )

    def finish(
        self,
        number: int,
        status: JobStatus,
        result: TranslatedFile | None = None,
        error: str | None = None,
    ) -> None:
        """End an unfinished job: delete its texts and keep its results.

        Of a cancelled job only its state is kept.
        """
        with self._database.transaction() as transaction:
            ended = transaction.run(
                "UPDATE jobs SET status = ?, finished = ?, error = ?"
                " WHERE number = ? AND status IN ('queued', 'running')",
                status,
                transaction.now(),
                error,
                number,
            )
            if ended:
                delete_data(transaction, number, status, result.data if result else None)
                if result and result.notices:
                    transaction.run(
                        "INSERT INTO notices VALUES (?, ?)", number, json.dumps(result.notices)
                    )
        self._database.shrink()

    def delete(self, number: int) -> None:
        """Delete a job and all that belongs to it."""
        with self._database.transaction() as transaction:
            transaction.run("DELETE FROM jobs WHERE number = ?", number)
        self._database.shrink()

    def delete_finished(self, retention: float) -> None:
        """Delete jobs that ended more than so many seconds ago."""
        with self._database.transaction() as transaction:
            moment = transaction.now() - retention
            deleted = transaction.run("DELETE FROM jobs WHERE finished < ?", moment)
        if deleted:
            self._database.shrink()

    def pending(self, number: int, first: int, last: int, characters: int) -> list[Item]:
        """Return unfinished items in a range: at most `characters` in all, but at least one."""
        rows = self._database.select(
            "SELECT position, text FROM items WHERE job = ? AND position BETWEEN ? AND ?"
            " AND note IS NULL ORDER BY position LIMIT ?",
            number,
            first,
            last,
            _MOST_ITEMS,
        )
        items: list[Item] = []
        for row in rows:
            characters -= len(row["text"])
            if items and characters < 0:
                break
            items.append(Item(row["position"], row["text"]))
        return items

    def save(self, job: Job, outcomes: Sequence[ItemOutcome]) -> None:
        """Store results; those of deleted jobs, or of items already done, are ignored."""
        with self._database.transaction() as transaction:
            save_outcomes(transaction, job, outcomes)

    def round(self, number: int, round_: int) -> list[RoundText]:
        """Return the texts of a round of a document, none if there is no such round."""
        rows = self._database.select(
            "SELECT member, text, translation FROM items WHERE job = ? AND round = ?"
            " ORDER BY position",
            number,
            round_,
        )
        return [round_text_of(list(group)) for _, group in groupby(rows, lambda row: row["member"])]

    def add_round(self, number: int, round_: int, parts: TextParts, relations: Relations) -> None:
        """Add the texts of a document's next round, unless another server has got the job."""
        with self._database.transaction() as transaction:
            if leases.holds(transaction, self._database.holder, number):
                add_round_items(transaction, number, round_, parts, relations)

    def drop_rounds(self, number: int) -> None:
        """Delete all rounds of a document, which starts over, unless another server has got it."""
        with self._database.transaction() as transaction:
            if not leases.holds(transaction, self._database.holder, number):
                return
            delete_items(transaction, number)
            transaction.run(
                "UPDATE jobs SET texts = 0, texts_done = 0, texts_failed = 0, characters = 0,"
                " characters_done = 0 WHERE number = ?",
                number,
            )

    def source(self, number: int) -> bytes:
        """Return the document that is being translated."""
        return self._blob("SELECT source AS content FROM files WHERE job = ?", number)

    def result(self, number: int) -> bytes:
        """Return the translated document."""
        return self._blob("SELECT result AS content FROM files WHERE job = ?", number)

    def outcomes(self, number: int, first: int, count: int) -> list[ItemOutcome]:
        """Return the results from item `first` on, up to the first unfinished one."""
        rows = self._database.select(
            "SELECT items.position, text, translation, note, parts.position AS part, whole"
            " FROM items LEFT JOIN parts USING (job, position)"
            " WHERE items.job = ? AND items.position >= ? ORDER BY items.position LIMIT ?",
            number,
            first,
            count,
        )
        outcomes = []
        for row in rows:
            if row["note"] is None:
                break
            outcomes.append(outcome_of(row))
        return outcomes

    def _blob(self, query: str, number: int) -> bytes:
        rows = self._database.select(query, number)
        content = rows[0]["content"] if rows else None
        return b"" if content is None else bytes(content)


def open_jobs(settings: Settings, *, shared: bool = False) -> JobStore | None:
    """Open the store that the settings name, `shared` or not; None where jobs are off.

    Raises StoreError, unless the folder is the default one: then the server runs without jobs.
    """
    if settings.jobs is None:
        return None
    if settings.database is not None:
        return JobStore(open_shared(settings, JOBS))
    try:
        return JobStore(SqliteDatabase(settings.jobs, JOBS, shared=shared))
    except StoreError as error:
        if "jobs" in settings.model_fields_set:
            raise
        _log.warning("jobs are off: %s", error)
        return None
