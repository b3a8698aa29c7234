"""Translates the values of localisation files in XML: plain texts, HTML, and texts with marks."""

import re
from collections.abc import Iterable, Iterator, Sequence

from documents.core.inline import translate_marked
from documents.core.rounds import Rounds, gather_each
from documents.core.spans import Item, Mark, Output, Text, is_translatable
from documents.core.text_ranges import translate_texts
from documents.core.xml_text import cdata_range
from documents.pages.html import translate_html

_RESERVED = "<>&"
_LINE_END = re.compile(r"((?<![ \t])[ \t]*[\r\n]\s*)")
_HTML_DIVISION = re.compile(
    r"(<(?:style|script)\b[^<]*</(?:style|script)\s*>|(?<![ \t])[ \t]*[\r\n]\s*)", re.IGNORECASE
)
_ICU = re.compile(r"\s*\{\s*\w+\s*,\s*(?:plural|select|selectordinal)\s*,")
_BRACE = re.compile(r"([{}])")
# Other names in angle brackets are usually placeholders.
_HTML = re.compile(
    r"""
    </?(?: a | abbr | b | big | blockquote | body | br | cite | code | dd | div | dl | dt | em
    | font | h[1-6] | head | hr | html | i | img | ins | kbd | label | li | ol | p | pre | q | s
    | small | span | strike | strong | style | sub | sup | table | tbody | td | th | title | tr | tt
    | u | ul )(?: \s [^<>]* )? /? >
    """,
    re.VERBOSE | re.IGNORECASE,
)


def has_html(plain: str) -> bool:
    """Return whether a text has tags of HTML."""
    return _HTML.search(plain) is not None


def translate_values(values: Sequence[Sequence[Item]]) -> Rounds[list[list[Output]]]:
    """Translate the items of values; a value that equals its translation is untouched."""
    return (yield from gather_each(_translate, values))


def _translate(items: Sequence[Item]) -> Rounds[list[Output]]:
    start, end = _core(items)
    core = [item for item in items[start:end] if isinstance(item, Text)]
    if len(core) < end - start:
        divided = _without_syntax(items) if _ICU.match(_plain(items)) else _divided(items)
        return (yield from translate_marked(divided, _RESERVED))
    plain = _plain(core)
    if not is_translatable(plain):
        return list(items)
    if has_html(plain) and not _ICU.match(plain):
        translation = yield from _translate_html(plain)
    else:
        [translation] = yield from translate_texts([plain])
    if translation == plain:
        return list(items)
    return [*items[:start], translation, *items[end:]]


def _translate_html(plain: str) -> Rounds[str]:
    """Translate HTML line by line: here, unlike in a page, a line end may be one."""
    parts = _HTML_DIVISION.split(plain)
    parts[::2] = yield from gather_each(translate_html, parts[::2])
    translation = "".join(parts)
    # A bare ampersand stays bare: not all that has tags is read as HTML.
    return translation if "&amp;" in plain else translation.replace("&amp;", "&")


def _core(items: Sequence[Item]) -> tuple[int, int]:
    """Return the range of items without a CDATA section's ends, and blanks and marks at the edges.

    The ends of spans are no edges.
    """
    start, end = cdata_range(items)
    while start < end and _is_edge(items[start]):
        start += 1
    while start < end and _is_edge(items[end - 1]):
        end -= 1
    return start, end


def _is_edge(item: Item) -> bool:
    if isinstance(item, Mark):
        return item.role == "standalone"
    return isinstance(item, Text) and not item.plain.strip()


def _plain(items: Iterable[Item]) -> str:
    return "".join(item.plain for item in items if isinstance(item, Text))


def _without_syntax(items: Iterable[Item]) -> Iterator[Item]:
    """Turn the syntax of an ICU message into marks; its texts are in braces within braces."""
    depth = 0
    for item in items:
        if not isinstance(item, Text):
            yield item
            continue
        if item.source != item.plain:
            yield Mark(item.source) if depth % 2 else item
            continue
        for part in filter(None, _BRACE.split(item.plain)):
            depth -= part == "}"
            yield Mark(part) if part in "{}" or depth % 2 else Text(part, part)
            depth += part == "{"


def _divided(items: Iterable[Item]) -> Iterator[Item]:
    """Divide texts at line ends, because sentences with marks are written in one line."""
    for item in items:
        if isinstance(item, Text) and ("\n" in item.plain or "\r" in item.plain):
            if item.source != item.plain:
                yield Mark(item.source)
                continue
            for number, part in enumerate(_LINE_END.split(item.plain)):
                if part:
                    yield Mark(part) if number % 2 else Text(part, part)
        else:
            yield item
