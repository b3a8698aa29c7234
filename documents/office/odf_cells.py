"""Cells of OpenDocument spreadsheets: which have text, and which texts must stay."""

from collections.abc import Iterable

from lxml import etree

from documents.office.odf_names import CALC_EXTENSION, OFFICE, PARAGRAPHS, TABLE
from documents.office.sheet_references import compared_texts

_CELLS = (f"{TABLE}table-cell", f"{TABLE}covered-table-cell")
_STRING = f"{OFFICE}string-value"
_FORMULAS = (
    f"{TABLE}formula", f"{TABLE}condition", f"{TABLE}expression", f"{CALC_EXTENSION}value",
)  # fmt: skip
_FIELD = f"{TABLE}data-pilot-field"
_FILTER = f"{TABLE}filter-condition"


def referenced_texts(parts: Iterable[etree._Element]) -> set[str]:
    """Return the texts that formulas, filters and pivot tables compare with, in folded case."""
    found: set[str] = set()
    for part in parts:
        for element in part.iter(etree.Element):
            for name in _FORMULAS:
                if formula := element.get(name):
                    found.update(compared_texts(formula))
        found.update(field.get(f"{TABLE}source-field-name", "") for field in part.iter(_FIELD))
        found.update(condition.get(f"{TABLE}value", "") for condition in part.iter(_FILTER))
    return {text.casefold() for text in found}


def is_data(paragraph: etree._Element) -> bool:
    """Return True for the text of a cell with a number, a date or a formula."""
    cell = paragraph.getparent()
    if cell is None or cell.tag not in _CELLS:
        return False
    kind = cell.get(f"{OFFICE}value-type", "string")
    return kind != "string" or cell.get(f"{TABLE}formula") is not None


def update_cells(paragraphs: Iterable[etree._Element]) -> None:
    """Give cells that have a value beside their text the new text as value."""
    for cell in {paragraph.getparent() for paragraph in paragraphs}:
        if cell is not None and cell.tag in _CELLS and cell.get(_STRING) is not None:
            lines = ("".join(child.itertext()) for child in cell.iterchildren(*PARAGRAPHS))
            cell.set(_STRING, "\n".join(lines))
