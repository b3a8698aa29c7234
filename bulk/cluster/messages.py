"""What travels through the cluster: one message in each row of the dataset."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

from bulk.tables.group import Group, Value

_COLUMN = "message"
PIECE_ROWS = 1_000  # of a task; what is translated again if a node dies


@dataclass(frozen=True, slots=True)
class TableToRead:
    """A table, and the first rows of those of its pieces that an earlier run has translated."""

    number: int  # of the table in this run, from 0
    path: str
    done: list[int]


@dataclass(frozen=True, slots=True)
class Piece:
    """Consecutive rows of a table: of each column that is translated, the values."""

    table: int
    path: str  # for messages
    first: int  # number of its first row, from 1
    values: list[list[Value]]


@dataclass(frozen=True, slots=True)
class TranslatedPiece:
    """The new columns for a piece, each as a list of translations and one of warnings."""

    table: int
    first: int
    columns: list[list[list[Any]]]
    texts: int  # distinct ones that were translated
    characters: int  # of these
    warnings: dict[str, int]  # by code
    actor: str
    tokens: int | None  # source tokens that this actor has translated so far


@dataclass(frozen=True, slots=True)
class Failure:
    """Why the run cannot go on. It is a value, so that Ray neither logs nor repeats it."""

    message: str
    exit_code: int


Message = TableToRead | Piece | TranslatedPiece | Failure
_KINDS = {kind.__name__: kind for kind in (TableToRead, Piece, TranslatedPiece, Failure)}


def pieces(group: Group) -> Iterator[Group]:
    """Yield the parts of a group that are translated by a task each, without the rows as read."""
    for start in range(0, group.rows, PIECE_ROWS):
        values = [column[start : start + PIECE_ROWS] for column in group.values]
        yield Group(group.first + start, len(values[0]), 0, values, None)


def as_row(message: Message) -> dict[str, bytes]:
    """Return a row of the dataset."""
    values = [getattr(message, field.name) for field in fields(message)]
    return {_COLUMN: json.dumps([type(message).__name__, *values]).encode()}


def pack(message: Message) -> Any:
    """Return an Arrow table of one row."""
    import pyarrow as pa

    return pa.Table.from_pylist([as_row(message)])


def unpack(batch: Any) -> Iterator[Message]:
    """Yield the messages in an Arrow table."""
    for packed in batch.column(_COLUMN).to_pylist():
        kind, *values = json.loads(packed)
        yield _KINDS[kind](*values)
