"""Rows of the database as records."""

import json
from collections.abc import Sequence
from typing import Any

from server.core.requests import Answer
from server.database.interface import Row
from server.jobs.records import Failure, ItemOutcome, Job, JobSpec, RoundText


def job_of(row: Row) -> Job:
    """Return the job of a row of the table `jobs`."""
    values: dict[str, Any] = dict(row)
    spec = json.loads(values.pop("spec"))
    spec["glossary"] = tuple(tuple(entry) for entry in spec["glossary"])
    notices = tuple(json.loads(values.pop("notices")))
    return Job(**values, notices=notices, spec=JobSpec(**spec))


def outcome_of(row: Row) -> ItemOutcome:
    """Return the result of a finished row of the table `items`, joined with `parts`."""
    note: dict[str, Any] = json.loads(row["note"])
    result: Answer | Failure
    if "slug" in note:
        result = Failure(**note)
    else:
        for name in ("warnings", "alternatives"):
            note[name] = tuple(note[name])
        result = Answer(text=row["translation"] or "", **note)
    beside = row["part"] is not None and row["whole"] is None
    return ItemOutcome(row["position"], result, row["text"], row["whole"], beside)


def round_text_of(rows: Sequence[Row]) -> RoundText:
    """Join the parts of a text; failed ones stay untranslated."""
    text = "".join(row["text"] for row in rows)
    parts = [row["text"] if row["translation"] is None else row["translation"] for row in rows]
    return RoundText(text, "".join(parts))
