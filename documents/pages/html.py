"""HTML: text and some attributes are translated, every other byte stays the same."""

import re
from collections.abc import Iterable, Iterator, Sequence
from html import unescape

from documents.core.encoding import Encoding, EncodingError, decode, decode_declared
from documents.core.inline import translate_marked
from documents.core.legacy_encodings import decode_legacy
from documents.core.options import DocumentOptions
from documents.core.references import ReferenceWriter
from documents.core.result import TranslatedFile
from documents.core.rounds import Rounds, gather_each
from documents.core.spans import Atom, Item, Mark, Output, Text, is_translatable
from documents.core.tag_rules import NO_RULES, TagRules
from documents.pages.foreign_markup import split_foreign
from documents.pages.html_attributes import text_values
from documents.pages.html_regions import BLOCKS, VOID, Regions
from documents.pages.html_tokens import SourceToken, source_tokens
from documents.pages.page_languages import PageLanguages

_RESERVED = "<>&"
_MAX_ATOM_CHARACTERS = 200  # a longer one ends the sentence
_REFERENCE = re.compile(r"(&#?\w+;)")
_CHARSET = re.compile(
    rb"""<(?:meta[^>]{1,200}charset|\?xml[^>]{1,200}encoding)\s*=\s*[\"']?([\w:.-]+)""",
    re.IGNORECASE,
)
_CHARSET_BYTES = 1024  # from the start, as in the HTML standard
_SEVEN_BIT = (b"iso-2022", b"hz")  # encodings that look like ASCII
_FOREIGN = "parts that are marked as another language are not translated"


def translate_html(
    markup: str,
    rules: TagRules = NO_RULES,
    languages: PageLanguages | None = None,
    *,
    is_xml: bool = False,
) -> Rounds[str]:
    """Translate a document or a fragment; malformed markup stays as it is.

    With `languages`, the page states its new language afterwards. In XHTML, which `is_xml`, any
    element may be empty.
    """
    reader = _Reader(rules, languages, is_xml=is_xml)
    blocks = list(_blocks(reader.read(markup)))
    values = [_value_items(value) for value in reader.values]
    translated = yield from gather_each(
        lambda items: translate_marked(items, _RESERVED), (*blocks, *values)
    )
    replaced = {
        str(number): _value(source, items, outputs)
        for number, (source, items, outputs) in enumerate(
            zip(reader.values, values, translated[len(blocks) :], strict=True)
        )
    }
    return "".join(
        _source(output, writer, replaced)
        for items, outputs in zip(blocks, translated, strict=False)
        for writer in [ReferenceWriter(items)]
        for output in outputs
    )


def translate_html_file(data: bytes, options: DocumentOptions) -> Rounds[TranslatedFile]:
    """Translate a file; raise `DocumentError` if its encoding is unknown."""
    return (yield from _translate_page(data, options, is_xml=False))


def translate_xhtml_file(data: bytes, options: DocumentOptions) -> Rounds[TranslatedFile]:
    """Translate a file; raise `DocumentError` if its encoding is unknown."""
    return (yield from _translate_page(data, options, is_xml=True))


def _translate_page(
    data: bytes, options: DocumentOptions, *, is_xml: bool
) -> Rounds[TranslatedFile]:
    encoding, markup = _decode(data, options.source)
    languages = PageLanguages(options.target, options.source)
    translated = yield from translate_html(markup, languages=languages, is_xml=is_xml)
    # Characters that the encoding lacks have references.
    written = translated.encode(encoding.name, "xmlcharrefreplace").decode(encoding.name)
    result = encoding.encode(written)
    notices = (*result.notices, _FOREIGN) if languages.has_foreign_parts else result.notices
    return TranslatedFile(result.data, notices)


