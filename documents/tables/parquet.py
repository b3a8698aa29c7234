"""Parquet: texts in columns of strings are translated; types, order and compression stay.

A file in which no text changes comes back byte for byte; another one is written anew.
"""

from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from documents.core.options import DocumentOptions
from documents.core.result import TranslatedFile
from documents.core.rounds import DocumentError, Rounds, check_texts
from documents.core.text_ranges import translate_texts
from documents.tables.columns import ENOUGH, chosen_columns, is_text, language_columns

_MAX_ROWS = 20_000_000
_MAX_BYTES = 1 << 30  # of all values, which compression may hide in a few bytes
_BATCH = 256  # rows
_NESTED = "lists and records in the table are not translated"


def translate_parquet(data: bytes, options: DocumentOptions) -> Rounds[TranslatedFile]:
    """Translate a file; raise `DocumentError` if it is damaged, too large or lacks a column."""
    try:
        file = pq.ParquetFile(BytesIO(data))
        _check_size(file.metadata)
        schema = file.schema_arrow
        names = [field.name for field in schema if _is_string(field.type)]
        table = _read(data, names)
    except (pa.ArrowException, OSError):
        raise DocumentError("the file is no readable Parquet file") from None
    notices = (_NESTED,) if any(pa.types.is_nested(field.type) for field in schema) else ()
    strings = {i: table.column(i) for i, field in enumerate(schema) if _is_string(field.type)}
    _check_texts(strings.values())
    wanted = _wanted(strings, schema.names, options.columns)
    check_texts(sum(len(chunk.dictionary) for i in wanted for chunk in _chunks(strings, i)))
    texts = [text for text in dict.fromkeys(_texts(strings, wanted)) if is_text(text)]
    translations = dict(zip(texts, (yield from translate_texts(texts)), strict=True))
    if all(text == translation for text, translation in translations.items()):
        return TranslatedFile(data, notices)
    columns = table.columns
    for i, column in strings.items():
        kind = schema.field(i).type
        columns[i] = _replaced(column, translations, kind) if i in wanted else column.cast(kind)
    table = pa.Table.from_arrays(columns, schema=schema)
    return TranslatedFile(_write(table, file.metadata), notices)


def _read(data: bytes, names: Sequence[str]) -> Any:
    """Return the table, with dictionaries in the columns of strings."""
    try:
        return pq.ParquetFile(BytesIO(data), read_dictionary=names).read()
    except OSError:  # some encodings cannot be read so
        batches, size = [], 0
        file = pq.ParquetFile(BytesIO(data))
        for batch in file.iter_batches(batch_size=_BATCH):
            batches.append(batch)
            size += batch.nbytes
            if size > _MAX_BYTES:
                raise DocumentError(
                    f"a Parquet file may have {_MAX_BYTES} bytes of data; split it"
                ) from None
        table = pa.Table.from_batches(batches, file.schema_arrow)
    for name in names:
        i = table.schema.get_field_index(name)
        column = table.column(i)
        if not pa.types.is_dictionary(column.type):
            table = table.set_column(i, name, column.dictionary_encode())
    return table


def _is_string(kind: Any) -> bool:
    if pa.types.is_dictionary(kind):
        return _is_string(kind.value_type)
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _check_size(metadata: Any) -> None:
    if metadata.num_rows * max(1, metadata.num_columns) > _MAX_ROWS:
        raise DocumentError(f"a Parquet file may have {_MAX_ROWS} cells; split it")
    size = sum(metadata.row_group(i).total_byte_size for i in range(metadata.num_row_groups))
    if size > _MAX_BYTES:
        raise DocumentError(f"a Parquet file may have {_MAX_BYTES} bytes of data; split it")


def _check_texts(columns: Iterable[Any]) -> None:
    for column in columns:
        for chunk in column.chunks:
            longest = pc.max(pc.binary_length(chunk.dictionary)).as_py() or 0
            if longest * len(chunk) > _MAX_BYTES:
                raise DocumentError(f"a column may have {_MAX_BYTES} bytes of text; split it")


def _wanted(
    strings: dict[int, Any], names: Sequence[str], columns: Sequence[str]
) -> frozenset[int]:
    """Return the indices of the columns to translate."""
    if columns:
        return frozenset(number - 1 for number in chosen_columns(columns, names))
    return language_columns(
        (i, text)
        for i, column in strings.items()
        for chunk in column.chunks
        for text in chunk.dictionary[:ENOUGH].to_pylist()
        if text is not None
    )


def _chunks(strings: dict[int, Any], index: int) -> Sequence[Any]:
    """Return the chunks of a column; one that has no strings has none."""
    return strings[index].chunks if index in strings else ()


def _texts(strings: dict[int, Any], wanted: frozenset[int]) -> Iterator[str]:
    for i in sorted(wanted):
        for chunk in _chunks(strings, i):
            yield from (text for text in chunk.dictionary.to_pylist() if text)


def _replaced(column: Any, translations: dict[str, str], kind: Any) -> Any:
    """Return a column of strings with new texts, in the type that the file has."""
    chunks = []
    for chunk in column.chunks:
        values = [translations.get(text, text) for text in chunk.dictionary.to_pylist()]
        dictionary = pa.array(values, chunk.dictionary.type)
        chunks.append(pa.DictionaryArray.from_arrays(chunk.indices, dictionary).cast(kind))
    return pa.chunked_array(chunks, kind)


def _write(table: Any, metadata: Any) -> bytes:
    """Write a table with the compression and row groups that the file had."""
    output = BytesIO()
    rows = max(1, metadata.row_group(0).num_rows)
    pq.write_table(table, output, compression=codecs_of(metadata), row_group_size=rows)
    return output.getvalue()


def codecs_of(metadata: Any) -> dict[str, str]:
    """Return the compression of each column by its path, as pyarrow's writer has it."""
    if not metadata.num_row_groups:
        return {}
    group = metadata.row_group(0)
    columns = (group.column(i) for i in range(group.num_columns))
    return {
        column.path_in_schema: column.compression.replace("UNCOMPRESSED", "NONE")
        for column in columns
    }
