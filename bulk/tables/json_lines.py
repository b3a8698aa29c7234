"""JSON Lines: a row is an object; new members are added at its end."""

import json
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from bulk.errors import InputError
from bulk.lines import Line
from bulk.tables.columns import ColumnChoice
from bulk.tables.group import Value
from bulk.tables.text_table import Record, TextTable

_SAMPLE_ROWS = 1_000
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


class JsonLinesTable(TextTable):
    """A JSON Lines file. Rows may lack columns; those of the first 1,000 rows are known."""

    def __init__(self, path: Path, choice: ColumnChoice) -> None:
        super().__init__(path)
        rows = (self._object(line) for line in self.lines() if not line.blank)
        names = dict.fromkeys(name for row in islice(rows, _SAMPLE_ROWS) for name in row)
        self.columns = choice(str(path), list(names))

    def head(self) -> str:
        """Return "": the file has no header."""
        return ""

    def records(self) -> Iterator[Record]:
        """Yield the objects and blank lines."""
        for line in self.lines():
            values = () if line.blank else self._values(line)
            yield Record(line.lead + line.text, line.end, values)

    def extended(self, text: str, cells: list[tuple[Value, list[str] | None]]) -> str:
        """Add the members before the brace that closes the object."""
        members: dict[str, Any] = {}
        for column, (translation, warnings) in zip(self.columns, cells, strict=True):
            members[column.translation] = translation
            members[column.warnings] = warnings
        end = text.rindex("}")
        comma = "" if text[:end].rstrip().endswith("{") else ", "
        return text[:end] + comma + json.dumps(members, ensure_ascii=False)[1:-1] + text[end:]

    def _object(self, line: Line) -> Mapping[str, Any]:
        try:
            row = json.loads(line.text)
        except (ValueError, RecursionError):
            raise InputError(f"{self.path}: line {line.number} is not JSON") from None
        if not isinstance(row, dict):
            raise InputError(f"{self.path}: line {line.number} is no JSON object")
        return row

    def _values(self, line: Line) -> list[Value]:
        row = self._object(line)
        for column in self.columns:
            if not {column.translation, column.warnings}.isdisjoint(row):
                raise InputError(
                    f"{self.path}: line {line.number} already has {column.translation} or "
                    f"{column.warnings}, which would be added"
                )
        return [self._value(row.get(column.name), column.name, line) for column in self.columns]

    def _value(self, value: Any, name: str, line: Line) -> Value:
        if isinstance(value, str):
            return _encodable(value)
        if isinstance(value, list) and all(item is None or isinstance(item, str) for item in value):
            return [item and _encodable(item) for item in value]
        if value is not None:
            raise InputError(
                f"{self.path}: line {line.number}: {name} is neither a text nor a list of texts"
            )
        return None


def _encodable(text: str) -> str:
    """Replace halves of characters, which JSON can escape and no encoding has."""
    return _LONE_SURROGATE.sub("\ufffd", text)