class _Reader:
    """Parses HTML into items; attribute values to translate become marks named by their numbers."""

    def __init__(self, rules: TagRules, languages: PageLanguages | None, *, is_xml: bool) -> None:
        self.values: list[str] = []  # of attributes, in source form with quotes
        self._ignored = rules.ignored
        self._breaks = (BLOCKS | rules.splitting) - rules.non_splitting
        self._regions = Regions()
        self._languages = languages
        self._is_xml = is_xml

    def read(self, markup: str, *, within_noscript: bool = False) -> Iterator[Item]:
        """Yield the items of a document; browsers give the content of `noscript` as one text."""
        in_noscript = False
        for token in source_tokens(markup, is_xml=self._is_xml):
            if token.kind == "text" and in_noscript and not within_noscript:
                yield from self.read(token.source, within_noscript=True)
            elif token.kind == "start":
                yield from self._start(token)
            elif token.kind == "text" and self._regions.translated:
                yield from _text_items(token.source)
            else:
                yield self._item(token)
            in_noscript = token.kind == "start" and token.tag == "noscript"

    def _item(self, token: SourceToken) -> Item:
        source = token.source
        if token.kind == "end":
            self._regions.end(token.tag)
            return Mark(source, "break" if token.tag in self._breaks else "close", token.tag)
        if token.kind == "other":
            return Mark(source)
        plain = unescape(source) if token.kind == "reference" else source
        if self._regions.translated:
            return Text(source, plain)
        is_atom = self._regions.in_sentence and len(plain) <= _MAX_ATOM_CHARACTERS
        return Atom(source, plain) if is_atom else Mark(source)

    def _start(self, token: SourceToken) -> Iterator[Item]:
        source, is_foreign = token.source, False
        if self._languages is not None:
            source, is_foreign = self._languages.start(token.tag, source)
        is_ignored = token.tag in self._ignored and not source.endswith("/>")
        translate = False if is_ignored or is_foreign else token.translate
        translated = self._regions.translated if translate is None else translate
        is_empty = token.tag in VOID or (self._is_xml and source.endswith("/>"))
        if not is_empty:
            self._regions.start(token.tag, translate=translate)
        parts = [source]  # source and values in turn
        for start, end in text_values(token.tag, source) if translated else ():
            value = source[start:end]
            if is_translatable(value):
                position = len(source) - len(parts[-1])
                parts[-1:] = [source[position:start], value, source[end:]]
        first, *others = parts
        if token.tag in self._breaks:
            yield Mark(first, "break", token.tag)
        else:
            yield Mark(first, "standalone" if is_empty else "open", token.tag)
        for value, rest in zip(others[::2], others[1::2], strict=True):
            yield Mark(value, "standalone", str(len(self.values)))
            yield Mark(rest)
            self.values.append(value)


def _blocks(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Yield the items from one break up to the next."""
    block: list[Item] = []
    for item in items:
        if isinstance(item, Mark) and item.role == "break" and block:
            yield block
            block = []
        block.append(item)
    yield block


def _text_items(source: str) -> Iterator[Item]:
    """Yield the items of text without references."""
    for part, kind in split_foreign(source):
        if kind == "html":
            yield Text(part, part)
        elif kind == "value" and len(part) <= _MAX_ATOM_CHARACTERS:
            yield Atom(part, part)
        else:
            yield Mark(part)


def _value_items(value: str) -> list[Item]:
    """Return the items of an attribute value, with the quotes as marks."""
    quote = value[0] if value[0] in "\"'" else ""
    items: list[Item] = [Mark(quote, "break")]
    for part in _REFERENCE.split(value[len(quote) : len(value) - len(quote)]):
        if _REFERENCE.fullmatch(part):
            items.append(Text(part, unescape(part)))
        else:
            items += _text_items(part)
    return [*items, Mark(quote, "break")]


def _value(source: str, items: Sequence[Item], outputs: Sequence[Output]) -> str:
    """Write a translated attribute value; quote it if it has changed and was unquoted."""
    quoted = source[0] in "\"'"
    old, new = ("'", "&#39;") if source[0] == "'" else ('"', "&quot;")
    writer = ReferenceWriter(items)
    value = "".join(
        writer.write(output).replace(old, new) if isinstance(output, str) else writer.write(output)
        for output in outputs
    )
    return value if value == source or quoted else f'"{value}"'


def _source(output: Output, writer: ReferenceWriter, replaced: dict[str, str]) -> str:
    if isinstance(output, Mark) and output.role == "standalone":
        return replaced.get(output.name, output.source)
    return writer.write(output)


def _decode(data: bytes, source: str | None) -> tuple[Encoding, str]:
    """Return the encoding and the markup; `source` is the language of the page, if known."""
    declared = _CHARSET.search(data[:_CHARSET_BYTES])
    if declared is not None and (data.isascii() or declared[1].lower().startswith(_SEVEN_BIT)):
        return _declared(data, declared[1])
    try:
        return decode(data)
    except EncodingError:
        if declared is not None:
            return _declared(data, declared[1])
    return decode_legacy(data, source)


def _declared(data: bytes, charset: bytes) -> tuple[Encoding, str]:
    """Decode; as in the HTML standard, a file that can be read as ASCII is not UTF-16."""
    name = charset.decode("ascii").lower()
    return decode(data) if name.startswith("utf-16") else decode_declared(data, name)
