"""How a table of separated values is written: its delimiter, and its cells one after another."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from documents.core.rounds import DocumentError
from documents.core.text_ranges import line_of

_DELIMITERS = ",;\t|"
_STATED = re.compile(r"sep=(.)(?:\r\n|\r|\n)", re.IGNORECASE)  # as Excel writes it
_LINE_END = re.compile(r"\r\n|\r|\n")
_QUOTED = re.compile(r'"(?:[^"]|"")*+(")?')
_SAMPLE = 65_536  # characters
_SAMPLE_ROWS = 50


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: its row from 0, its column from 1, and its range in the file, quotes included."""

    row: int
    column: int
    start: int
    end: int
    is_quoted: bool

    def value(self, text: str) -> str:
        """Return what the cell of a file with this text says."""
        if self.is_quoted:
            return text[self.start + 1 : self.end - 1].replace('""', '"')
        return text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Dialect:
    """A delimiter, whether cells may be quoted, and where the rows begin."""

    delimiter: str
    has_quotes: bool = True
    start: int = 0
    _plain: re.Pattern[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Compile the pattern of a cell without quotes."""
        object.__setattr__(self, "_plain", re.compile(rf"[^{re.escape(self.delimiter)}\r\n]*"))

    def cells(self, text: str) -> Iterator[Cell]:
        """Yield the cells of all rows; raise `DocumentError` for a quote that is not closed."""
        row, column, position = 0, 1, self.start
        while position < len(text):
            end, is_quoted = self._end(text, position)
            yield Cell(row, column, position, end, is_quoted)
            position = end
            if text.startswith(self.delimiter, position):
                column += 1
                position += 1
                if position == len(text):
                    yield Cell(row, column, position, position, is_quoted=False)
            elif line_end := _LINE_END.match(text, position):
                row, column, position = row + 1, 1, line_end.end()

    def write(self, value: str, *, is_quoted: bool = False) -> str:
        """Write a cell, quoted if it was or needs to be; without quotes it is on one line."""
        if not self.has_quotes:
            return " ".join(value.replace(self.delimiter, " ").splitlines())
        if (
            is_quoted
            or value.startswith('"')
            or any(c in value for c in (self.delimiter, "\r", "\n"))
        ):
            return '"' + value.replace('"', '""') + '"'
        return value

    def _end(self, text: str, start: int) -> tuple[int, bool]:
        """Return the end of the cell that starts there, and whether it is quoted."""
        quoted = _QUOTED.match(text, start) if self.has_quotes else None
        if quoted is not None:
            end = quoted.end()
            if quoted[1] is None:
                line = line_of(text, start)
                raise DocumentError(f"a quote that begins in line {line} is not closed")
            if end == len(text) or text[end] in (self.delimiter, "\r", "\n"):
                return end, True
        plain = self._plain.match(text, start)
        assert plain is not None, "the pattern matches anything"
        return plain.end(), False


def dialect_of(text: str) -> Dialect:
    """Return the dialect of a file: as its first line states it, or else the one that fits best.

    A delimiter fits if the rows have as many cells as the first one.
    """
    stated = _STATED.match(text)
    if stated is not None:
        return Dialect(stated[1], start=stated.end())
    return max(map(Dialect, _DELIMITERS), key=lambda dialect: _fit(dialect, text[:_SAMPLE]))


def tab_dialect(text: str) -> Dialect:
    """Return the dialect of a file with tabs, in which a quote may be a character like others."""
    dialect = Dialect("\t")
    try:
        has_quotes = any(cell.is_quoted for cell in dialect.cells(text))
    except DocumentError:
        has_quotes = False
    return Dialect("\t", has_quotes)


def _fit(dialect: Dialect, sample: str) -> tuple[float, int]:
    """Return the share of rows with as many cells as the first, if it has several, and these."""
    lengths: dict[int, int] = {}
    try:
        for cell in dialect.cells(sample):
            if cell.row >= _SAMPLE_ROWS:
                break
            lengths[cell.row] = cell.column
    except DocumentError:
        pass  # the sample may end within a cell
    first = lengths.get(0, 0)
    if first < 2:
        return 0.0, 0
    return sum(length == first for length in lengths.values()) / len(lengths), first
