"""The columns of a table that are translated, and those that are added."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from bulk.errors import InputError

_SHOWN = 20  # names in a message


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """The names in `--columns`, and the target language, which ends the names of new columns."""

    names: list[str]  # as JSON has it, for fingerprints
    target: str

    def __call__(self, table: str, names: Sequence[str]) -> list["Column"]:
        """Find the columns of a table that has these names. Raises InputError."""
        if not self.names:
            raise InputError(f"--table needs --columns; those of {table} are {_listed(names)}")
        return [self._column(name, table, names) for name in dict.fromkeys(self.names)]

    def _column(self, name: str, table: str, names: Sequence[str]) -> "Column":
        count = names.count(name)
        if count > 1:
            raise InputError(f"{table} has {count} columns {name}; rename all but one")
        if not count:
            nearest = get_close_matches(name, names, n=1)
            hint = f"did you mean {nearest[0]}?" if nearest else f"its columns are {_listed(names)}"
            raise InputError(f"{table} has no column {name}; {hint}")
        column = Column(names.index(name), name, f"{name}_{self.target}")
        for added in (column.translation, column.warnings):
            if added in names:
                raise InputError(f"{table} already has a column {added}, which would be added")
        return column


@dataclass(frozen=True, slots=True)
class Column:
    """A column that is translated; two others follow it at the end of the table."""

    index: int  # from 0
    name: str
    translation: str  # the name of the column of translations

    @property
    def warnings(self) -> str:
        """The name of the column of warnings."""
        return f"{self.translation}_warnings"


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
