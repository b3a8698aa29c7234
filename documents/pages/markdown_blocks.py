"""The blocks of a Markdown file that have text, and where they are in it."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token

from documents.pages.markdown_anchors import linked_headings
from documents.pages.markdown_containers import TITLE, read_containers
from documents.pages.markdown_opaque import keep_opaque, mask_opaque

CELLS = frozenset({"th", "td"})

_LINE = re.compile(r"([^\r\n]*)(?:\r\n|\r|\n|$)")
_BLOCK_MARK = re.compile(r"^[ \t]*(?:[*+-]|\d{1,9}[.)]|\#{1,6}|>)[ \t]", re.MULTILINE)
_READS_MARKDOWN = re.compile(r"<[^<>]*\smarkdown(?:=|[\s>])")
_NOTHING = Token("", "", 0)


@dataclass(frozen=True, slots=True)
class HtmlBlock:
    """A block of HTML: its start and end in the file."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class TextBlock:
    """A block with text: the positions of its lines, and its tokens from markdown-it."""

    kind: str
    content: str
    tokens: Sequence[Token]
    lines: tuple[int, ...]  # start of each line of `content` in the file
    line_starts: tuple[int, ...]  # start of each line in `content`
    anchor: str  # of a heading that the file links to

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


def read_blocks(text: str, *, is_mdx: bool) -> Iterator[TextBlock | HtmlBlock]:
    """Yield the blocks with text; skip those whose content cannot be located in the file."""
    masked = mask_opaque(text)
    blocks = list(_Locator(text).locate(_parser(is_mdx=is_mdx).parse(masked)))
    if any(_has_markdown(text[block.start : block.end], is_mdx=is_mdx) for block in blocks):
        blocks = list(_Locator(text).locate(_parser(is_mdx=is_mdx, has_html=False).parse(masked)))
    yield from blocks


@cache
def _parser(*, is_mdx: bool, has_html: bool = True) -> MarkdownIt:
    """Return a parser; without blocks of HTML, it reads Markdown between their tags."""
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"]).disable("text_join")
    keep_opaque(parser, is_mdx=is_mdx)
    read_containers(parser)
    return parser if has_html else parser.disable(["html_block", "code"])


def _has_markdown(block: str, *, is_mdx: bool) -> bool:
    """Return True for a block of HTML in which the lines of Markdown's lists or headings count."""
    if not block.lstrip().startswith("<") or not _BLOCK_MARK.search(block):
        return False
    return is_mdx or _READS_MARKDOWN.match(block.lstrip()) is not None


class _Locator:
    """Finds the content of tokens in the file, from its start to its end."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines = [match.span(1) for match in _LINE.finditer(text)]
        self._position = 0  # everything before it belongs to earlier blocks

    def locate(self, tokens: Sequence[Token]) -> Iterator[TextBlock | HtmlBlock]:
        """Yield the blocks that tokens describe."""
        anchors = linked_headings(tokens)
        for opening, token in pairwise([_NOTHING, *tokens]):
            if token.map is None or not token.content:
                continue
            if token.type == "inline":
                kind = opening.type.removesuffix("_open")
                starts = self._starts(token, token.map, kind, opening.markup)
                lines = token.content.split("\n")
                if len(starts) == len(lines):
                    line_starts = accumulate((len(line) + 1 for line in lines[:-1]), initial=0)
                    yield TextBlock(
                        kind,
                        token.content,
                        token.children or (),
                        tuple(starts),
                        tuple(line_starts),
                        anchors.get(token.map[0], ""),
                    )
            elif token.type == "html_block" and token.level == 0:
                # The others have the marks of lists and quotes between their lines.
                start = self._lines[token.map[0]][0]
                self._position = self._lines[token.map[1] - 1][1]
                yield HtmlBlock(start, self._position)

    def _starts(self, token: Token, lines: Sequence[int], kind: str, markup: str) -> list[int]:
        """Return where the lines of a block start in the file, as far as they are found."""
        starts: list[int] = []
        content = token.content.split("\n")
        lines_of_block = self._lines[lines[0] : max(lines[1], lines[0] + 1)]  # a term has none
        for line, (begin, end) in zip(content, lines_of_block, strict=False):
            start = max(begin, self._position)
            found = _find(line, self._text[start:end], kind, markup)
            if found is None:
                break
            starts.append(start + found)
            self._position = starts[-1] + len(line)
        return starts


def _find(content: str, line: str, kind: str, markup: str) -> int | None:
    """Return the position of a block's content in a line of the file; None if it is not there."""
    if kind in CELLS or kind == TITLE or markup.startswith("#"):
        found = line.find(content, line.find(markup) + len(markup))
        return None if found < 0 else found
    end = len(line) if line.endswith(content) else len(line.rstrip())
    return end - len(content) if line.endswith(content, 0, end) else None
