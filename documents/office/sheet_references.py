"""Texts that a workbook compares cells with: in formulas, filters and pivot tables."""

import re
from collections.abc import Iterator
from html import unescape

from documents.core.rounds import check_texts
from documents.office.opc import Package

_LITERAL = re.compile(r'"((?:[^"]|"")*)"')
_COLUMN = re.compile(r"\[@?([^\[\]]+)\]")  # of a table, as in `Prices[Net]`
_ESCAPED = re.compile(r"'([\[\]#'@])")  # in the name of a column
_HIDDEN = 0xE000  # private characters in the place of escaped ones
_OPERATORS = "=<>"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml."
_PARTS = (
    f"{_TYPE}sheet.main+xml",
    f"{_TYPE}worksheet+xml",
    f"{_TYPE}table+xml",
    f"{_TYPE}pivotCacheDefinition+xml",
    "application/vnd.ms-excel.sheet.macroEnabled.main+xml",
)
# Sheets may be larger than what fits in a tree, so they are searched.
_FORMULA = re.compile(
    rb"<(?:\w+:)?(?:f|formula[12]?|calculatedColumnFormula|totalsRowFormula|definedName)"
    rb"(?:\s[^<>]*)?>((?:<!\[CDATA\[|[^<])+)"
)
_NAME = re.compile(
    rb"<(?:\w+:)?(?:filter|customFilter|cacheField)\s(?:[^<>]*\s)?(?:val|name)=(?:\"([^\"<]*)|'([^'<]*))"
)


def referenced_texts(package: Package) -> set[str]:
    """Return the texts, in folded case."""
    found: set[str] = set()
    for part in package.parts(_PARTS):
        data = package.archive.read(part)
        if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            data = data.decode("utf-16", "replace").encode()
        for match in _FORMULA.finditer(data):
            found.update(compared_texts(_decoded(match[1].removeprefix(b"<![CDATA["))))
            check_texts(len(found))
        found.update(_decoded(match[1] or match[2] or b"") for match in _NAME.finditer(data))
    return {text.casefold() for text in found}


def _decoded(source: bytes) -> str:
    return unescape(source.decode("utf-8", "replace"))


def compared_texts(formula: str) -> Iterator[str]:
    """Yield the texts in a formula, and the names of columns."""
    for literal in _LITERAL.findall(formula):
        text = literal.replace('""', '"')
        yield text
        yield text.lstrip(_OPERATORS)
        if formula.startswith('"'):  # the values that a cell may have
            yield from (value.strip() for value in text.split(","))
    hidden = _ESCAPED.sub(lambda match: chr(_HIDDEN + ord(match[1])), formula)
    for column in _COLUMN.findall(hidden):
        yield column.translate({_HIDDEN + ord(character): character for character in "[]#'@"})
