"""A group of rows: what is read, translated and written together."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

Value = None | str | list[str | None]
"""A cell: nothing, a text, or a list of texts."""

GROUP_ROWS = 10_000
GROUP_BYTES = 8 * 2**20


class Translated(NamedTuple):
    """A translation; `warnings` are keys of `server.core.requests.WARNINGS`."""

    text: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Consecutive rows of a table: at most GROUP_ROWS of them and, but for one row, GROUP_BYTES."""

    first: int  # number of its first row, from 1
    rows: int
    size: int  # bytes, about
    values: Sequence[Sequence[Value]]  # of each column that is translated
    raw: Any  # the rows in the form of the table, which writes them

    def texts(self) -> Iterator[tuple[int, str]]:
        """Yield the texts that are not blank, each with the number of its row."""
        for column in self.values:
            for number, value in enumerate(column, self.first):
                for text in value if isinstance(value, list) else (value,):
                    if text and not text.isspace():
                        yield number, text


@dataclass(frozen=True, slots=True)
class NewColumn:
    """What is added to a group for one of its columns: a translation and warnings for each row."""

    translations: list[Value]
    warnings: list[list[str] | None]  # None: there is no text


def new_column(values: Sequence[Value], known: Mapping[str, Translated]) -> NewColumn:
    """Return the translations of a column; `known` has those of its texts that are not blank."""
    translations: list[Value] = []
    warnings: list[list[str] | None] = []
    for value in values:
        if value is None:
            translations.append(None)
            warnings.append(None)
        elif isinstance(value, str):
            found = known.get(value) or Translated(value)
            translations.append(found.text)
            warnings.append(list(found.warnings))
        else:
            each = [None if text is None else known.get(text) or Translated(text) for text in value]
            translations.append([item and item.text for item in each])
            codes = [code for item in each if item for code in item.warnings]
            warnings.append(list(dict.fromkeys(codes)))
    return NewColumn(translations, warnings)
