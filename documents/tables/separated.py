"""Tables of separated values (.csv, .tsv): cells that are language are translated.

The header, quotes, delimiters and line ends stay; so do numbers, dates, codes and identifiers.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import takewhile

from documents.core.legacy_encodings import decode_legacy
from documents.core.options import DocumentOptions
from documents.core.result import TranslatedFile
from documents.core.rounds import Rounds
from documents.core.text_ranges import TextRange, translate_ranges
from documents.tables.columns import (
    chosen_columns,
    is_text,
    language_columns,
    looks_like_header,
)
from documents.tables.dialect import Dialect, dialect_of, tab_dialect


def translate_csv(data: bytes, options: DocumentOptions) -> Rounds[TranslatedFile]:
    """Translate a file; raise `DocumentError` if it is damaged or lacks a column."""
    encoding, text = decode_legacy(data, options.source)
    translated = yield from _translate(text, dialect_of(text), options.columns)
    return encoding.encode(translated)


def translate_tsv(data: bytes, options: DocumentOptions) -> Rounds[TranslatedFile]:
    """Translate a file with tabs; raise `DocumentError` if it is damaged or lacks a column."""
    encoding, text = decode_legacy(data, options.source)
    translated = yield from _translate(text, tab_dialect(text), options.columns)
    return encoding.encode(translated)


def _translate(text: str, dialect: Dialect, columns: Sequence[str]) -> Rounds[str]:
    first = [
        cell.value(text) for cell in takewhile(lambda cell: cell.row == 0, dialect.cells(text))
    ]
    has_header = looks_like_header(first)
    wanted = (
        chosen_columns(columns, first)
        if columns
        else _language_columns(text, dialect, has_header=has_header)
    )
    text_ranges = _text_ranges(text, dialect, wanted, has_header=has_header)
    return (yield from translate_ranges(text, text_ranges))


def _language_columns(text: str, dialect: Dialect, *, has_header: bool) -> frozenset[int]:
    cells = ((cell.row, cell.column, cell.value(text)) for cell in dialect.cells(text))
    return language_columns((column, value) for row, column, value in cells if row >= has_header)


def _text_ranges(
    text: str, dialect: Dialect, columns: frozenset[int], *, has_header: bool
) -> Iterator[TextRange]:
    writers = [partial(dialect.write, is_quoted=quoted) for quoted in (False, True)]
    for cell in dialect.cells(text):
        if cell.column in columns and (cell.row or not has_header):
            value = cell.value(text)
            if is_text(value):
                yield TextRange(cell.start, cell.end, value, writers[cell.is_quoted])
