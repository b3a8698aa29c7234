"""Rows of the database as records."""

import json
import sqlite3
from collections.abc import Sequence
from typing import Any

from server.core.requests import Answer
from server.jobs.records import Failure, ItemOutcome, Job, JobSpec, RoundText


def job_of(row: sqlite3.Row) -> Job:
    """Return the job of a row of the table `jobs`."""
    values: dict[str, Any] = dict(row)
    spec = json.loads(values.pop("spec"))
    spec["glossary"] = tuple(tuple(entry) for entry in spec["glossary"])
    return Job(**values, spec=JobSpec(**spec))


def outcome_of(row: sqlite3.Row) -> ItemOutcome:
    """Return the result of a finished row of the table `items`."""
    note: dict[str, Any] = json.loads(row["note"])
    if "slug" in note:
        return ItemOutcome(row["position"], Failure(**note))
    for name in ("warnings", "alternatives"):
        note[name] = tuple(note[name])
    return ItemOutcome(row["position"], Answer(text=row["translation"] or "", **note))


def round_text_of(rows: Sequence[sqlite3.Row]) -> RoundText:
    """Join the parts of a text; failed ones stay untranslated."""
    text = "".join(row["text"] for row in rows)
    parts = [row["text"] if row["translation"] is None else row["translation"] for row in rows]
    return RoundText(text, "".join(parts))
