"""Jobs, their texts and their results, in one SQLite file.

Every step is one transaction: whenever the server is killed, each text is either translated or
pending.
"""

import json
import logging
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path

from server.core.job_status import JobStatus
from server.core.settings import Settings
from server.jobs.database import Database, StoreError
from server.jobs.records import (
    Failure,
    Item,
    ItemOutcome,
    Job,
    JobSpec,
    RoundText,
    TextParts,
)
from server.jobs.rows import job_of, outcome_of, round_text_of

_log = logging.getLogger(__name__)
_JOBS = (
    "SELECT number, id, client, owner, status, spec, created, started, finished, error,"
    " texts, texts_done, texts_failed, characters, characters_done FROM jobs"
)


class JobStore:
    """Any thread may call it. Every method is one transaction."""

    def __init__(self, folder: Path) -> None:
        """Open the jobs in a folder; creates it where needed. Raises StoreError."""
        self._database = Database(folder)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    # --- jobs ------------------------------------------------------------------------------

    def add(
        self,
        id: str,  # noqa: A002 - the usual name
        spec: JobSpec,
        parts: TextParts,
        client: str,
        owner: str = "",
        source: bytes | None = None,
    ) -> Job:
        """Store a new job: its texts, or those of the first round of the document `source`."""
        with self._database.transaction() as connection:
            number = connection.execute(
                "INSERT INTO jobs (id, client, owner, status, spec, created)"
                " VALUES (?, ?, ?, 'queued', ?, ?)",
                (id, client, owner, json.dumps(asdict(spec)), time.time()),
            ).lastrowid
            assert number is not None
            if source is not None:
                connection.execute("INSERT INTO files VALUES (?, ?, NULL)", (number, source))
            _add_round(connection, number, 0, parts)
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

    def usage(self) -> tuple[int, int]:
        """Return the number of jobs and the bytes they take."""
        [[jobs]] = self._database.select("SELECT count(*) FROM jobs")
        return jobs, self._database.size()

    def begin(self, number: int) -> None:
        """Mark a job as running."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE jobs SET status = 'running', started = ?"
                " WHERE number = ? AND status = 'queued'",
                (time.time(), number),
            )

    def finish(
        self, number: int, status: JobStatus, result: bytes | None = None, error: str | None = None
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
                _delete_data(connection, number, status, result)
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

    def add_round(self, number: int, round_: int, parts: TextParts) -> None:
        """Add the texts of a document's next round."""
        with self._database.transaction() as connection:
            _add_round(connection, number, round_, parts)

    def drop_rounds(self, number: int) -> None:
        """Delete all rounds of a document: it starts over."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM items WHERE job = ?", (number,))
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
            "SELECT position, translation, note FROM items WHERE job = ? AND position >= ?"
            " ORDER BY position LIMIT ?",
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


def open_jobs(settings: Settings) -> JobStore | None:
    """Open the store that the settings name; None where jobs are off.

    Raises StoreError, unless the folder is the default one: then the server runs without jobs.
    """
    if settings.jobs is None:
        return None
    try:
        return JobStore(settings.jobs)
    except StoreError as error:
        if "jobs" in settings.model_fields_set:
            raise
        _log.warning("jobs are off: %s", error)
        return None


def _add_round(connection: sqlite3.Connection, number: int, round_: int, parts: TextParts) -> None:
    query = "SELECT coalesce(max(position) + 1, 0) FROM items WHERE job = ?"
    [position] = connection.execute(query, (number,)).fetchone()
    texts = [(member, text) for member, group in enumerate(parts) for text in group]
    # A cancelled job gets no further texts.
    connection.executemany(
        "INSERT INTO items (job, position, round, member, characters, text)"
        " SELECT number, ?, ?, ?, ?, ? FROM jobs"
        " WHERE number = ? AND status IN ('queued', 'running')",
        (
            (position + i, round_, member, len(text), text, number)
            for i, (member, text) in enumerate(texts)
        ),
    )
    connection.execute(
        "UPDATE jobs SET texts = texts + ?, characters = characters + ? WHERE number = ?",
        (len(texts), sum(len(text) for _, text in texts), number),
    )


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
        connection.execute("DELETE FROM items WHERE job = ?", (number,))
        connection.execute("DELETE FROM files WHERE job = ?", (number,))
        return
    connection.execute("UPDATE items SET text = NULL WHERE job = ?", (number,))
    if result is not None:  # the translations are in it
        connection.execute("UPDATE items SET translation = NULL WHERE job = ?", (number,))
    connection.execute("UPDATE files SET source = NULL, result = ? WHERE job = ?", (result, number))
