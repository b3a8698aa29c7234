"""XLIFF 1.2 and 2: targets are filled from their sources and marked as translated by a machine.

In 1.2 a new target needs a review (`needs-review-translation`, `mt-suggestion`). In 2 it is
`translated`: the states that follow, `reviewed` and `final`, are left to people.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from documents.core.language_tags import REPLACED, is_same_language
from documents.core.options import DocumentOptions
from documents.core.result import TranslatedFile
from documents.core.rounds import DocumentError, Rounds
from documents.core.text_ranges import Edit, apply_edits
from documents.core.xml_source import Element, XmlSource, parse_xml, with_attribute
from documents.core.xml_text import write_markup
from documents.core.xml_tokens import attributes_of
from documents.localization.inline_codes import code_items
from documents.localization.xml_values import translate_values

_UNTRANSLATED = frozenset({"new", "needs-translation", "initial"})
_APPROVED = frozenset({"final", "reviewed", "signed-off"})


@dataclass(frozen=True, slots=True)
class _Version:
    """What differs between the versions."""

    containers: frozenset[str]  # of units and groups
    unit: str  # the parent of a source and a target
    language: str  # the attribute with the target language; before it, that with the source's
    source_language: str


_VERSIONS = {
    "1": _Version(frozenset({"body", "group"}), "trans-unit", "target-language", "source-language"),
    "2": _Version(frozenset({"group", "unit"}), "segment", "trgLang", "srcLang"),
}


@dataclass(frozen=True, slots=True)
class _Unit:
    """A source, and the target that is filled."""

    element: Element
    language: Element  # that with the target language
    source: Element  # also that of 1.2 which is divided into segments
    target: Element | None
    is_foreign: bool  # whether the target is in another language than the one wanted

    def parts(self) -> list[Element]:
        """Return the segments of the source."""
        parts: list[Element] = []
        for mark in self.source.all():
            is_nested = parts and mark.start < parts[-1].end
            if not is_nested and mark.attributes.get("mtype") == "seg":
                parts.append(mark)
        return parts or [self.source]


def translate_xliff(data: bytes, options: DocumentOptions) -> Rounds[TranslatedFile]:
    """Fill the targets that are empty, and others if the options ask for it.

    Raise `DocumentError` for a damaged file or another version.
    """
    source = parse_xml(data)
    number = source.root.attributes.get("version", "1")[:1]
    if source.root.name != "xliff" or number not in _VERSIONS:
        raise DocumentError("the file is not XLIFF 1 or 2")
    version = _VERSIONS[number]
    units = [
        unit
        for unit in _units(source.root, version, options.target)
        if source.inner(unit.source).strip() and _is_wanted(source, unit, options)
    ]
    parts = [(unit, part) for unit in units for part in unit.parts()]
    values = [code_items(source.inner(part), preserve=_preserves(unit)) for unit, part in parts]
    outputs = yield from translate_values(values)
    contents: dict[int, list[Edit]] = {}
    for (unit, part), items, translated in zip(parts, values, outputs, strict=True):
        offset = unit.source.inner_start
        text = write_markup(items, translated, encoding=source.encoding.name)
        edit = (part.inner_start - offset, part.inner_end - offset, text)
        contents.setdefault(unit.element.start, []).append(edit)
    edits: list[Edit] = []
    for unit in units:
        content = apply_edits(source.inner(unit.source), contents[unit.element.start])
        edits += _fill(source, unit, content, options.target)
    languages = {unit.language.start: unit.language for unit in units}
    for element in languages.values():
        edits += _declare(element, version, options.target)
    old = [unit.target for unit in units if unit.is_foreign and unit.target is not None]
    replaced = any(source.inner(target).strip() for target in old)
    return source.finish(edits, (REPLACED,) if replaced else ())


def _units(root: Element, version: _Version, target: str) -> Iterator[_Unit]:
    """Yield the units that may be translated."""
    for file in root.named("file"):
        language = file if version.unit == "trans-unit" else root
        declared = language.attributes.get(version.language, target)
        is_foreign = not is_same_language(declared, target)
        pending = [(file, True)]
        while pending:
            element, translated = pending.pop()
            translated = element.attributes.get("translate", "yes" if translated else "no") != "no"
            if element.name == version.unit and translated:
                source = element.first("seg-source") or element.first("source")
                if source is not None:
                    found = element.first("target")
                    yield _Unit(element, language, source, found, is_foreign)
            elif element is file or element.name in version.containers:
                pending += [(child, translated) for child in reversed(element.children)]
            # Other elements are notes, matches and skeletons.


def _is_wanted(source: XmlSource, unit: _Unit, options: DocumentOptions) -> bool:
    """Return whether a target is to be filled."""
    inner = "" if unit.target is None else source.inner(unit.target).strip()
    if unit.target is None or not inner or unit.is_foreign:
        return True
    attributes = unit.element.attributes | unit.target.attributes  # the state is at either
    state = attributes.get("state", "")
    if state in _UNTRANSLATED and inner == source.inner(unit.source).strip():
        return True
    if attributes.get("approved") == "yes" or state in _APPROVED:
        return False
    needs_review = state in _UNTRANSLATED or state.startswith("needs-")
    return not options.only_untranslated or (options.fuzzy == "again" and needs_review)


def _fill(source: XmlSource, unit: _Unit, content: str, language: str) -> Iterator[Edit]:
    """Yield the edits of one unit."""
    target = unit.target
    tag = f"<{unit.source.prefix}target>" if target is None else target.tag
    if unit.element.name == "segment":
        translated = with_attribute(unit.element.tag, "state", "translated")
        translated = with_attribute(translated, "subState", None)  # it is of the state before
    else:
        tag = with_attribute(tag, "state", "needs-review-translation")
        tag = with_attribute(tag, "state-qualifier", "mt-suggestion")
        translated = unit.element.tag
        if unit.element.attributes.get("approved") == "yes":
            translated = with_attribute(translated, "approved", "no")
    if translated != unit.element.tag:
        yield unit.element.start, unit.element.inner_start, translated
    if "xml:lang" in attributes_of(tag):
        tag = with_attribute(tag, "xml:lang", language)
    if target is None:
        new = f"{source.indent(unit.source.start)}{tag}{content}</{unit.source.prefix}target>"
        yield unit.source.end, unit.source.end, new
    else:
        yield source.replace_inner(target, content, tag)


def _declare(element: Element, version: _Version, language: str) -> Iterator[Edit]:
    """Yield the edit that names the target language, if the file names another one or none."""
    if not is_same_language(element.attributes.get(version.language, "-"), language):
        tag = with_attribute(element.tag, version.language, language, version.source_language)
        yield element.start, element.inner_start, tag


def _preserves(unit: _Unit) -> bool:
    """Return whether all white space in a source counts."""
    elements = (unit.source, unit.element, unit.language)
    return any(element.attributes.get("xml:space") == "preserve" for element in elements)
