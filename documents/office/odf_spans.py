"""Paragraphs of OpenDocument: text with spans, links, fields and ranges in it."""

from collections.abc import Iterator, Sequence

from lxml import etree

from documents.office.odf_names import OFFICE, TEXT
from documents.office.paragraphs import Format, Fragment, Kind

_SPAN = f"{TEXT}span"
# Elements whose text is part of the sentence.
_LEVELS = frozenset(
    f"{TEXT}{name}"
    for name in [
        "a",
        "bookmark-ref",
        "meta",
        "meta-field",
        "reference-ref",
        "subject",
        "text-input",
        "title",
    ]
)
_STALE = f"{TEXT}soft-page-break"
_POINTS = frozenset(
    f"{TEXT}{name}"
    for name in [
        "alphabetical-index-mark",
        "bookmark",
        "reference-mark",
        "toc-mark",
        "user-index-mark",
    ]
)
_ANNOTATIONS: dict[str, Kind] = {f"{OFFICE}annotation": "open", f"{OFFICE}annotation-end": "close"}
_ENDS: tuple[tuple[str, Kind], ...] = (("-start", "open"), ("-end", "close"))


class OdfMarkup:
    """Reads and writes the paragraphs of a part.

    `code` are the styles of spans with code, and `unseen` those that do not change the appearance.
    """

    def __init__(self, code: frozenset[str], unseen: frozenset[str]) -> None:
        self._code = code
        self._unseen = unseen

    def fragments(self, level: etree._Element) -> Iterator[Fragment]:
        """Yield the fragments of a level, in order."""
        yield from self._fragments(level, ())

    def clear(self, level: etree._Element) -> Sequence[etree._Element]:
        """Empty a level; nothing belongs at its end."""
        del level[:]
        level.text = None
        return ()

    def append(self, level: etree._Element, fragment: Fragment) -> None:
        """Append a text or an element to a level, in spans where its format needs some."""
        parent = level
        for span in fragment.format:
            last = parent[-1] if len(parent) else None
            if last is None or last.tail or last.tag != _SPAN or last.attrib != span.attrib:
                last = etree.SubElement(parent, _SPAN, dict(span.attrib))
            parent = last
        if fragment.element is not None:
            fragment.element.tail = None  # a text of its own
            parent.append(fragment.element)
        elif len(parent):
            parent[-1].tail = (parent[-1].tail or "") + fragment.text
        else:
            parent.text = (parent.text or "") + fragment.text

    def finish(self, level: etree._Element, ends: Sequence[etree._Element]) -> None:
        """Complete a level: nothing is missing."""

    def _fragments(self, element: etree._Element, spans: Format) -> Iterator[Fragment]:
        appearance = " ".join(span.get(f"{TEXT}style-name", "") for span in spans)
        if element.text:
            yield Fragment("text", element.text, appearance, spans)
        for child in element:
            style = child.get(f"{TEXT}style-name", "")
            if child.tag == _SPAN and style not in self._code:
                inner = spans if style in self._unseen else (*spans, child)
                yield from self._fragments(child, inner)
            elif child.tag != _STALE:
                yield _fragment(child, spans)
            if child.tail:
                yield Fragment("text", child.tail, appearance, spans)


def _fragment(element: etree._Element, spans: Format) -> Fragment:
    """Return the fragment of an element that is not a span to translate."""
    tag = element.tag if isinstance(element.tag, str) else ""
    if tag in _LEVELS:
        return Fragment("level", format=spans, element=element)
    if tag in _POINTS:
        return Fragment("point", format=spans, element=element)
    if tag in _ANNOTATIONS:
        name = element.get(f"{OFFICE}name", "")
        return Fragment(
            _ANNOTATIONS[tag] if name else "element",
            format=spans,
            element=element,
            name=f"annotation {name}",
        )
    for end, kind in _ENDS:
        if tag.startswith(TEXT) and tag.endswith(end):
            names = (element.get(f"{TEXT}{name}", "") for name in ("name", "id", "change-id"))
            name = f"{tag.removesuffix(end)} {' '.join(names)}"
            return Fragment(kind, format=spans, element=element, name=name)
    # Fields have nothing but text; a note, a frame or a comment does not stand for words.
    if tag == _SPAN or (tag.startswith(TEXT) and not len(element) and element.text):
        text = "".join(element.itertext())
        return Fragment("kept", text, format=spans, element=element)
    return Fragment("element", format=spans, element=element)
