"""Excel files (.xlsx): the texts of cells, comments and drawings.

Formulas, numbers, dates and the names of sheets stay, and so does a text that a formula, a filter
or a pivot table compares with: it would no longer find its cell.
"""

from collections.abc import Iterable, Iterator

from documents.core.options import DocumentOptions
from documents.core.result import TranslatedFile
from documents.core.rounds import Rounds
from documents.core.spans import Mark
from documents.office.drawings import (
    drawing_units,
    set_drawing_language,
    shared_units,
)
from documents.office.opc import Package, office_tags
from documents.office.paragraphs import Paragraph
from documents.office.sheet_cells import Cell
from documents.office.sheet_references import referenced_texts
from documents.office.sheet_tables import rename_columns
from documents.office.values import Unit, Value, has_text, translate_units

_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml."
_MAIN_PARTS = frozenset({
    f"{_TYPE}sheet.main+xml",
    f"{_TYPE}template.main+xml",
    "application/vnd.ms-excel.sheet.macroEnabled.main+xml",
    "application/vnd.ms-excel.template.macroEnabled.main+xml",
})  # fmt: skip
_SHEET = f"{_TYPE}worksheet+xml"
_STRINGS = f"{_TYPE}sharedStrings+xml"
_COMMENTS = f"{_TYPE}comments+xml"
_DRAWING = "application/vnd.openxmlformats-officedocument.drawing+xml"
_THREADS = "application/vnd.ms-excel.threadedcomments+xml"
_THREAD = "{http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments}"
_SHARED = office_tags("spreadsheetml", "si")
_INLINE = office_tags("spreadsheetml", "is")
_COMMENT_TEXT = office_tags("spreadsheetml", "text")
_CALCULATION = office_tags("spreadsheetml", "calcPr")


def translate_xlsx(data: bytes, options: DocumentOptions) -> Rounds[TranslatedFile]:
    """Translate a file.

    Raise `DocumentError` if it is damaged, encrypted or not an Excel file.
    """
    package = Package(data, ".xlsx")
    workbooks = package.main_parts(_MAIN_PARTS)
    sheets = package.parts([_SHEET])
    referenced = referenced_texts(package)
    units = [
        unit
        for unit in _units(package, sheets)
        if has_text(unit) and _text(unit).casefold() not in referenced
    ]
    changed = yield from translate_units(units)
    rename_columns(package, (unit for unit in units if isinstance(unit, Cell)))
    for unit in changed:
        if isinstance(unit, Paragraph):
            set_drawing_language(unit.element, options.target)
    if changed:
        _calculate_again(package, workbooks)
    return package.result(changed, options.target)


def _units(package: Package, sheets: Iterable[str]) -> Iterator[Unit]:
    yield from _cells(package, [_STRINGS], _SHARED)
    inline = (part for part in sheets if b"inlineStr" in package.archive.read(part))
    yield from (Cell(part, cell) for part in inline for cell in package.root(part).iter(_INLINE))
    yield from _cells(package, [_COMMENTS], _COMMENT_TEXT)
    for part in package.parts([_THREADS]):
        for comment in package.root(part).iter(f"{_THREAD}threadedComment"):
            # The places of mentions are numbers of characters.
            if comment.find(f"{_THREAD}mentions") is None:
                yield from (Value(part, text) for text in comment.iter(f"{_THREAD}text"))
    for part in package.parts([_DRAWING]):
        yield from drawing_units(package, part)
    yield from shared_units(package)


def _cells(package: Package, types: Iterable[str], tags: Iterable[str]) -> Iterator[Unit]:
    for part in package.parts(types):
        yield from (Cell(part, element) for element in package.root(part).iter(*tags))


def _text(unit: Unit) -> str:
    if isinstance(unit, Cell):
        return unit.text
    return "".join(item.plain for item in unit.items if not isinstance(item, Mark))


def _calculate_again(package: Package, workbooks: Iterable[str]) -> None:
    """Have formulas calculated when the file is opened: their results repeat texts of cells."""
    for part in workbooks:
        for element in package.root(part).iter(_CALCULATION):
            element.set("fullCalcOnLoad", "1")
            package.change(part)
