"""Markdown: text is translated, that in HTML too; code, link targets, borders and layout stay."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from documents.core.inline import translate_marked
from documents.core.legacy_encodings import decode_legacy
from documents.core.options import DocumentOptions
from documents.core.result import TranslatedFile
from documents.core.rounds import Rounds, gather, gather_each
from documents.core.spans import Item, Mark, Output, Text
from documents.core.text_ranges import translate_ranges
from documents.pages.front_matter import front_matter_end, front_matter_texts
from documents.pages.html import translate_html
from documents.pages.markdown_blocks import CELLS, HtmlBlock, TextBlock, read_blocks
from documents.pages.markdown_inline import (
    HARD_BREAK,
    TITLE_OF_LINK,
    InlineReader,
    MisalignedError,
)

_ANCHOR = "anchor "  # begins the names of marks for the anchors of headings
_SPECIAL = re.compile(
    r"""
      \\(?=[!-/:-@\[-`{-~]|\Z) | ` | \*(?!\s) | (?<!\s)\* | ~~
    | (?<![^\W_])_ | _(?![^\W_])      # inside a word it is a character
    | \](?=[(\[:]) | <(?=[A-Za-z/!?]) | &(?=\#?\w+;)
    """,
    re.VERBOSE,
)
_IN_TITLE = re.compile(r"[\\\"'()]")
_SCRIPT = re.compile(r"=\{[^{}]*[<>]|\{[^{}]*=>")  # JavaScript in tags
_LINE_START = re.compile(
    r"^(?:\#{1,6}(?=\s|$)|>|[-+](?=\s|$)|[-=]+\s*$|~~~|:::|\d{1,9}(?=[.)](?:\s|$)))"
)


def translate_markdown(data: bytes, options: DocumentOptions) -> Rounds[TranslatedFile]:
    """Translate a file; raise `DocumentError` if its encoding is unknown."""
    return (yield from _translate_file(data, options, is_mdx=False))


def translate_mdx(data: bytes, options: DocumentOptions) -> Rounds[TranslatedFile]:
    """Translate a file with components of JSX; raise `DocumentError` if its encoding is unknown."""
    return (yield from _translate_file(data, options, is_mdx=True))


def _translate_file(
    data: bytes, options: DocumentOptions, *, is_mdx: bool
) -> Rounds[TranslatedFile]:
    encoding, text = decode_legacy(data, options.source)
    end = front_matter_end(text)
    values = front_matter_texts(text[:end]) if options.include_front_matter else ()
    parts = list(_parts(text[end:], is_mdx=is_mdx))
    front_matter = translate_ranges(text[:end], values)
    written = yield from gather([front_matter, _translate_parts(parts)])
    return encoding.encode("".join(written))


def _translate_parts(parts: Sequence[str | list[Item]]) -> Rounds[str]:
    return "".join((yield from gather_each(_translate_part, parts)))


def _parts(text: str, *, is_mdx: bool) -> Iterator[str | list[Item]]:
    """Yield each block of HTML, and the items of what is between two of them."""
    items: list[Item] = []
    position = 0
    for block in read_blocks(text, is_mdx=is_mdx):
        between = text[position : block.start]
        if isinstance(block, HtmlBlock):
            markup = text[block.start : block.end]
            if _SCRIPT.search(markup):  # HTML would read its `>` as the end of a tag
                continue
            yield [*items, Mark(between, "break")]
            yield markup
            items = []
        else:
            try:
                inside = _read(text, block)
            except MisalignedError:
                continue
            items += (Mark(between, "break", block.kind), *inside)
        position = block.end
    yield [*items, Mark(text[position:], "break")]


def _translate_part(part: str | list[Item]) -> Rounds[str]:
    return translate_html(part) if isinstance(part, str) else _translate_items(part)


def _read(text: str, block: TextBlock) -> list[Item]:
    """Return the items of a block. Raises `MisalignedError`."""
    items = InlineReader(block.content, partial(block.source, text)).read(block.tokens)
    return [Mark("", "standalone", f"{_ANCHOR}{block.anchor}"), *items] if block.anchor else items


def _translate_items(items: Sequence[Item]) -> Rounds[str]:
    """Translate items, and the titles of the links in them."""
    titles = {
        item.name.removeprefix(TITLE_OF_LINK): item.source
        for item in items
        if isinstance(item, Mark) and item.name.startswith(TITLE_OF_LINK)
    }
    texts = [items, *([Text(title, title)] for title in titles)]
    translated, *values = yield from gather_each(translate_marked, texts)
    written = {
        title: "".join(map(_title_source, outputs))
        for title, outputs in zip(titles, values, strict=True)
        if any(isinstance(output, str) for output in outputs)
    }
    return _write(translated, written)


def _title_source(output: Output) -> str:
    """Return a part of a title, in which no quote and no bracket ends it."""
    source = output if isinstance(output, str) else output.source
    return _IN_TITLE.sub(r"\\\g<0>", source)


def _write(outputs: Sequence[Output], titles: Mapping[str, str]) -> str:
    """Write the source of items, and new texts escaped such that Markdown reads them as text."""
    parts: list[str] = []
    kind = ""
    line_starts = False
    anchor: tuple[int, str] | None = None  # of a heading that is not known to have new text
    for output in outputs:
        if isinstance(output, str):
            parts.append(_escape(output, kind, line_starts=line_starts))
            if anchor is not None:
                parts[anchor[0]] = f'<a id="{anchor[1]}"></a>'
                anchor = None
        elif isinstance(output, Mark) and output.name.startswith(TITLE_OF_LINK):
            parts.append(titles.get(output.name.removeprefix(TITLE_OF_LINK), output.source))
        else:
            parts.append(output.source)
        if isinstance(output, Mark) and output.role == "break":
            kind = output.name
            anchor = None
        elif isinstance(output, Mark) and output.name.startswith(_ANCHOR):
            anchor = len(parts) - 1, output.name.removeprefix(_ANCHOR)
        line_starts = isinstance(output, Mark) and (
            output.role == "break" or output.name == HARD_BREAK
        )
    return "".join(parts)


def _escape(text: str, kind: str, *, line_starts: bool) -> str:
    """Escape what a kind of block would not read as text."""
    text = _SPECIAL.sub(r"\\\g<0>", text)
    if kind in CELLS:
        text = text.replace("|", r"\|")
    if line_starts and kind == "paragraph":
        text = _LINE_START.sub(_escape_start, text, count=1)
    return text


def _escape_start(match: re.Match[str]) -> str:
    return f"{match[0]}\\" if match[0].isdigit() else f"\\{match[0]}"
