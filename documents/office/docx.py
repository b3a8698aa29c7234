"""Word files (.docx): the text of paragraphs is translated; formats, fields and pictures stay.

Consecutive runs with the same format are a span of their sentence, and so are links. Only
paragraphs whose text changes are rewritten; archive members without one are copied.
"""

from collections.abc import Iterator

from lxml import etree

from documents.core.options import DocumentOptions
from documents.core.result import TranslatedFile
from documents.core.rounds import Rounds
from documents.office.code_styles import code_styles
from documents.office.drawings import drawing_units, set_drawing_language, shared_units
from documents.office.font_groups import font_group
from documents.office.opc import Package, office_tags
from documents.office.package_xml import namespace_of
from documents.office.paragraphs import Paragraph
from documents.office.values import Unit, attribute_values, translate_units
from documents.office.word_runs import WordMarkup

_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml."
_MAIN_PARTS = frozenset({
    f"{_TYPE}document.main+xml",
    f"{_TYPE}template.main+xml",
    "application/vnd.ms-word.document.macroEnabled.main+xml",
    "application/vnd.ms-word.template.macroEnabledTemplate.main+xml",
})  # fmt: skip
_PARTS = _MAIN_PARTS | {
    f"{_TYPE}{part}+xml" for part in ("header", "footer", "footnotes", "endnotes", "comments")
}
_STYLES = f"{_TYPE}styles+xml"
_SETTINGS = f"{_TYPE}settings+xml"
_STYLE = office_tags("wordprocessingml", "style")
_PARAGRAPH = office_tags("wordprocessingml", "p")
_LANGUAGE = office_tags("wordprocessingml", "lang", "themeFontLang")
_LIST_ITEM = office_tags("wordprocessingml", "listItem")
_LIST_ENTRY = office_tags("wordprocessingml", "listEntry")
_GROUPS = {"asian": "eastAsia", "complex": "bidi", None: "val"}


def translate_docx(data: bytes, options: DocumentOptions) -> Rounds[TranslatedFile]:
    """Translate a file.

    Raise `DocumentError` if it is damaged, encrypted or not a Word file.
    """
    package = Package(data, ".docx")
    package.main_parts(_MAIN_PARTS)
    changed = yield from translate_units(_units(package))
    for unit in changed:
        if isinstance(unit, Paragraph):
            _set_language(unit.element, options.target)
            set_drawing_language(unit.element, options.target)
    if changed:
        for part in package.parts([_STYLES, _SETTINGS]):
            if _set_language(package.root(part), options.target):
                package.change(part)
    return package.result(changed, options.target)


def _units(package: Package) -> Iterator[Unit]:
    code = code_styles(_styles(package))
    markup = WordMarkup(code)
    for part in package.parts(_PARTS):
        root = package.root(part)
        for element in root.iter(_PARAGRAPH):
            if _style_of(element) not in code:
                yield Paragraph(part, element, markup)
        yield from drawing_units(package, part)
        for element in root.iter(_LIST_ITEM):
            yield from attribute_values(part, element, f"{namespace_of(element)}displayText")
        for element in root.iter(_LIST_ENTRY):
            yield from attribute_values(part, element, f"{namespace_of(element)}val")
    yield from shared_units(package)


def _styles(package: Package) -> Iterator[tuple[str, str, str]]:
    """Yield the ids of all styles, their names, and the ids of what they are based on."""
    for part in package.parts([_STYLES]):
        for style in package.root(part).iter(_STYLE):
            identifier = style.get(f"{namespace_of(style)}styleId", "")
            yield identifier, _value(style, "name"), _value(style, "basedOn")


def _style_of(paragraph: etree._Element) -> str:
    return _value(paragraph, "pPr", "pStyle")


def _value(element: etree._Element, *path: str) -> str:
    """Return the value of an element's descendant; "" if there is none."""
    namespace = namespace_of(element)
    found = element.find("/".join(f"{namespace}{name}" for name in path))
    return "" if found is None else found.get(f"{namespace}val", "")


def _set_language(element: etree._Element, target: str) -> bool:
    """Set the language of all text in an element; return True if there is a place for it."""
    found = False
    for language in element.iter(_LANGUAGE):
        found = True
        for name in ("val", _GROUPS[font_group(target)]):
            language.set(f"{namespace_of(language)}{name}", target)
    return found
