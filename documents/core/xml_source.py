"""XML files of which ranges are replaced; every other byte stays the same.

The parser of the standard library checks the file. It loads nothing and expands no entity.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html import escape
from xml.parsers import expat

from documents.core.encoding import Encoding, decode, decode_declared
from documents.core.result import TranslatedFile
from documents.core.rounds import DocumentError
from documents.core.text_ranges import Edit, apply_edits
from documents.core.xml_tokens import attribute_matches, attributes_of, plain_text, xml_tokens

_MAX_ELEMENTS = 500_000  # a parsed one takes two kilobytes
_DECLARATION = re.compile(rb"""<\?xml[^>]{0,200}?\sencoding\s*=\s*["']([A-Za-z][\w.:-]*)""")
_UNMARKED = {b"<\0": "utf-16-le", b"\0<": "utf-16-be"}  # how UTF-16 begins without a mark
_PREFIX = re.compile(r"<([\w.-]+:)")
_NAME = re.compile(r"<[^\s/>]+")
# Document types whose definitions declare no entity that a file may need.
_DEFINITIONS = re.compile(r"(?:.*[/\\])?(?:tmx\d*|xliff[\w.-]*|PropertyList-1\.0)\.dtd", re.DOTALL)


@dataclass(slots=True, eq=False)
class Element:
    """An element: its ranges in the source, the tags included and excluded."""

    name: str  # without the prefix that the root has
    tag: str  # the source of its start tag
    start: int
    inner_start: int
    inner_end: int = -1
    end: int = -1
    children: "list[Element]" = field(default_factory=list)

    @property
    def attributes(self) -> dict[str, str]:
        """The values of the attributes, by name with prefix."""
        return attributes_of(self.tag)

    @property
    def prefix(self) -> str:
        """The prefix of the name in the source, with the colon; "" if there is none."""
        match = _PREFIX.match(self.tag)
        return "" if match is None else match[1]

    def named(self, *names: str) -> "Iterator[Element]":
        """Yield the children that have one of the names."""
        return (child for child in self.children if child.name in names)

    def first(self, name: str) -> "Element | None":
        """Return the first child with a name."""
        return next(self.named(name), None)

    def all(self) -> "Iterator[Element]":
        """Yield the element and all elements in it, in the order of the source."""
        pending = [self]
        while pending:
            element = pending.pop()
            yield element
            pending += reversed(element.children)


@dataclass(frozen=True, slots=True)
class XmlSource:
    """A parsed file."""

    text: str
    encoding: Encoding
    root: Element

    def inner(self, element: Element) -> str:
        """Return the source between the tags of an element."""
        return self.text[element.inner_start : element.inner_end]

    def plain(self, element: Element) -> str:
        """Return the text of an element without markup, blanks at the ends included."""
        return plain_text(self.inner(element))

    def indent(self, position: int) -> str:
        """Return the line end and the blanks before a position; "" if there is something else."""
        start = position
        while start and self.text[start - 1] in " \t":
            start -= 1
        if start and self.text[start - 1] in "\r\n":
            start -= 2 if self.text[start - 2 : start] == "\r\n" else 1
            return self.text[start:position]
        return ""

    def replace_inner(self, element: Element, inner: str, tag: str | None = None) -> Edit:
        """Replace what is between the tags, and with `tag` the start tag, too."""
        opening = element.tag if tag is None else tag
        if element.inner_end == element.end:  # an empty element, which needs an end tag now
            name = _NAME.match(opening)
            assert name is not None, "a tag begins with its name"
            opened = opening.removesuffix("/>").rstrip() + ">"
            return element.start, element.end, f"{opened}{inner}</{name[0][1:]}>"
        if tag is None:
            return element.inner_start, element.inner_end, inner
        return element.start, element.inner_end, opening + inner

    def finish(self, edits: Iterable[Edit], notices: tuple[str, ...] = ()) -> TranslatedFile:
        """Return the file with edits, in any order; what its encoding lacks becomes references."""
        text = apply_edits(self.text, sorted(edits, key=lambda edit: edit[:2]))
        data = text.encode(self.encoding.name, "xmlcharrefreplace")
        return TranslatedFile(self.encoding.bom + data, notices)


