"""Timed text (.ttml, .dfxp): paragraphs are translated; times, styles and line breaks stay.

The lines of a paragraph are translated as one text, which is wrapped to the same number of lines.
Each line is a text of its own if one starts with a dash, a musical note or a bracket, or if they
are in spans of their own, as those of several speakers are.
"""

import re
from collections.abc import Callable, Sequence
from functools import partial

from documents.core.inline import translate_marked
from documents.core.options import DocumentOptions
from documents.core.references import ReferenceWriter
from documents.core.result import TranslatedFile
from documents.core.rounds import DocumentError, Rounds, gather_each
from documents.core.spans import Item, Mark, Output, Text
from documents.core.text_ranges import Edit
from documents.core.wrapping import Glyph, wrap
from documents.core.xml_source import Element, XmlSource, parse_xml, with_attribute
from documents.core.xml_text import is_changed, markup_items, write_markup
from documents.core.xml_tokens import XmlToken

_RESERVED = "<>&"
_LANGUAGE = "xml:lang"
_BETWEEN_SPANS = re.compile(r"</[^<>]*>\s*<(?:\w+:)?br\b[^<>]*>\s*<[^/!?]")
_MAX_CHARACTERS = 20_000  # of lines that are one text: each character is an object for a while
_SEPARATE = re.compile(r"\n\s*[-–—‐♪♫#*\[(]")


def translate_ttml(data: bytes, options: DocumentOptions) -> Rounds[TranslatedFile]:
    """Translate the paragraphs, and name the target language if one of them has changed.

    Raise `DocumentError` for a damaged file.
    """
    source = parse_xml(data)
    if source.root.name != "tt":
        raise DocumentError("the file is not timed text: its root element is not tt")
    paragraphs = [element for element in source.root.all() if element.name == "p"]
    values = [_items(source.inner(element)) for element in paragraphs]
    outputs = yield from gather_each(lambda items: translate_marked(items, _RESERVED), values)
    edits: list[Edit] = [
        source.replace_inner(element, _write(items, translated, source.encoding.name))
        for element, items, translated in zip(paragraphs, values, outputs, strict=True)
        if is_changed(translated)
    ]
    if edits:
        edits += _declare(source, options.target)
    return source.finish(edits)


def _items(markup: str) -> list[Item]:
    """Return the items of a paragraph; a line break is a blank of its text, or ends the text."""
    items = markup_items(markup, partial(_whole, break_item=lambda source: Text(source, "\n")))
    plain = "".join(item.plain if isinstance(item, Text) else "" for item in items)
    is_divided = (
        len(plain) > _MAX_CHARACTERS or _SEPARATE.search(plain) or _BETWEEN_SPANS.search(markup)
    )
    if is_divided or "<![CDATA[" in markup:
        return markup_items(markup, partial(_whole, break_item=Mark))
    return items


def _whole(token: XmlToken, break_item: Callable[[str], Item]) -> Callable[[str], Item] | None:
    name = token.name.rpartition(":")[2]
    if name == "br":
        return break_item
    return None if name == "span" else Mark


def _write(items: Sequence[Item], outputs: Sequence[Output], encoding: str) -> str:
    breaks = [item.source for item in items if _is_break(item)]
    if not breaks:
        return write_markup(items, outputs, encoding)
    writer = ReferenceWriter(items)
    glyphs: list[Glyph] = []
    for output in outputs:
        if isinstance(output, str):
            glyphs += [(writer.write(character), True) for character in output]
        elif _is_break(output):
            glyphs.append((" ", True))
        else:
            glyphs.append((writer.write(output), not isinstance(output, Mark)))
    return wrap(glyphs, len(breaks) + 1, breaks[0])


def _is_break(item: Item) -> bool:
    return isinstance(item, Text) and item.plain == "\n" and item.source.startswith("<")


def _declare(source: XmlSource, language: str) -> list[Edit]:
    """Return the edits of the root's language, and of elements that repeat it."""
    declared = source.root.attributes.get(_LANGUAGE)
    elements: list[Element] = [source.root] if declared is None else list(source.root.all())
    return [
        (element.start, element.inner_start, with_attribute(element.tag, _LANGUAGE, language))
        for element in elements
        if element.attributes.get(_LANGUAGE) == declared
    ]
