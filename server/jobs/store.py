"""Jobs, their texts and their results, in one SQLite file.

Every step is one transaction: whenever the server is killed, each text is either translated or
pending.
"""

import json
import logging
import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from types import MappingProxyType

from documents import TranslatedFile
from server.core.database import Database, StoreError
from server.core.job_status import JobStatus
from server.core.settings import Settings
from server.jobs.items import add_round_items, delete_items
from server.jobs.records import (
    Failure,
    Item,
    ItemOutcome,
    Job,
    JobSpec,
    Relations,
    RoundText,
    TextParts,
)
from server.jobs.rows import job_of, outcome_of, round_text_of
from server.jobs.schema import JOBS

_log = logging.getLogger(__name__)
_JOBS = (
    "SELECT number, id, client, owner, status, spec, created, started, finished, error,"
    " texts, texts_done, texts_failed, jobs.characters, characters_done,"
    " begun AS resumed, runs.characters AS characters_before,"
    " coalesce(sentences, '[]') AS notices"
    " FROM jobs LEFT JOIN runs ON runs.job = number LEFT JOIN notices ON notices.job = number"
)


class JobStore:
    """Any thread may call it. Every method is one transaction."""

    def __init__(self, folder: Path, *, shared: bool = False) -> None:
        """Open the jobs in a folder; creates it where needed. Raises StoreError.

        `shared`: for the processes forked from now on; see `Database`.
        """
        self._database = Database(folder, JOBS, shared=shared)
        self.shared = shared

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def version(self) -> int:
        """Return a number that is another one once another process has changed something."""
        return self._database.version()

    # --- jobs ------------------------------------------------------------------------------

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
        with self._database.transaction() as connection:
            admit()
            number = connection.execute(
                "INSERT INTO jobs (id, client, owner, status, spec, created)"
                " VALUES (?, ?, ?, 'queued', ?, ?)",
                (id, client, owner, json.dumps(asdict(spec)), time.time()),
            ).lastrowid
            assert number is not None
            if source is not None:
                connection.execute("INSERT INTO files VALUES (?, ?, NULL)", (number, source))
            add_round_items(connection, number, 0, parts, relations)
        job = self.find(id)
        assert job is not None
        return job

    def find(self, id: str) -> Job | None:  # noqa: A002
        """Return a job by its public id."""
        rows = self._database.select(_JOBS + " WHERE id = ?", id)
        return job_of(rows[0]) if rows else None

    def unfinished(self) -> list[Job]:
        """Return unfinished jobs, oldest first."""
        query = _JOBS + " WHERE status IN ('queued', 'running') ORDER BY number"
        return [job_of(row) for row in self._database.select(query)]

    def waiting(self, owner: str) -> int:
        """Return the characters of an owner's unfinished jobs that are not translated yet."""
        [[characters]] = self._database.select(
            "SELECT coalesce(sum(characters - characters_done), 0) FROM jobs"
            " WHERE owner = ? AND status IN ('queued', 'running')",
            owner,
        )
        return int(characters)

    def usage(self) -> tuple[int, int]:
        """Return the number of jobs and the bytes they take."""
        [[jobs]] = self._database.select("SELECT count(*) FROM jobs")
        return jobs, self._database.size()

    def begin(self, number: int) -> None:
        """Mark a job as running, from now on."""
        now = time.time()
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE jobs SET status = 'running', started = ?"
                " WHERE number = ? AND status = 'queued'",
                (now, number),
            )
            connection.execute(
                "INSERT OR REPLACE INTO runs SELECT number, ?, characters_done FROM jobs"
                " WHERE number = ?",
                (now, number),
            )

    def end_runs(self) -> None:
        """Forget since when jobs were processed: whoever did so has ended."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM runs")

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
        with self._database.transaction() as connection:
            ended = connection.execute(
                "UPDATE jobs SET status = ?, finished = ?, error = ?"
                " WHERE number = ? AND status IN ('queued', 'running')",
                (status, time.time(), error, number),
            ).rowcount
            if ended:
                _delete_data(connection, number, status, result.data if result else None)
                if result and result.notices:
                    connection.execute(
                        "INSERT INTO notices VALUES (?, ?)", (number, json.dumps(result.notices))
                    )
        self._database.shrink()

    def delete(self, number: int) -> None:
        """Delete a job and all that belongs to it."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM jobs WHERE number = ?", (number,))
        self._database.shrink()

    def delete_finished_before(self, moment: float) -> None:
        """Delete jobs that ended before a moment."""
        with self._database.transaction() as connection:
            query = "DELETE FROM jobs WHERE finished < ?"
            deleted = connection.execute(query, (moment,)).rowcount
        if deleted:
            self._database.shrink()

    # --- work ------------------------------------------------------------------------------

    def pending(self, number: int, first: int, last: int, characters: int) -> list[Item]:
        """Return unfinished items in a range: at most `characters` in all, but at least one."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT position, text FROM items WHERE job = ? AND position BETWEEN ? AND ?"
                " AND note IS NULL ORDER BY position",
                (number, first, last),
            )
            items: list[Item] = []
            for row in rows:
                characters -= len(row["text"])
                if items and characters < 0:
                    break
                items.append(Item(row["position"], row["text"]))
            rows.close()
        return items

    def save(self, job: Job, outcomes: Sequence[ItemOutcome]) -> None:
        """Store results; those of deleted jobs, or of items already done, are ignored."""
        with self._database.transaction() as connection:
            _save(connection, job, outcomes)

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
        """Add the texts of a document's next round."""
        with self._database.transaction() as connection:
            add_round_items(connection, number, round_, parts, relations)

    def drop_rounds(self, number: int) -> None:
        """Delete all rounds of a document: it starts over."""
        with self._database.transaction() as connection:
            delete_items(connection, number)
            connection.execute(
                "UPDATE jobs SET texts = 0, texts_done = 0, texts_failed = 0, characters = 0,"
                " characters_done = 0 WHERE number = ?",
                (number,),
            )

    # --- results ---------------------------------------------------------------------------

    def source(self, number: int) -> bytes:
        """Return the document that is being translated."""
        return self._blob("SELECT source FROM files WHERE job = ?", number)

    def result(self, number: int) -> bytes:
        """Return the translated document."""
        return self._blob("SELECT result FROM files WHERE job = ?", number)

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
        blob = rows[0][0] if rows else None
        return b"" if blob is None else bytes(blob)


