"""Adds and deletes the texts of jobs: the rows of `items`, and of `parts`."""

import sqlite3

from server.jobs.records import Relations, TextParts


def add_round_items(
    connection: sqlite3.Connection,
    number: int,
    round_: int,
    parts: TextParts,
    relations: Relations,
) -> None:
    """Add the texts of a round of a document, or all texts of another job."""
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
    if relations:
        _add_relations(connection, number, round_, relations)


def _add_relations(
    connection: sqlite3.Connection, number: int, round_: int, relations: Relations
) -> None:
    """Note which items of a round belong to others."""
    rows = connection.execute(
        "SELECT position, round, member FROM items WHERE job = ? ORDER BY position DESC", (number,)
    ).fetchall()
    first = {(row["round"], row["member"]): row["position"] for row in rows}
    connection.executemany(
        "INSERT INTO parts VALUES (?, ?, ?)",
        (
            (number, row["position"], None if whole is None else first[whole])
            for row in rows
            if row["round"] == round_ and row["member"] in relations
            for whole in (relations[row["member"]],)
        ),
    )


def delete_items(connection: sqlite3.Connection, number: int) -> None:
    """Delete all texts of a job."""
    connection.execute("DELETE FROM items WHERE job = ?", (number,))
    connection.execute("DELETE FROM parts WHERE job = ?", (number,))
