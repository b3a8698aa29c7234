"""Parquet files and Arrow streams; the output is a Parquet file.

Columns, types and metadata stay as they are, and so does the compression of a Parquet file.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from bulk.errors import InputError
from bulk.tables.arrow_sources import DEFAULT_CODEC, ParquetSource, Source, StreamSource, codec_of
from bulk.tables.columns import Column, ColumnChoice
from bulk.tables.group import GROUP_BYTES, GROUP_ROWS, Group, NewColumn

_WARNINGS = pa.list_(pa.string())


def open_arrow_table(path: Path, choice: ColumnChoice) -> "ArrowTable":
    """Open a table. Raises InputError."""
    make = StreamSource if path.suffix.lower() == ".arrow" else ParquetSource
    with _errors(path):
        source = make(path)
    return ArrowTable(path, source, choice)


class ArrowTable:
    """A table of which pyarrow reads the rows."""

    def __init__(self, path: Path, source: Source, choice: ColumnChoice) -> None:
        """Find the columns. Raises InputError."""
        self._path = path
        self._source = source
        self._columns = choice(str(path), source.schema.names)
        for column in self._columns:
            kind = source.schema.field(column.index).type
            if not _is_text(_item_type(kind)):
                raise InputError(f"{path}: {_refusal(column, source.schema)}")
        self._schema = self._extended(source.schema)

    def measure(self) -> int:
        """Return the number of rows."""
        with _errors(self._path):
            return self._source.count()

    def groups(self) -> Iterator[Group]:
        """Yield groups, which need not be the row groups of the file."""
        first = 1
        for batches in self._grouped():
            table = pa.Table.from_batches(batches)
            try:
                values = [table.column(column.index).to_pylist() for column in self._columns]
            except UnicodeDecodeError:
                last = first + table.num_rows - 1
                message = f"{self._path}: a text in rows {first} to {last} is not UTF-8"
                raise InputError(message) from None
            yield Group(first, table.num_rows, table.nbytes, values, table)
            first += table.num_rows

    def write(self, file: BinaryIO, groups: Iterable[tuple[Group, list[NewColumn]]]) -> None:
        """Write a Parquet file in which each group is a row group."""
        with pq.ParquetWriter(file, self._schema, compression=self._codecs()) as writer:
            for group, columns in groups:
                arrays = [*group.raw.columns, *self._arrays(columns)]
                table = pa.Table.from_arrays(arrays, schema=self._schema)
                writer.write_table(table, row_group_size=max(1, group.rows))
                file.flush()

    def _grouped(self) -> Iterator[list[Any]]:
        batches: list[Any] = []
        rows = size = 0
        source = self._source.batches()
        while (batch := self._next(source)) is not None:
            full = rows + batch.num_rows > GROUP_ROWS or size + batch.nbytes > GROUP_BYTES
            if batches and full:
                yield batches
                batches, rows, size = [], 0, 0
            if batch.num_rows:
                batches.append(batch)
            rows += batch.num_rows
            size += batch.nbytes
        if batches:
            yield batches

    def _next(self, batches: Iterator[Any]) -> Any:
        with _errors(self._path):
            return next(batches, None)

    def _arrays(self, columns: list[NewColumn]) -> Iterator[Any]:
        added = [self._schema.field(i) for i in range(len(self._source.schema), len(self._schema))]
        values = (each for new in columns for each in (new.translations, new.warnings))
        return (pa.array(each, field.type) for each, field in zip(values, added, strict=True))

    def _extended(self, schema: Any) -> Any:
        for column in self._columns:
            kind = _output_type(schema.field(column.index).type)
            schema = schema.append(pa.field(column.translation, kind))
            schema = schema.append(pa.field(column.warnings, _WARNINGS))
        return schema

    def _codecs(self) -> dict[str, str] | str:
        """Return the compression of all columns; new ones have that of the one they are for."""
        codecs = self._source.codecs()
        if not codecs:
            return DEFAULT_CODEC
        for column in self._columns:
            codec = codec_of(codecs, column.name)
            for name in (column.translation, f"{column.translation}.list.element"):
                codecs[name] = codec
            codecs[f"{column.warnings}.list.element"] = codec
        return codecs


def _is_text(kind: Any) -> bool:
    if pa.types.is_dictionary(kind):
        return _is_text(kind.value_type)
    return any(
        is_kind(kind)
        for is_kind in (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    )


def _item_type(kind: Any) -> Any:
    """Return the type of the items of lists, or the type itself."""
    is_list = pa.types.is_list(kind) or pa.types.is_large_list(kind)
    return kind.value_type if is_list or pa.types.is_fixed_size_list(kind) else kind


def _output_type(kind: Any) -> Any:
    item = _item_type(kind)
    text = pa.large_string() if pa.types.is_large_string(item) else pa.string()
    return text if item is kind else pa.list_(text)


def _refusal(column: Column, schema: Any) -> str:
    kind = schema.field(column.index).type
    has = "records" if pa.types.is_nested(_item_type(kind)) else str(kind)
    texts = [field.name for field in schema if _is_text(_item_type(field.type))]
    return (
        f"the column {column.name} has {has}; only texts and lists of texts are translated. "
        f"Columns of these are: {', '.join(texts) or 'none'}"
    )


@contextmanager
def _errors(path: Path) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # such as a file that may not be read
        kind = "Arrow stream" if path.suffix.lower() == ".arrow" else "Parquet file"
        raise InputError(f"{path} is no readable {kind}: it is damaged or something else") from None