def parse_xml(data: bytes) -> XmlSource:
    """Parse a file.

    Raise `DocumentError` if it has too many elements, is not well-formed or not in its encoding, or
    if its document type has declarations.
    """
    encoding, text = _decode(data)
    return XmlSource(text, encoding, _tree(text, _count_elements(text)))


def with_attribute(tag: str, name: str, value: str | None, after: str = "") -> str:
    """Return a start tag with an attribute set; without it if the value is None.

    A new one goes after the attribute `after` if there is such a one, else to the end.
    """
    quoted = "" if value is None else f'"{escape(value)}"'
    found = attribute_matches(tag)
    if name in found:
        match = found[name]
        if value is not None:
            return tag[: match.start(2)] + quoted + tag[match.end() :]
        return tag[: match.start()].rstrip() + tag[match.end() :]
    if value is None:
        return tag
    end = len(tag[:-1].removesuffix("/").rstrip())
    position = found[after].end() if after in found else end
    return f"{tag[:position]} {name}={quoted}{tag[position:]}"


def _decode(data: bytes) -> tuple[Encoding, str]:
    """Decode by the mark, else by the declaration."""
    declared = _DECLARATION.match(data)
    charset = declared[1].decode("ascii").lower() if declared else "utf-8"
    if data[:2] in _UNMARKED:
        charset = _UNMARKED[data[:2]]
    elif charset in ("utf-8", "utf8") or charset.startswith(("utf-16", "utf16", "ucs-2")):
        return decode(data)  # what begins with `<?xml` in ASCII is never UTF-16
    encoding, text = decode_declared(data, charset)
    try:  # a character that the encoding lacks must not be written as its look-alike's
        return (Encoding(name=charset), text) if text.encode(charset) == data else (encoding, text)
    except UnicodeEncodeError:
        return encoding, text


def _count_elements(text: str) -> int:
    """Return the number of elements in a valid file; raise `DocumentError` for others."""
    count = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal count
        count += 1
        if count > _MAX_ELEMENTS:
            raise DocumentError(
                f"the file has more than {_MAX_ELEMENTS:,} elements; split it into several"
            )

    parser = expat.ParserCreate("utf-8")
    parser.StartDoctypeDeclHandler = _check_doctype
    parser.StartElementHandler = start
    try:
        parser.Parse(text.encode(), True)
    except expat.ExpatError as error:
        raise DocumentError(f"the file is not valid XML at line {error.lineno}") from None
    except UnicodeEncodeError:
        raise DocumentError("the file is not in its declared encoding") from None
    return count


def _check_doctype(name: str, system: str | None, public: str | None, subset: int) -> None:
    if subset:
        raise DocumentError("the file's DOCTYPE has declarations, which may be of entities")
    if system is not None and not _DEFINITIONS.fullmatch(system):
        raise DocumentError("the file's DOCTYPE names another file, which is not read")


def _tree(text: str, count: int) -> Element:
    """Build the tree of a valid file with `count` elements."""
    top = Element("", "", 0, 0)
    opened = [top]
    position = 0
    prefix = ""
    for token in xml_tokens(text):
        end = position + len(token.source)
        if token.kind in ("open", "empty"):
            if not top.children and ":" in token.name:
                prefix = token.name.partition(":")[0] + ":"
            count -= 1
            name = sys.intern(token.name.removeprefix(prefix))
            element = Element(name, token.source, position, end)
            opened[-1].children.append(element)
            if token.kind == "open":
                opened.append(element)
            else:
                element.inner_end = element.end = end
        elif token.kind == "close":
            element = opened.pop()
            element.inner_end, element.end = position, end
        position = end
    if count or opened != [top]:
        raise DocumentError("the file has names of elements that are not read")
    return top.children[0]
