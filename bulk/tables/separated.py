"""Separated values with a header (.csv, .tsv): new cells are added at the end of each row."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from bulk.errors import InputError
from bulk.lines import MAX_LINE_BYTES
from bulk.tables.columns import ColumnChoice
from bulk.tables.group import Value
from bulk.tables.text_table import Record, TextTable
from documents import DocumentError
from documents.tables.dialect import dialect_of, tab_dialect

_SAMPLE_BYTES = 65_536
_CLOSING = re.compile(r'(?:[^"]|"")*+"')  # a line with the end of a quote that is open
_BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class _Row:
    """A row, which may have several lines."""

    number: int  # of its first line
    lead: str  # a byte order mark, or empty
    text: str
    end: str
    cells: list[str]  # none: a blank line


class SeparatedTable(TextTable):
    """A CSV or TSV file, whose delimiter is found as in documents."""

    def __init__(self, path: Path, choice: ColumnChoice) -> None:
        super().__init__(path)
        with path.open("rb") as file:
            sample = file.read(_SAMPLE_BYTES).decode("utf-8", "ignore").removeprefix(_BOM)
        self._dialect = (tab_dialect if path.suffix.lower() == ".tsv" else dialect_of)(sample)
        self._cell_dialect = replace(self._dialect, start=0)  # of a row alone
        self._stated = sample[: self._dialect.start]  # a line "sep=;", or empty
        header = next((row for row in self._rows() if row.cells), None)
        if header is None:
            raise InputError(f"{path} has no header")
        self._header = header
        self.columns = choice(str(path), header.cells)

    def head(self) -> str:
        """Return the header with the names of the new columns."""
        header = self._header
        names = [
            self._dialect.write(name)
            for column in self.columns
            for name in (column.translation, column.warnings)
        ]
        stated = header.lead + self._stated if self._stated else header.lead
        return stated + self._dialect.delimiter.join([header.text, *names]) + (header.end or "\n")

    def records(self) -> Iterator[Record]:
        """Yield the rows after the header, and blank lines."""
        count = len(self._header.cells)
        for row in self._rows():
            if row.number <= self._header.number:
                continue
            if row.cells and len(row.cells) != count:
                raise InputError(
                    f"{self.path}: the header has {count} cells, the row in line {row.number} has "
                    f"{len(row.cells)}"
                )
            values = [row.cells[column.index] for column in self.columns] if row.cells else ()
            yield Record(row.text, row.end, values)

    def extended(self, text: str, cells: list[tuple[Value, list[str] | None]]) -> str:
        """Add the cells; warnings are separated by spaces."""
        new = []
        for translation, warnings in cells:
            assert isinstance(translation, str), "a cell is a text"
            new += [self._dialect.write(translation), " ".join(warnings or ())]
        return self._dialect.delimiter.join([text, *new])

    def _rows(self) -> Iterator[_Row]:
        lead, number, size = "", 0, 0
        raw: list[str] = []  # lines and their ends
        cells: list[str] = []
        rest: list[str] = []  # lines from the first cell that is not complete
        for line in self.lines():
            if line.number == 1:
                lead = line.lead
                if self._stated:
                    continue
            number = number if raw else line.number
            raw.append(line.text)
            rest.append(line.text)
            size += len(line.text)
            if size > MAX_LINE_BYTES:
                break
            if len(raw) == 1 or _CLOSING.match(line.text):
                text = "".join(rest)
                complete, position = self._cells(text, number)
                cells += complete
                if position == len(text):
                    yield _Row(number, lead, "".join(raw), line.end, cells)
                    lead, size, raw, cells, rest = "", 0, [], [], []
                    continue
                rest = [text[position:]]
            raw.append(line.end)
            rest.append(line.end)
        if raw:
            raise InputError(f"{self.path}: a quote in the row in line {number} is not closed")

    def _cells(self, text: str, number: int) -> tuple[list[str], int]:
        """Return the cells before the first that has an open quote, and where that begins."""
        cells: list[str] = []
        position = 0
        try:
            for cell in self._cell_dialect.cells(text):
                if cell.row:
                    raise InputError(
                        f"{self.path}: the row in line {number} has a line break outside of quotes"
                    )
                cells.append(cell.value(text))
                position = cell.end + 1
        except DocumentError:
            return cells, position
        return cells, len(text)
