"""A table on disk, and which module reads and writes it."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

from bulk.errors import InputError
from bulk.tables.columns import ColumnChoice
from bulk.tables.group import Group, NewColumn
from documents import why_missing

_SEPARATED = frozenset({".csv", ".tsv"})
_JSON_LINES = frozenset({".jsonl", ".ndjson"})
_ARROW = frozenset({".parquet", ".arrow"})
SUFFIXES = _SEPARATED | _JSON_LINES | _ARROW


class Table(Protocol):
    """A table whose columns have been found. It is not kept open between calls."""

    def measure(self) -> int:
        """Return the number of rows; InputError where one cannot be read or translated."""

    def groups(self) -> Iterator[Group]:
        """Yield all rows in order, in groups."""

    def write(self, file: BinaryIO, groups: Iterable[tuple[Group, list[NewColumn]]]) -> None:
        """Write the table with new columns; each group is written when it comes."""


def open_table(path: Path, choice: ColumnChoice) -> Table:
    """Find the columns of a table. Raises InputError."""
    suffix = path.suffix.lower()
    if suffix in _SEPARATED:
        from bulk.tables.separated import SeparatedTable

        return SeparatedTable(path, choice)
    if suffix in _JSON_LINES:
        from bulk.tables.json_lines import JsonLinesTable

        return JsonLinesTable(path, choice)
    if suffix not in SUFFIXES:
        raise InputError(f"{path}: the name of a table ends with {', '.join(sorted(SUFFIXES))}")
    if reason := why_missing(suffix, "pyarrow"):
        raise InputError(f"{path}: {reason}")
    from bulk.tables.arrow_table import open_arrow_table

    return open_arrow_table(path, choice)


def output_suffix(suffix: str) -> str:
    """Return the suffix of the output of a table with this one."""
    return ".parquet" if suffix in _ARROW else suffix
