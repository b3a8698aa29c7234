"""Converts a paragraph of WordprocessingML to items and back."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from itertools import groupby

from lxml import etree

from documents.spans import Item, Mark, Output, Text

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_RUN, _TEXT, _FORMAT = f"{W}r", f"{W}t", f"{W}rPr"
_CONTENT = f"{W}sdtContent"


def _names(names: str) -> frozenset[str]:
    return frozenset(f"{W}{name}" for name in names.split())


# Elements around runs: links, insertions, fields.
_CONTAINERS = _names("hyperlink ins moveTo smartTag sdt fldSimple customXml bdo dir")
_PROPERTIES = _names("pPr rPr sdtPr sdtEndPr smartTagPr customXmlPr")
# Invisible elements that mark a range of text.
_RANGE_STARTS = _names("bookmarkStart commentRangeStart permStart")
_RANGE_ENDS = _names("bookmarkEnd commentRangeEnd permEnd")
# Elements left by the last layout or spell check, which a new text makes stale.
_STALE = _names("proofErr lastRenderedPageBreak softHyphen")
_UNSEEN = _PROPERTIES | _RANGE_STARTS | _RANGE_ENDS | _STALE
# Properties of a format that do not change the appearance of text.
_INVISIBLE = _names("lang noProof rPrChange")
# Characters that XML cannot contain.
_NO_CONTROLS = dict.fromkeys({*range(32), 0xFFFE, 0xFFFF} - {*map(ord, "\t\n\r")})


@dataclass(frozen=True, slots=True)
class _Fragment:
    """Part of a level of a paragraph: text, or an element without text."""

    text: str = ""
    appearance: str = ""  # equal for runs that look the same
    format: etree._Element | None = None  # of its run, if any
    element: etree._Element | None = None
    in_run: bool = False


class Paragraph:
    """Reads a paragraph, and rewrites it if its text has changed.

    The source of each mark in `items` is the index of a fragment.
    """

    def __init__(self, element: etree._Element) -> None:
        self._element = element
        self._fragments: list[_Fragment] = []  # indexed by the sources of the marks
        # The format of most of the text of each level.
        self._base: dict[etree._Element, etree._Element | None] = {}
        self.items = list(self._items(element))

    def write(self, outputs: Sequence[Output]) -> bool:
        """Write the outputs into the paragraph; return True if its text has changed."""
        if not any(isinstance(output, str) for output in outputs):
            return False
        writer = _Writer(self._element, self._base)
        for output in outputs:
            if isinstance(output, str):
                writer.text(output)
            elif isinstance(output, Mark):
                writer.mark(output.role, self._fragments[int(output.source)])
            else:
                writer.text(output.plain)
        writer.close()
        return True

    def _items(self, level: etree._Element) -> Iterator[Item]:
        """Yield the items of the paragraph, or of an element in it that contains runs."""
        fragments = _merge_blanks(list(_fragments(level)))
        lengths: Counter[str] = Counter()
        for fragment in fragments:
            lengths[fragment.appearance] += len(fragment.text)
        base = max(lengths, key=lambda appearance: lengths[appearance], default="")
        formats = (
            fragment.format
            for fragment in fragments
            if fragment.text and fragment.appearance == base
        )
        self._base[level] = next(formats, None)
        for appearance, group in groupby(
            fragments, lambda fragment: fragment.appearance if fragment.text else None
        ):
            if appearance is None:
                for fragment in group:
                    yield from self._element_items(fragment)
            else:
                yield from self._text_items(list(group), marked=appearance != base)

    def _text_items(self, group: Sequence[_Fragment], *, marked: bool) -> Iterator[Item]:
        key = self._key(group[0]) if marked else ""
        if marked:
            yield Mark(key, "open", f"format {key}")
        yield from (Text(fragment.text, fragment.text) for fragment in group)
        if marked:
            yield Mark(key, "close", f"format {key}")

    def _element_items(self, fragment: _Fragment) -> Iterator[Item]:
        assert fragment.element is not None, "a fragment is text or an element"
        key = self._key(fragment)
        if fragment.element.tag in _CONTAINERS and not fragment.in_run:
            yield Mark(key, "open", f"container {key}")
            yield from self._items(fragment.element)
            yield Mark(key, "close", f"container {key}")
            return
        match fragment.element.get(f"{W}fldCharType"):
            case "begin":
                yield Mark(key, "open", "field")
            case "end":
                yield Mark(key, "close", "field")
            case _:
                yield Mark(key)

    def _key(self, fragment: _Fragment) -> str:
        self._fragments.append(fragment)
        return str(len(self._fragments) - 1)


class _Writer:
    """Fills a paragraph with new runs."""

    def __init__(
        self, paragraph: etree._Element, base: Mapping[etree._Element, etree._Element | None]
    ) -> None:
        self._base = base
        self._text = ""
        self._levels: list[tuple[etree._Element, list[etree._Element]]] = []
        self._formats: list[etree._Element | None] = []
        self._enter(paragraph)

    def text(self, text: str) -> None:
        """Add text in the current format."""
        self._text += text.translate(_NO_CONTROLS)

    def mark(self, role: str, fragment: _Fragment) -> None:
        """Begin or end a format or a container, or add an element."""
        self._flush()
        if fragment.element is None:
            if role == "open":
                self._formats.append(fragment.format)
            else:
                self._formats.pop()
        elif fragment.in_run:
            self._run(fragment.format).append(fragment.element)
        elif fragment.element.tag not in _CONTAINERS:
            self._content.append(fragment.element)
        elif role == "open":
            self._content.append(fragment.element)
            self._enter(fragment.element)
        else:
            self._leave()

    def close(self) -> None:
        """End the paragraph."""
        self._flush()
        self._leave()

    @property
    def _content(self) -> etree._Element:
        return _content(self._levels[-1][0])

    def _enter(self, level: etree._Element) -> None:
        """Empty a level except for its properties; range marks then enclose all of it."""
        content = _content(level)
        ends = []
        for child in list(content):
            if child.tag in _RANGE_ENDS:
                ends.append(child)
            if child.tag not in _PROPERTIES and child.tag not in _RANGE_STARTS:
                content.remove(child)
        self._levels.append((level, ends))
        self._formats.append(self._base[level])

    def _leave(self) -> None:
        self._content.extend(self._levels[-1][1])
        self._levels.pop()
        self._formats.pop()

    def _flush(self) -> None:
        if self._text:
            text = etree.SubElement(self._run(self._formats[-1]), _TEXT)
            text.text = self._text
            text.set(_SPACE, "preserve")
            self._text = ""

    def _run(self, run_format: etree._Element | None) -> etree._Element:
        run = etree.SubElement(self._content, _RUN)
        if run_format is not None:
            run.append(deepcopy(run_format))
        return run


def _content(level: etree._Element) -> etree._Element:
    """Return the element that contains the runs of a level."""
    content = level.find(_CONTENT) if level.tag == f"{W}sdt" else level
    return level if content is None else content


def _fragments(level: etree._Element) -> Iterator[_Fragment]:
    """Yield the fragments of a level, in order."""
    for child in _content(level):
        if child.tag == _RUN:
            yield from _run_fragments(child)
        elif child.tag not in _UNSEEN:
            yield _Fragment(element=child)


def _run_fragments(run: etree._Element) -> Iterator[_Fragment]:
    run_format = run.find(_FORMAT)
    appearance = _appearance(run_format)
    for child in run:
        if child.tag == _TEXT and child.text:
            yield _Fragment(child.text, appearance, run_format)
        elif child.tag == f"{W}noBreakHyphen":
            yield _Fragment("\u2011", appearance, run_format)
        elif child.tag != _TEXT and child.tag not in _UNSEEN:
            yield _Fragment(format=run_format, element=child, in_run=True)


def _appearance(run_format: etree._Element | None) -> str:
    """Return a key that is equal for formats that look the same."""
    parts = (
        () if run_format is None else (part for part in run_format if part.tag not in _INVISIBLE)
    )
    return "".join(etree.tostring(part, encoding="unicode", with_tail=False) for part in parts)


def _merge_blanks(fragments: Sequence[_Fragment]) -> list[_Fragment]:
    """Give blank text the format of the text before it, so that it does not become a span."""
    joined: list[_Fragment] = []
    for fragment in fragments:
        last = joined[-1] if joined else None
        if fragment.text and not fragment.text.strip() and last is not None and last.text:
            joined.append(_Fragment(fragment.text, last.appearance, last.format))
        else:
            joined.append(fragment)
    return joined
