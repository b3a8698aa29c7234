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
    query = "SELECT coalesce(max(position) + 1, 0) AS first FROM items WHERE job = ?"
    [row] = transaction.select(query, number)
    position = int(row["first"])
    texts = [(member, text) for member, group in enumerate(parts) for text in group]
    # A cancelled job gets no further texts.
    transaction.run_many(
        "INSERT INTO items (job, position, round, member, characters, text)"
        " SELECT number, ?, ?, ?, ?, ? FROM jobs"
        " WHERE number = ? AND status IN ('queued', 'running')",
        (
            (position + i, round_, member, len(text), Sealed(text), number)
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
    transaction.run_many(
        "INSERT INTO parts VALUES (?, ?, ?)",
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
