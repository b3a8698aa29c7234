"""DrawingML, which all Office formats contain: shapes, SmartArt, charts, alternative texts."""

import re
from collections.abc import Callable, Iterator

from lxml import etree

from documents.office.opc import Package, office_tags
from documents.office.package_xml import namespace_of
from documents.office.paragraphs import Fragment, Paragraph
from documents.office.runs import RunMarkup
from documents.office.values import Unit, Value, attribute_values

_DRAWING = "application/vnd.openxmlformats-officedocument.drawingml."
DRAWING_PARTS = (
    f"{_DRAWING}chart+xml",
    f"{_DRAWING}chartshapes+xml",
    f"{_DRAWING}diagramData+xml",
    "application/vnd.ms-office.drawingml.diagramDrawing+xml",
)
"""Types of parts with SmartArt and charts."""

_PARAGRAPH = office_tags("drawingml", "p")
_CACHES = office_tags("drawingml/chart", "strCache", "strLit", "multiLvlStrCache")
_LANGUAGES = office_tags("drawingml", "rPr", "endParaRPr", "defRPr")
# Properties that pictures, shapes and tables have in each vocabulary.
_SHAPES = [
    *office_tags("drawingml/wordprocessingDrawing", "docPr"),
    *office_tags("drawingml/spreadsheetDrawing", "cNvPr"),
    *office_tags("drawingml/picture", "cNvPr"),
    *office_tags("drawingml/chartDrawing", "cNvPr"),
    *office_tags("presentationml", "cNvPr"),
    "{http://schemas.microsoft.com/office/word/2010/wordprocessingShape}cNvPr",
]


class DrawingMarkup(RunMarkup):
    """Reads and writes paragraphs of shapes."""

    preserves_space = False
    properties = frozenset({"pPr"})
    ends = frozenset({"endParaRPr"})
    invisible = frozenset(
        ["lang", "altLang", "dirty", "err", "noProof", "smtClean", "smtId", "bmk", "kumimoji"]
    )
    stays = re.compile(r"([\t\n\v\r]+| {3,}|_x[0-9A-Fa-f]{4}_)")

    def other(self, element: etree._Element, name: str) -> Fragment:
        """Return the fragment of a field, which is kept, or of an element."""
        if name == "fld":
            text = "".join(found.text or "" for found in element.iter(f"{namespace_of(element)}t"))
            return Fragment("kept", text, element=element)
        return super().other(element, name)


def drawing_units(
    package: Package,
    part: str,
    is_shown: Callable[[etree._Element], bool] = lambda element: True,
) -> Iterator[Unit]:
    """Yield the texts of shapes in a part, and the alternative texts.

    `is_shown` says it of a paragraph, or of the properties of a shape.
    """
    root = package.root(part)
    markup = DrawingMarkup()
    for element in root.iter(_PARAGRAPH):
        if is_shown(element):
            yield Paragraph(part, element, markup)
    for element in root.iter(_SHAPES):
        if is_shown(element):
            yield from attribute_values(part, element, "descr", "title")


def chart_units(package: Package, part: str) -> Iterator[Unit]:
    """Yield the names of series and categories, as a chart shows them."""
    for cache in package.root(part).iter(_CACHES):
        for element in cache.iter(f"{namespace_of(cache)}v"):
            yield Value(part, element)


def shared_units(package: Package) -> Iterator[Unit]:
    """Yield the texts of SmartArt and charts, and the title of the document."""
    for part in package.parts(DRAWING_PARTS):
        yield from drawing_units(package, part)
        yield from chart_units(package, part)
    yield from package.core_values()


def set_drawing_language(element: etree._Element, target: str) -> None:
    """Give the text of an element its language, where it has one."""
    for properties in element.iter(_LANGUAGES):
        if properties.get("lang"):
            properties.set("lang", target)
