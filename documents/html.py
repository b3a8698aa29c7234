"""HTML: text and some attributes are translated, every other byte stays the same."""

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
_MAX_ATOM_CHARACTERS = 200  # a longer one ends the sentence
_REFERENCE = re.compile(r"(&#?\w+;)")
_CHARSET = re.compile(rb"<meta[^>]{1,200}charset\s*=\s*[\"']?([\w:.-]+)", re.IGNORECASE)
_CHARSET_BYTES = 1024  # from the start, as in the HTML standard
_LATIN = frozenset({"ascii", "iso8859-1"})  # browsers decode these as windows-1252


def translate_html(markup: str) -> Rounds[str]:
    """Translate a document or a fragment; malformed markup stays as it is."""
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
    """Translate a file in UTF-8 or its declared encoding.

    Raise `DocumentError` if it is in neither.
    """
    bom, markup, charset = _decode(data)
    translated = yield from translate_html(markup)
    return bom + translated.encode(charset, "xmlcharrefreplace")


class _Reader:
    """Parses HTML into items; attribute values to translate become marks named by their numbers."""

    def __init__(self) -> None:
        self.values: list[str] = []  # of attributes, in source form with quotes
        self._regions = Regions()

    def read(self, markup: str, *, within_noscript: bool = False) -> Iterator[Item]:
        """Yield the items of a document; browsers give the content of `noscript` as one text."""
        in_noscript = False
        for token in source_tokens(markup):
            if token.kind == "text" and in_noscript and not within_noscript:
                yield from self.read(token.source, within_noscript=True)
            elif token.kind == "start":
                yield from self._start(token)
            else:
                yield self._item(token)
            in_noscript = token.kind == "start" and token.tag == "noscript"

    def _item(self, token: SourceToken) -> Item:
        source = token.source
        if token.kind == "end":
            self._regions.end(token.tag)
            return Mark(source, "break" if token.tag in BLOCKS else "close", token.tag)
        if token.kind == "other":
            return Mark(source)
        plain = unescape(source) if token.kind == "reference" else source
        if self._regions.translated:
            return Text(source, plain)
        is_atom = self._regions.in_sentence and len(plain) <= _MAX_ATOM_CHARACTERS
        return Atom(source, plain) if is_atom else Mark(source)

    def _start(self, token: SourceToken) -> Iterator[Item]:
        translate = token.translate
        translated = self._regions.translated if translate is None else translate
        self._regions.start(token.tag, translate=translate)
        parts = [token.source]  # source and values in turn
        for name, start, end in attributes_of(token.source) if translated else ():
            value = token.source[start:end]
            if name in _ATTRIBUTES and is_translatable(value):
                position = len(token.source) - len(parts[-1])
                parts[-1:] = [token.source[position:start], value, token.source[end:]]
        first, *others = parts
        if token.tag in BLOCKS:
            yield Mark(first, "break", token.tag)
        else:
            yield Mark(first, "standalone" if token.tag in VOID else "open", token.tag)
        for value, rest in zip(others[::2], others[1::2], strict=True):
            yield Mark(value, "standalone", str(len(self.values)))
            yield Mark(rest)
            self.values.append(value)


def _value_items(value: str) -> list[Item]:
    """Return the items of an attribute value: texts, with the quotes as marks."""
    quote = value[0] if value[0] in "\"'" else ""
    inner = value[len(quote) : len(value) - len(quote)]
    texts = [Text(part, unescape(part)) for part in _REFERENCE.split(inner) if part]
    return [Mark(quote), *texts, Mark(quote)]


def _value(source: str, outputs: Sequence[Output]) -> str:
    """Write a translated attribute value; quote it if it has changed and was unquoted."""
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
    if isinstance(output, Mark) and output.role == "standalone":
        return replaced.get(output.name, output.source)
    return output.source


def _decode(data: bytes) -> tuple[bytes, str, str]:
    """Return the byte order mark, the markup and the name of the encoding."""
    try:
        return *decode(data), "utf-8"
    except DocumentError:
        declared = _CHARSET.search(data[:_CHARSET_BYTES])
        if declared is None:
            raise
    try:
        charset = codecs.lookup(declared[1].decode("ascii")).name
        charset = "cp1252" if charset in _LATIN else charset
        markup = data.decode(charset)
    except (LookupError, UnicodeError):
        raise DocumentError("the file is not in its declared encoding") from None
    if markup.encode(charset) != data:
        raise DocumentError("the file is not in its declared encoding")
    return b"", markup, charset
