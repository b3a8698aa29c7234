"""What the processes of Ray run: one reads tables, the others translate their pieces."""

import platform
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

from bulk.backend import Backend
from bulk.cluster.messages import (
    Failure,
    Piece,
    TableToRead,
    TranslatedPiece,
    pack,
    pieces,
    unpack,
)
from bulk.errors import BatchTextError, BulkError
from bulk.lines import Line, batches, texts
from bulk.tables.columns import ColumnChoice
from bulk.tables.group import Group, Translated, new_column
from bulk.tables.table import open_table
from server.core.requests import Answer

_THREADS = 16  # concurrent batches of an actor, whose backend has one device
PIECES_AT_ONCE = 2  # the second keeps the device busy while the first ends


def read_pieces(batch: Any, choice: ColumnChoice) -> Iterator[Any]:
    """Yield the pieces of a table that are to be translated; Ray holds it up where it is ahead."""
    for table in unpack(batch):
        assert isinstance(table, TableToRead), "the dataset begins with tables"
        done = set(table.done)
        try:
            for group in open_table(Path(table.path), choice).groups():
                for part in pieces(group):
                    if part.first not in done:
                        values = [list(column) for column in part.values]
                        yield pack(Piece(table.number, table.path, part.first, values))
        except BulkError as error:
            yield pack(Failure(str(error), error.exit_code))
        except OSError as error:
            yield pack(Failure(f"{table.path}: {error.strerror or error}", 1))


class TranslatingActor:
    """Translates pieces with a backend of its own. Two threads call it."""

    def __init__(self, make_backend: Callable[[], Backend]) -> None:
        self._failure: Failure | None = None
        try:
            self._backend = make_backend()
        except BulkError as error:
            self._failure = _failure(error)
        self._name = uuid4().hex
        self._executor = ThreadPoolExecutor(_THREADS, thread_name_prefix="bulk")

    def __call__(self, batch: Any) -> Any:
        """Return the translated piece for a piece. A failure becomes the result, as it is."""
        (message,) = unpack(batch)
        if isinstance(message, Failure) or self._failure:
            return pack(self._failure or message)
        assert isinstance(message, Piece), "the reader yields pieces"
        try:
            return pack(self._translated(message))
        except BulkError as error:
            return pack(_failure(error))

    def _translated(self, piece: Piece) -> TranslatedPiece:
        """Translate each distinct text of a piece once. Raises BulkError."""
        group = Group(piece.first, len(piece.values[0]), 0, piece.values, None)
        numbers: dict[str, int] = {}
        for number, text in group.texts():
            numbers.setdefault(text, number)
        parts = list(batches(Line(number, "", text, "") for text, number in numbers.items()))

        def translate(part: list[Line]) -> list[Answer]:
            return self._answers(piece.path, part)

        known: dict[str, Translated] = {}
        warnings: Counter[str] = Counter()
        for part, answers in zip(parts, self._executor.map(translate, parts), strict=True):
            translations = [Translated(answer.text, answer.warnings) for answer in answers]
            known.update(zip(texts(part), translations, strict=True))
            warnings.update(code for answer in answers for code in answer.warnings)
        columns = [new_column(values, known) for values in piece.values]
        return TranslatedPiece(
            piece.table,
            piece.first,
            [[new.translations, new.warnings] for new in columns],
            len(numbers),
            sum(map(len, numbers)),
            warnings,
            self._name,
            self._backend.count_tokens(),
        )

    def _answers(self, path: str, part: Sequence[Line]) -> list[Answer]:
        try:
            return self._backend.translate(texts(part))
        except BatchTextError as error:
            kind = type(error.reason)
            message = f"{path}: row {part[error.index].number}: {error.reason}"
            raise kind(message) from error


def _failure(error: BulkError) -> Failure:
    return Failure(f"{error} (node {platform.node()})", error.exit_code)
