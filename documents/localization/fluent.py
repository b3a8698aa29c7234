"""Fluent (.ftl): the text of messages, their attributes and variants is translated.

Names, selectors, placeables and comments stay, and so do terms, which name products.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fluent.syntax import FluentParser, ast

from documents.core.encoding import decode
from documents.core.inline import translate_marked
from documents.core.options import DocumentOptions
from documents.core.result import TranslatedFile
from documents.core.rounds import DocumentError, Rounds, gather_each
from documents.core.spans import Atom, Item, Mark, Output, Text
from documents.core.text_ranges import apply_edits, line_of

_NOT_LANGUAGE = re.compile(r"(?i).*(?:key|style|shortcut)")  # names of attributes
_PARAGRAPH = re.compile(r"((?:[ \t]*\r?\n){2,}[ \t]*)")
_TAG = re.compile(r"(<(/?)([A-Za-z][\w-]*)[^<>]*>)")
_SIMPLE = re.compile(r"\{\s*(?:\$[\w-]+|-?[\w-]+(?:\.[\w-]+)?)\s*\}")
_SYNTAX_AT_START = re.compile(r"\A[.*\[]")


@dataclass(frozen=True, slots=True)
class _Segment:
    """Part of a pattern without selectors, which is translated as a whole."""

    start: int
    end: int
    items: tuple[Item, ...]


def translate_fluent(data: bytes, options: DocumentOptions) -> Rounds[TranslatedFile]:
    """Translate a file; raise `DocumentError` for another encoding or invalid syntax."""
    encoding, text = decode(data)
    try:
        entries = FluentParser(with_spans=True).parse(text).body
        patterns = [pattern for entry in entries for pattern in _patterns(entry, text, options)]
        segments = [segment for pattern in patterns for segment in _segments(pattern, text)]
    except RecursionError:
        raise DocumentError("the placeables are nested too deeply") from None
    outputs = yield from gather_each(
        lambda segment: translate_marked(segment.items, "<>"), segments
    )
    edits = [
        (segment.start, segment.end, _write(segment, output, text))
        for segment, output in zip(segments, outputs, strict=True)
        if any(isinstance(part, str) for part in output)
    ]
    return encoding.encode(apply_edits(text, sorted(edits)))


def _patterns(entry: ast.EntryType, text: str, options: DocumentOptions) -> Iterator[ast.Pattern]:
    """Yield the patterns of a message that are text; raise `DocumentError` for invalid syntax."""
    if isinstance(entry, ast.Junk):
        assert entry.span is not None, "the parser was asked for spans"
        raise DocumentError(f"the entry at line {line_of(text, entry.span.start)} is not valid")
    if not isinstance(entry, ast.Message):
        return
    name = entry.id.name
    if entry.value is not None and options.wants(name):
        yield entry.value
    for attribute in entry.attributes:
        is_text = not _NOT_LANGUAGE.fullmatch(attribute.id.name)
        if is_text and options.wants(f"{name}.{attribute.id.name}"):
            yield attribute.value


def _segments(pattern: ast.Pattern, text: str) -> Iterator[_Segment]:
    """Yield the parts of a pattern between its selectors, and those of the variants."""
    run: list[ast.TextElement | ast.Placeable] = []
    for element in pattern.elements:
        selector = element.expression if isinstance(element, ast.Placeable) else None
        if isinstance(selector, ast.SelectExpression):
            yield from _segment(run, text)
            run = []
            for variant in selector.variants:
                yield from _segments(variant.value, text)
        else:
            run.append(element)
    yield from _segment(run, text)


def _segment(run: Sequence[ast.TextElement | ast.Placeable], text: str) -> Iterator[_Segment]:
    ranges = [(element.span.start, element.span.end) for element in run if element.span]
    sources = [text[slice(*span)] for span in ranges]
    if not any(map(str.isalpha, "".join(sources))) or len("".join(sources).strip()) == 1:
        return  # a single letter is a key
    items: list[Item] = []
    for number, (element, source) in enumerate(zip(run, sources, strict=True)):
        if isinstance(element, ast.Placeable):
            plain = source if _SIMPLE.fullmatch(source) else f"{{{number}}}"
            items.append(Atom(source, plain))
        else:
            items += _items(source)
    yield _Segment(ranges[0][0], ranges[-1][1], tuple(items))


def _items(source: str) -> Iterator[Item]:
    """Yield paragraphs and the tags in them."""
    for i, paragraph in enumerate(_PARAGRAPH.split(source)):
        if i % 2 == 1:
            yield Mark(paragraph, "break")
            continue
        position = 0
        for tag in _TAG.finditer(paragraph):
            if tag.start() > position:
                yield Text(paragraph[position : tag.start()], paragraph[position : tag.start()])
            is_empty = tag[0].endswith("/>") or tag[3].lower() in ("br", "img")
            name = tag[3].lower()
            yield Mark(tag[0], "standalone" if is_empty else "close" if tag[2] else "open", name)
            position = tag.end()
        if position < len(paragraph):
            yield Text(paragraph[position:], paragraph[position:])


def _write(segment: _Segment, outputs: Sequence[Output], text: str) -> str:
    """Write a segment; characters that would be syntax become placeables."""
    parts: list[str] = []
    is_start = not text[text.rfind("\n", 0, segment.start) + 1 : segment.start].strip()
    for output in outputs:
        if isinstance(output, str):
            written = re.sub("[{}]", _literal, output.replace("\n", " "))
            if is_start:
                written = _SYNTAX_AT_START.sub(_literal, written)
        else:
            written = output.source
        parts.append(written)
        _, newline, line = written.rpartition("\n")
        is_start = not line.strip() and (is_start or newline != "")
    return "".join(parts)


def _literal(character: re.Match[str]) -> str:
    return f'{{"{character[0]}"}}'
