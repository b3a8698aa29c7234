"""Tables of a sheet: the name of a column must be the text of the cell above it."""

import re
from collections import defaultdict
from collections.abc import Iterable

from lxml import etree

from documents.office.opc import Package, office_tags
from documents.office.sheet_cells import Cell

_TABLE = "application/vnd.openxmlformats-officedocument.spreadsheetml.table+xml"
_COLUMN = office_tags("spreadsheetml", "tableColumn")
_LINE_BREAK = re.compile("_x000a_", re.IGNORECASE)
_MAX_CHARACTERS = 255  # of a name


def rename_columns(package: Package, cells: Iterable[Cell]) -> None:
    """Give columns the new texts of their cells.

    Where they would not be different names, cells of that text get their old text again.
    """
    by_text: dict[str, list[Cell]] = defaultdict(list)
    for cell in cells:
        by_text[cell.old_text].append(cell)
    new_names = {text: _new_name(group) for text, group in by_text.items()}
    tables = {part: package.root(part) for part in package.parts([_TABLE])}
    kept = {
        name
        for table in tables.values()
        for name in _names(table)
        if table.get("tableType") or new_names.get(name) is None
    }
    while ambiguous := {
        name for table in tables.values() for name in _ambiguous(_names(table), new_names, kept)
    }:
        kept |= ambiguous
    for name in kept:
        for cell in by_text.get(name, ()):
            cell.restore()
    for part, table in tables.items():
        for column in table.iter(_COLUMN):
            for attribute in ("name", "totalsRowLabel"):
                old = _decoded(column.get(attribute, ""))
                new = None if old in kept else new_names.get(old)
                if new is not None and new != old:
                    column.set(attribute, new.replace("\n", "_x000a_"))
                    package.change(part)


def _new_name(cells: Iterable[Cell]) -> str | None:
    """Return the new text of cells; None if it is no name, or not the same in all of them."""
    texts = {cell.text for cell in cells}
    name = texts.pop()
    return None if texts or not name.strip() or len(name) > _MAX_CHARACTERS else name


def _names(table: etree._Element) -> list[str]:
    return [_decoded(column.get("name", "")) for column in table.iter(_COLUMN)]


def _decoded(name: str) -> str:
    return _LINE_BREAK.sub("\n", name)


def _ambiguous(names: Iterable[str], new_names: dict[str, str | None], kept: set[str]) -> set[str]:
    """Return the old names of columns that would get the name of another one."""
    groups: dict[str, set[str]] = defaultdict(set)
    for name in names:
        new = name if name in kept else new_names.get(name) or name
        groups[new.casefold()].add(name)
    return {
        name for group in groups.values() if len(group) > 1 for name in group if name not in kept
    }
