"""Adds and deletes the texts of jobs: the rows of `items`, and of `parts`."""

from server.database.interface import Sealed, Transaction
from server.jobs.records import Relations, TextParts


def add_round_items(
    transaction: Transaction,
    number: int,
    round_: int,
    parts: TextParts,
    relations: Relations,
) -> None:
    """Add the texts of a round of a document, or all texts of another job."""
    jobs = transaction.select(
        "SELECT (SELECT coalesce(max(position) + 1, 0) FROM items WHERE job = number) AS first"
        " FROM jobs WHERE number = ? AND status IN ('queued', 'running')",
        number,
    )
    if not jobs:  # a cancelled job gets no further texts
        return
    position = int(jobs[0]["first"])
    texts = [(member, text) for member, group in enumerate(parts) for text in group]
    transaction.insert(
        "items",
        "job, position, round, member, characters, text",
        (
            (number, position + i, round_, member, len(text), Sealed(text))
            for i, (member, text) in enumerate(texts)
        ),
    )
    transaction.run(
        "UPDATE jobs SET texts = texts + ?, characters = characters + ? WHERE number = ?",
        len(texts),
        sum(len(text) for _, text in texts),
        number,
    )
    if relations:
        _add_relations(transaction, number, round_, relations)


def _add_relations(
    transaction: Transaction, number: int, round_: int, relations: Relations
) -> None:
    """Note which items of a round belong to others."""
    rows = transaction.select(
        "SELECT position, round, member FROM items WHERE job = ? ORDER BY position DESC", number
    )
    first = {(row["round"], row["member"]): row["position"] for row in rows}
    transaction.insert(
        "parts",
        "job, position, whole",
        (
            (number, row["position"], None if whole is None else first[whole])
            for row in rows
            if row["round"] == round_ and row["member"] in relations
            for whole in (relations[row["member"]],)
        ),
    )


def delete_items(transaction: Transaction, number: int) -> None:
    """Delete all texts of a job."""
    transaction.run("DELETE FROM items WHERE job = ?", number)
    transaction.run("DELETE FROM parts WHERE job = ?", number)
