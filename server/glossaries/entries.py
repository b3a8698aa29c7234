"""Entries of a glossary as text: TSV and CSV in, TSV out."""

import csv
from collections.abc import Iterable, Iterator, Sequence

from server.core.errors import RequestError
from server.core.glossaries import check_entry
from server.glossaries.records import Entries, Pair
from translator.models.languages import find

_COLUMNS = {"tsv": (2,), "csv": (2, 4)}  # CSV may name the languages in each line
_SEPARATOR = "\t"


class EntriesError(RequestError):
    """The entries of a glossary are invalid; the message says where."""


def read_entries(text: str, kind: str, pair: Pair, field: str) -> Entries:
    """Return the entries in a text of the kind `tsv` or `csv`; lines may be empty.

    Raises EntriesError, which names the line: for a line without two columns (four in CSV,
    with codes of the pair), a term or translation that no glossary may have, a term that occurs
    twice, and a text without entries.
    """
    entries: Entries = {}
    for number, row in _rows(text, kind, field):
        wrong = _check(row, kind, pair) or check_entry(*row[:2])
        term = row[0].strip()
        if wrong is None and term in entries:
            wrong = "the term occurs twice"
        if wrong is not None:
            raise EntriesError(f"{field}, line {number}: {wrong}", field)
        entries[term] = row[1].strip()
    if not entries:
        raise EntriesError(f"{field} is empty", field)
    return entries


def write_entries(entries: Iterable[tuple[str, str]]) -> str:
    """Return entries as TSV, without a line break at the end."""
    return "\n".join(map(_SEPARATOR.join, entries))


def parse_stored(text: str) -> Entries:
    """Return the entries of a text that `write_entries` has made."""
    return dict(line.split(_SEPARATOR) for line in text.split("\n"))


def _rows(text: str, kind: str, field: str) -> Iterator[tuple[int, Sequence[str]]]:
    """Yield rows that are not empty, with the number of their last line."""
    lines = text.removeprefix("\ufeff").splitlines()
    if kind == "tsv":
        rows = csv.reader(lines, delimiter=_SEPARATOR, quoting=csv.QUOTE_NONE)
    else:
        rows = csv.reader(lines, strict=True)
    try:
        for row in rows:
            if any(cell.strip() for cell in row):
                yield rows.line_num, row
    except csv.Error as error:
        raise EntriesError(f"{field}, line {rows.line_num}: {error}", field) from None


def _check(row: Sequence[str], kind: str, pair: Pair) -> str | None:
    if len(row) not in _COLUMNS[kind]:
        return "must be a term, a separator and its translation"
    named = zip(row[2:], pair, strict=False)
    if not all(find(cell.strip(), [code]) for cell, code in named):
        return "is for other languages than the dictionary"
    return None
