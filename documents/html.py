"""HTML: text and some attributes are translated, every other byte stays as it is."""

import codecs
import re
from collections.abc import Iterator, Sequence
from html import escape, unescape

from documents.encoding import decode
from documents.html_regions import BLOCKS, VOID, Regions
from documents.html_tokens import SourceToken, attributes_of, source_tokens
from documents.inline import translate_marked
from documents.rounds import DocumentError, Rounds, gather
from documents.spans import Atom, Item, Mark, Output, Text, is_translatable

_ATTRIBUTES = frozenset({"alt", "aria-label", "placeholder", "title"})
_LONGEST_ATOM = 200  # characters; what is longer splits the sentence that it is in
_REFERENCE = re.compile(r"(&#?\w+;)")
_CHARSET = re.compile(rb"<meta[^>]{1,200}charset\s*=\s*[\"']?([\w:.-]+)", re.IGNORECASE)
_CHARSET_WITHIN = 1024  # bytes, as in the standard
_LATIN = frozenset({"ascii", "iso8859-1"})  # which browsers read as windows-1252


def translate_html(markup: str) -> Rounds[str]:
    """Translate a document or a fragment; what is malformed is left as it is."""
    reader = _Reader()
    items = list(reader.read(markup))
    values = [_value_items(value) for value in reader.values]
    outputs, *translated = yield from gather(map(translate_marked, [items, *values]))
    replaced = {
        str(number): _value(source, value)
        for number, (source, value) in enumerate(zip(reader.values, translated, strict=True))
    }
    return "".join(_source(output, replaced) for output in outputs)


def translate_html_file(data: bytes) -> Rounds[bytes]:
    """Translate a file in UTF-8 or the encoding that it declares; raise `DocumentError`."""
    bom, markup, charset = _decode(data)
    translated = yield from translate_html(markup)
    return bom + translated.encode(charset, "xmlcharrefreplace")


class _Reader:
    """Reads HTML as items; the attributes to translate become marks named by their numbers."""

    def __init__(self) -> None:
        self.values: list[str] = []  # of attributes, as they are written, with their quotes
        self._regions = Regions()

    def read(self, markup: str, *, within_noscript: bool = False) -> Iterator[Item]:
        """Yield the items of a document."""
        raw = False
        for part in source_tokens(markup):
            if part.kind == "text" and raw and not within_noscript:
                yield from self.read(part.source, within_noscript=True)
            elif part.kind == "start":
                yield from self._start(part)
            else:
                yield self._item(part)
            raw = part.kind == "start" and part.tag == "noscript"

    def _item(self, part: SourceToken) -> Item:
        source = part.source
        if part.kind == "end":
            self._regions.end(part.tag)
            return Mark(source, "break" if part.tag in BLOCKS else "close", part.tag)
        if part.kind == "other":
            return Mark(source)
        plain = unescape(source) if part.kind == "reference" else source
        if self._regions.translated:
            return Text(source, plain)
        readable = self._regions.read and len(plain) <= _LONGEST_ATOM
        return Atom(source, plain) if readable else Mark(source)

    def _start(self, part: SourceToken) -> Iterator[Item]:
        wanted = part.wanted
        translated = self._regions.translated if wanted is None else wanted
        self._regions.start(part.tag, wanted=wanted)
        parts = [part.source]
        for name, start, end in attributes_of(part.source) if translated else ():
            value = part.source[start:end]
            if name in _ATTRIBUTES and is_translatable(value):
                begun = len(part.source) - len(parts[-1])
                parts[-1:] = [part.source[begun:start], value, part.source[end:]]
        first, *others = parts
        if part.tag in BLOCKS:
            yield Mark(first, "break", part.tag)
        else:
            yield Mark(first, "alone" if part.tag in VOID else "open", part.tag)
        for value, rest in zip(others[::2], others[1::2], strict=True):
            yield Mark(value, "alone", str(len(self.values)))
            yield Mark(rest)
            self.values.append(value)


def _value_items(value: str) -> list[Item]:
    """Return an attribute's value as texts, its quotes as marks."""
    quote = value[0] if value[0] in "\"'" else ""
    inner = value[len(quote) : len(value) - len(quote)]
    texts = [Text(part, unescape(part)) for part in _REFERENCE.split(inner) if part]
    return [Mark(quote), *texts, Mark(quote)]


def _value(source: str, outputs: Sequence[Output]) -> str:
    """Write an attribute's translated value; quote it if it was not and has changed."""
    quoted = source[0] in "\"'"
    old, new = ("'", "&#39;") if source[0] == "'" else ('"', "&quot;")
    value = "".join(
        escape(output, quote=False).replace(old, new) if isinstance(output, str) else output.source
        for output in outputs
    )
    return value if value == source or quoted else f'"{value}"'


def _source(output: Output, replaced: dict[str, str]) -> str:
    if isinstance(output, str):
        return escape(output, quote=False)
    if isinstance(output, Mark) and output.role == "alone":
        return replaced.get(output.name, output.source)
    return output.source


def _decode(data: bytes) -> tuple[bytes, str, str]:
    """Return the byte order mark, the text and the name of the encoding."""
    try:
        return *decode(data), "utf-8"
    except DocumentError:
        declared = _CHARSET.search(data[:_CHARSET_WITHIN])
        if declared is None:
            raise
    try:
        charset = codecs.lookup(declared[1].decode("ascii")).name
        charset = "cp1252" if charset in _LATIN else charset
        markup = data.decode(charset)
    except (LookupError, UnicodeError):
        raise DocumentError("the file is not in the encoding that it declares") from None
    if markup.encode(charset) != data:
        raise DocumentError("the file is not in the encoding that it declares")
    return b"", markup, charset