def open_jobs(settings: Settings, *, shared: bool = False) -> JobStore | None:
    """Open the store that the settings name, `shared` or not; None where jobs are off.

    Raises StoreError, unless the folder is the default one: then the server runs without jobs.
    """
    if settings.jobs is None:
        return None
    try:
        return JobStore(settings.jobs, shared=shared)
    except StoreError as error:
        if "jobs" in settings.model_fields_set:
            raise
        _log.warning("jobs are off: %s", error)
        return None


def _save(connection: sqlite3.Connection, job: Job, outcomes: Sequence[ItemOutcome]) -> None:
    done = failed = characters = 0
    keep_text = job.spec.file is not None  # a document's texts are needed until its end
    for outcome in outcomes:
        note = asdict(outcome.result)
        translation = note.pop("text", None)
        for row in connection.execute(
            "UPDATE items SET translation = ?, note = ?, text = iif(?, text, NULL)"
            " WHERE job = ? AND position = ? AND note IS NULL RETURNING characters",
            (translation, json.dumps(note), keep_text, job.number, outcome.position),
        ).fetchall():
            done += 1
            failed += isinstance(outcome.result, Failure)
            characters += row["characters"]
    connection.execute(
        "UPDATE jobs SET texts_done = texts_done + ?, texts_failed = texts_failed + ?,"
        " characters_done = characters_done + ? WHERE number = ?",
        (done, failed, characters, job.number),
    )


def _delete_data(
    connection: sqlite3.Connection, number: int, status: JobStatus, result: bytes | None
) -> None:
    """Delete what an ended job no longer needs."""
    if status == "cancelled":
        delete_items(connection, number)
        connection.execute("DELETE FROM files WHERE job = ?", (number,))
        return
    if result is None:  # the texts of a document are shown beside their translations
        connection.execute("UPDATE items SET text = NULL WHERE job = ?", (number,))
    connection.execute("UPDATE files SET source = NULL, result = ? WHERE job = ?", (result, number))
