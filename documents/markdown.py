"""Markdown: text is translated; code, link targets, HTML, table borders and layout stay."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate, pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token

from documents.encoding import decode
from documents.inline import translate_marked
from documents.markdown_inline import HARD_BREAK, InlineReader, MisalignedError
from documents.rounds import Rounds
from documents.spans import Item, Mark, Output

_FRONT_MATTER = re.compile(r"(---|\+\+\+)[ \t]*\r?\n(?:.*\r?\n)*?\1[ \t]*(?:\r?\n|$)")
_LINE = re.compile(r"([^\r\n]*)(?:\r\n|\r|\n|$)")
_CELLS = frozenset({"th", "td"})
_SPECIAL = re.compile(
    r"""
      \\(?=[!-/:-@\[-`{-~]) | ` | \*(?!\s) | (?<!\s)\* | ~~
    | (?<![^\W_])_ | _(?![^\W_])      # inside a word it is a character
    | \](?=[(\[:]) | <(?=[A-Za-z/!?]) | &(?=\#?\w+;)
    """,
    re.VERBOSE,
)
_LINE_START = re.compile(
    r"^(?:\#{1,6}(?=\s|$)|>|[-+](?=\s|$)|[-=]+\s*$|~~~|:::|\d{1,9}(?=[.)](?:\s|$)))"
)


@dataclass(frozen=True, slots=True)
class _Block:
    """A block with text: the positions of its lines, and its tokens from markdown-it."""

    kind: str
    content: str
    tokens: Sequence[Token]
    lines: tuple[int, ...]  # start of each line of `content` in the file
    line_starts: tuple[int, ...]  # start of each line in `content`

    def source(self, text: str, start: int, end: int) -> str:
        """Return the file's source between two positions of `content`."""
        return text[self._file_position(start) : self._file_position(end)]

    @property
    def start(self) -> int:
        """The position in the file at which the text of the block begins."""
        return self.lines[0]

    @property
    def end(self) -> int:
        """The position in the file at which the text of the block ends."""
        return self._file_position(len(self.content))

    def _file_position(self, position: int) -> int:
        line = bisect_right(self.line_starts, position) - 1
        return self.lines[line] + position - self.line_starts[line]


def translate_markdown(data: bytes) -> Rounds[bytes]:
    """Translate a UTF-8 file; raise `DocumentError` for another encoding."""
    bom, text = decode(data)
    outputs = yield from translate_marked(list(_items(text)))
    return bom + "".join(_write(outputs)).encode()


def _items(text: str) -> Iterator[Item]:
    """Yield the items of a file, with a break between blocks."""
    position = 0
    for block in _blocks(text):
        reader = InlineReader(block.content, partial(block.source, text))
        try:
            items = reader.read(block.tokens)
        except MisalignedError:
            continue
        yield Mark(text[position : block.start], "break", block.kind)
        yield from items
        position = block.end
    yield Mark(text[position:], "break")


def _blocks(text: str) -> Iterator[_Block]:
    """Yield the blocks with text; skip those whose content cannot be located in the file."""
    front = _FRONT_MATTER.match(text)
    offset = front.end() if front else 0
    lines = [match.span(1) for match in _LINE.finditer(text, offset)]
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"]).disable("text_join")
    position = offset  # everything before it belongs to earlier blocks
    for opening, token in pairwise(parser.parse(text[offset:])):
        if token.type != "inline" or token.map is None or not token.content:
            continue
        kind = opening.type.removesuffix("_open")
        content = token.content.split("\n")
        starts: list[int] = []
        for line, (begin, end) in zip(content, lines[token.map[0] : token.map[1]], strict=False):
            start = max(begin, position)
            found = _find(line, text[start:end], kind, opening.markup)
            if found is None:
                break
            starts.append(start + found)
            position = starts[-1] + len(line)
        if len(starts) == len(content):
            line_starts = accumulate((len(line) + 1 for line in content[:-1]), initial=0)
            children = token.children or ()
            yield _Block(kind, token.content, children, tuple(starts), tuple(line_starts))


def _find(content: str, line: str, kind: str, markup: str) -> int | None:
    """Return the position of a block's content in a line of the file; None if it is not there."""
    if kind in _CELLS or markup.startswith("#"):
        found = line.find(content, line.find(markup) + len(markup))
        return None if found < 0 else found
    end = len(line) if line.endswith(content) else len(line.rstrip())
    return end - len(content) if line.endswith(content, 0, end) else None


def _write(outputs: Sequence[Output]) -> Iterator[str]:
    """Yield the source of items, and new texts escaped such that Markdown reads them as text."""
    kind = ""
    line_starts = False
    for output in outputs:
        if isinstance(output, str):
            text = _SPECIAL.sub(r"\\\g<0>", output.replace("\n", " "))
            if kind in _CELLS:
                text = text.replace("|", r"\|")
            if line_starts and kind == "paragraph":
                text = _LINE_START.sub(_escape_start, text, count=1)
            yield text
        else:
            yield output.source
        if isinstance(output, Mark) and output.role == "break":
            kind = output.name
        line_starts = isinstance(output, Mark) and (
            output.role == "break" or output.name == HARD_BREAK
        )


def _escape_start(match: re.Match[str]) -> str:
    return f"{match[0]}\\" if match[0].isdigit() else f"\\{match[0]}"
