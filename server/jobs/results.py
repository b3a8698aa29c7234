"""Stores the results of items, and deletes what an ended job no longer needs."""

import json
from collections.abc import Sequence

from server.core.job_status import JobStatus
from server.database.interface import Sealed, Transaction
from server.jobs.items import delete_items
from server.jobs.records import Failure, ItemOutcome, Job


def save_outcomes(transaction: Transaction, job: Job, outcomes: Sequence[ItemOutcome]) -> None:
    """Store results; those of items already done are ignored."""
    done = failed = characters = 0
    keep_text = job.spec.file is not None  # a document's texts are needed until its end
    for outcome in outcomes:
        note = outcome.result._asdict()
        translation = note.pop("text", None)
        for row in transaction.select(
            "UPDATE items SET translation = ?, note = ?, text = CASE WHEN ? THEN text END"
            " WHERE job = ? AND position = ? AND note IS NULL RETURNING characters",
            Sealed(translation),
            Sealed(json.dumps(note)),
            keep_text,
            job.number,
            outcome.position,
        ):
            done += 1
            failed += isinstance(outcome.result, Failure)
            characters += row["characters"]
    transaction.run(
        "UPDATE jobs SET texts_done = texts_done + ?, texts_failed = texts_failed + ?,"
        " characters_done = characters_done + ? WHERE number = ?",
        done,
        failed,
        characters,
        job.number,
    )


def delete_data(
    transaction: Transaction, number: int, status: JobStatus, result: bytes | None
) -> None:
    """Delete what an ended job no longer needs."""
    if status == "cancelled":
        delete_items(transaction, number)
        transaction.run("DELETE FROM files WHERE job = ?", number)
        return
    if result is None:  # the texts of a document are shown beside their translations
        transaction.run("UPDATE items SET text = NULL WHERE job = ?", number)
    transaction.run(
        "UPDATE files SET source = NULL, result = ? WHERE job = ?", Sealed(result), number
    )
