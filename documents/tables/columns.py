"""Which columns of a table have language in them, and which of its cells are texts."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from documents.core.identifiers import is_identifier
from documents.core.rounds import DocumentError
from documents.core.spans import is_translatable

_CODE = re.compile(
    r"""
      [A-Z0-9]{1,4} | [A-Za-z]{0,4}[-.]?\d[\w.:+-]* | \d\S*  # USD, NY-12, 2020-01-01T10:00, 5kg
    | \S*[_\\]\S*
    """,
    re.VERBOSE,
)
_DATE = re.compile(
    r"""
    (?:\d{1,2}:\d{2}(?::\d{2})?,?\s+)?
    (?:\w{3,9}\.?,?\s+)?
    (?: \d{1,2}[. -]+\w{3,9}\.?[ ,-]+\d{2,4} | [A-Z]\w{2,8}\.?\s+\d{1,2},?\s+\d{4} )
    (?:[ ,T]+\d{1,2}:\d{2}.*)?
    """,
    re.VERBOSE,
)


ENOUGH = 10_000  # cells of a column, to tell whether it has language


def language_columns(cells: Iterable[tuple[int, str]]) -> frozenset[int]:
    """Return the numbers of the columns of which at least half of the first cells are texts."""
    filled: Counter[int] = Counter()
    texts: Counter[int] = Counter()
    for column, value in cells:
        if filled[column] < ENOUGH and value and not value.isspace():
            filled[column] += 1
            texts[column] += is_text(value)
    return frozenset(column for column, count in texts.items() if 2 * count >= filled[column])


def is_text(value: str) -> bool:
    """Return True for a cell that is for a reader: no number, date, code or identifier."""
    value = value.strip()
    if not is_translatable(value) or is_identifier(value):
        return False
    return not (_CODE.fullmatch(value) or _DATE.fullmatch(value))


def looks_like_header(cells: Sequence[str]) -> bool:
    """Return True for a first row that names its columns: none of its cells is a statement.

    Names may be questions, as those of surveys are.
    """
    return not any(" " in cell and cell.rstrip().endswith((".", "!")) for cell in cells)


def chosen_columns(wanted: Sequence[str], names: Sequence[str]) -> frozenset[int]:
    """Return the numbers, from 1, of columns that are named, or given by their numbers.

    Raise `DocumentError` for one that the table does not have.
    """
    lower = [name.strip().lower() for name in names]
    chosen: set[int] = set()
    for position, name in enumerate(wanted, 1):
        found = {number for number, each in enumerate(lower, 1) if each == name.lower()}
        if not found and name.isdecimal() and 0 < int(name) <= len(names):
            found = {int(name)}
        if not found:
            raise DocumentError(
                f"the table has no column of the name or number that is entry {position} of "
                f"columns; it has {len(names)} columns"
            )
        chosen |= found
    return frozenset(chosen)
