"""The text of XML elements: as items of a sentence, and written back."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from documents.core.references import ESCAPE_MARKUP, ReferenceWriter
from documents.core.spans import Item, Mark, Output, Text
from documents.core.xml_tokens import CDATA, XmlToken, xml_tokens

_CDATA_NAME = "#cdata"  # no element can have it
_ILLEGAL = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # in XML 1.0

ReadText = Callable[[str, str], Iterable[Item]]
"""Returns the items of text; the arguments are its source and what XML understands by it."""

Whole = Callable[[XmlToken], Callable[[str], Item] | None]
"""Returns, for the start tag of an element that is one item, what makes it of all its source.

None for an element whose content is part of the sentence around it.
"""


def as_text(source: str, plain: str) -> Iterator[Item]:
    """Yield text that has no other escapes than those of XML."""
    yield Text(source, plain)


def no_whole(token: XmlToken) -> None:
    """Say that no element is an item."""


def markup_items(markup: str, whole: Whole = no_whole, read: ReadText = as_text) -> list[Item]:
    """Return the items of a valid fragment."""
    tokens = list(xml_tokens(markup))
    items: list[Item] = []
    index = 0
    while index < len(tokens):
        token = tokens[index]
        end = index + 1
        make = whole(token) if token.kind in ("open", "empty") else None
        if make is None:
            items += _token_items(token, read)
        else:
            end = _element_end(tokens, index)
            items.append(make("".join(part.source for part in tokens[index:end])))
        index = end
    return items


def write_markup(
    items: Iterable[Item],
    outputs: Iterable[Output],
    encoding: str = "utf-8",
    escape: Callable[[str], str] = str,
) -> str:
    """Return the source of outputs.

    New text gets the escapes of its format, from `escape` one character at a time, and those of
    XML. In a CDATA section, which has none, characters that the encoding lacks get references
    between two sections.
    """
    outside, inside = _by_section(items)
    writer = ReferenceWriter(outside, lambda character: ESCAPE_MARKUP(escape(character)))
    section_writer = ReferenceWriter(inside, escape)
    parts: list[str] = []
    in_section = False
    for output in outputs:
        if isinstance(output, Mark) and output.name == _CDATA_NAME:
            in_section = output.role == "open"
        new = _ILLEGAL.sub("", output) if isinstance(output, str) else output
        written = (section_writer if in_section else writer).write(new)
        is_new = in_section and isinstance(new, str)
        parts.append(_in_section(written, encoding) if is_new else written)
    return "".join(parts)


def _by_section(items: Iterable[Item]) -> tuple[list[Item], list[Item]]:
    """Return the items outside and inside CDATA sections."""
    groups: tuple[list[Item], list[Item]] = [], []
    in_section = False
    for item in items:
        if isinstance(item, Mark) and item.name == _CDATA_NAME:
            in_section = item.role == "open"
        groups[in_section].append(item)
    return groups


def is_changed(outputs: Iterable[Output]) -> bool:
    """Return whether outputs have new text; else their source is that of the items."""
    return any(isinstance(output, str) for output in outputs)


def split_cdata(token: XmlToken) -> tuple[Mark, str, Mark]:
    """Return the content of a CDATA section, between its marks."""
    start, end = CDATA
    return Mark(start, "open", _CDATA_NAME), token.text, Mark(end, "close", _CDATA_NAME)


def cdata_range(items: Sequence[Item]) -> tuple[int, int]:
    """Return the range of what is in the CDATA section that all items are; else of all items."""
    marks = [item for item in items if isinstance(item, Mark)]
    is_section = [mark.name for mark in marks] == [_CDATA_NAME] * 2
    if is_section and items[0] is marks[0] and items[-1] is marks[1]:
        return 1, len(items) - 1
    return 0, len(items)


def _element_end(tokens: Sequence[XmlToken], start: int) -> int:
    """Return the index after the last token of an element."""
    depth = 0
    for index in range(start, len(tokens)):
        depth += {"open": 1, "close": -1}.get(tokens[index].kind, 0)
        if depth == 0:
            return index + 1
    return len(tokens)


def _token_items(token: XmlToken, read: ReadText) -> Iterator[Item]:
    if token.kind == "text":
        yield from read(token.source, token.text)
    elif token.kind == "cdata":
        start, content, end = split_cdata(token)
        yield start
        if content:
            yield from read(content, content)
        yield end
    elif token.kind in ("open", "close"):
        yield Mark(token.source, "open" if token.kind == "open" else "close", token.name)
    else:
        yield Mark(token.source)


def _in_section(written: str, encoding: str) -> str:
    """Write new text in a section, which cannot contain its own end."""
    return "".join(
        character
        if character.encode(encoding, "ignore")
        else f"{CDATA[1]}&#{ord(character)};{CDATA[0]}"
        for character in written.replace("]]>", "]]]]><![CDATA[>")
    )
