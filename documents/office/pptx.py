"""PowerPoint files (.pptx): slides, notes, tables, SmartArt, charts, comments."""

from collections.abc import Iterator

from lxml import etree

from documents.core.options import DocumentOptions
from documents.core.result import TranslatedFile
from documents.core.rounds import Rounds
from documents.office.drawings import drawing_units, set_drawing_language, shared_units
from documents.office.opc import Package, office_tags
from documents.office.paragraphs import Paragraph
from documents.office.values import Unit, Value, translate_units

_TYPE = "application/vnd.openxmlformats-officedocument.presentationml."
_MAIN_PARTS = frozenset({
    f"{_TYPE}presentation.main+xml",
    f"{_TYPE}slideshow.main+xml",
    f"{_TYPE}template.main+xml",
    "application/vnd.ms-powerpoint.presentation.macroEnabled.main+xml",
})  # fmt: skip
_SLIDES = (
    f"{_TYPE}slide+xml",
    f"{_TYPE}notesSlide+xml",
    "application/vnd.ms-powerpoint.comments+xml",
)
_MASTERS = (f"{_TYPE}slideMaster+xml", f"{_TYPE}slideLayout+xml")
_COMMENTS = f"{_TYPE}comments+xml"
_SHAPE = frozenset(office_tags("presentationml", "sp", "pic", "graphicFrame"))
_PLACEHOLDER = office_tags("presentationml", "ph")
_COMMENT_TEXT = office_tags("presentationml", "text")


def translate_pptx(data: bytes, options: DocumentOptions) -> Rounds[TranslatedFile]:
    """Translate a file.

    Raise `DocumentError` if it is damaged, encrypted or not a PowerPoint file.
    """
    package = Package(data, ".pptx")
    main_parts = package.main_parts(_MAIN_PARTS)
    changed = yield from translate_units(_units(package))
    for unit in changed:
        if isinstance(unit, Paragraph):
            set_drawing_language(unit.element, options.target)
    if changed:
        for part in main_parts:
            set_drawing_language(package.root(part), options.target)
            package.change(part)
    return package.result(changed, options.target)


def _units(package: Package) -> Iterator[Unit]:
    for part in package.parts(_SLIDES):
        yield from drawing_units(package, part)
    for part in package.parts(_MASTERS):
        yield from _master_units(package, part)
    for part in package.parts([_COMMENTS]):
        for element in package.root(part).iter(_COMMENT_TEXT):
            yield Value(part, element)
    yield from shared_units(package)


def _master_units(package: Package, part: str) -> Iterator[Unit]:
    """Yield the texts that slides show; those in placeholders are for who edits a slide."""
    placeholders = {
        next((shape for shape in element.iterancestors() if shape.tag in _SHAPE), None)
        for element in package.root(part).iter(_PLACEHOLDER)
    }

    def is_shown(element: etree._Element) -> bool:
        return placeholders.isdisjoint(element.iterancestors())

    yield from drawing_units(package, part, is_shown)
