"""Tables that are lines of text: the cells of new columns are added at the end of each row.

Everything else is written as it was read.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from bulk.lines import Line, read_lines
from bulk.tables.columns import Column
from bulk.tables.group import GROUP_BYTES, GROUP_ROWS, Group, NewColumn, Value

_BYTES_PER_CHARACTER, _BYTES_PER_ROW = 4, 256  # in memory, about: as read, and the values in it


@dataclass(frozen=True, slots=True)
class Record:
    """A row as it is in the file, and its values in the columns that are translated."""

    text: str  # with a byte order mark, if there is one
    end: str  # LF or CR LF; may be empty at the end of the file
    values: Sequence[Value]  # none: a blank line, which is no row


class TextTable(ABC):
    """What the text formats share. They find `columns` when they are made."""

    columns: list[Column]

    def __init__(self, path: Path) -> None:
        self.path = path

    @abstractmethod
    def records(self) -> Iterator[Record]:
        """Yield the rows and blank lines. Raises InputError with the number of a line."""

    @abstractmethod
    def head(self) -> str:
        """Return what is written before the rows."""

    @abstractmethod
    def extended(self, text: str, cells: list[tuple[Value, list[str] | None]]) -> str:
        """Return a row with translation and warnings for each column."""

    def lines(self) -> Iterator[Line]:
        """Yield the lines of the file. Raises InputError."""
        with self.path.open("rb") as file:
            yield from read_lines(file, str(self.path))

    def measure(self) -> int:
        """Read every row, so that one that is invalid is found before the first is translated."""
        return sum(1 for record in self.records() if record.values)

    def groups(self) -> Iterator[Group]:
        """Yield groups; blank lines belong to the group before which they are."""
        first, size = 1, 0
        records: list[Record] = []
        rows = 0
        for record in self.records():
            new = len(record.text) * _BYTES_PER_CHARACTER + _BYTES_PER_ROW
            if records and (rows == GROUP_ROWS or size + new > GROUP_BYTES):
                yield self._group(first, rows, size, records)
                first, rows, size, records = first + rows, 0, 0, []
            records.append(record)
            rows += bool(record.values)
            size += new
        if records:
            yield self._group(first, rows, size, records)

    def _group(self, first: int, rows: int, size: int, records: list[Record]) -> Group:
        values = [
            [record.values[i] for record in records if record.values]
            for i in range(len(self.columns))
        ]
        return Group(first, rows, size, values, records)

    def write(self, file: BinaryIO, groups: Iterable[tuple[Group, list[NewColumn]]]) -> None:
        """Write the head and all groups."""
        file.write(self.head().encode())
        for group, columns in groups:
            file.write("".join(self._written(group, columns)).encode("utf-8", "replace"))
            file.flush()

    def _written(self, group: Group, columns: list[NewColumn]) -> Iterator[str]:
        row = 0
        for record in group.raw:
            text = record.text
            if record.values:
                cells = [(column.translations[row], column.warnings[row]) for column in columns]
                text = self.extended(text, cells)
                row += 1
            yield text + record.end
