"""What the readers of reStructuredText and AsciiDoc share: blocks of lines, with inline markup.

Both are read line by line, and what is not plainly text stays. A translation that could be taken
for markup is not used.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from documents.core.inline import translate_marked
from documents.core.rounds import Rounds, gather_each
from documents.core.spans import Item, Output, Text
from documents.core.text_ranges import Edit, apply_edits

_LINE = re.compile(r"([^\r\n]*)(?:\r\n|\r|\n|$)")
_WRAP = re.compile(r"([ \t]*(?:\r\n|\r|\n)[ \t]*)")


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A line: its start in the file, and its text without the line ending."""

    start: int
    text: str

    @property
    def is_blank(self) -> bool:
        """Whether the line has no text."""
        return not self.text.strip()

    @property
    def indent(self) -> int:
        """The number of blanks that the line begins with."""
        return len(self.text) - len(self.text.lstrip())


@dataclass(frozen=True, slots=True)
class Block:
    """The range of a text, and what else changes when its translation has another width."""

    start: int
    end: int
    also: Callable[[str], Iterable[Edit]] = lambda written: ()


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the text of a block is read and written."""

    inline: re.Pattern[str]  # finds markup within a block
    markup: Callable[[re.Match[str]], Iterable[Item]]  # returns the items of what it found
    write: Callable[[Sequence[Output]], str]
    reserved: str  # characters of inline markup
    block_start: re.Pattern[str]  # what a paragraph must not begin with


def source_lines(text: str) -> list[SourceLine]:
    """Return the lines of a file."""
    return [SourceLine(line.start(), line[1]) for line in _LINE.finditer(text)]


def translate_blocks(text: str, blocks: Sequence[Block], dialect: Dialect) -> Rounds[str]:
    """Translate blocks, which are in order and do not overlap."""
    written = yield from gather_each(
        lambda block: _translate(text[block.start : block.end], dialect), blocks
    )
    edits: list[Edit] = []
    for block, new in zip(blocks, written, strict=True):
        if new != text[block.start : block.end]:
            edits += [(block.start, block.end, new), *block.also(new)]
    return apply_edits(text, sorted(edits))


def wrapped_texts(source: str) -> Iterator[Text]:
    """Yield the items of a text without markup; a line break in it is a blank."""
    for number, part in enumerate(_WRAP.split(source)):
        if part:
            yield Text(part, " " if number % 2 else part)


def _items(source: str, dialect: Dialect) -> Iterator[Item]:
    position = 0
    for match in dialect.inline.finditer(source):
        yield from wrapped_texts(source[position : match.start()])
        yield from dialect.markup(match)
        position = match.end()
    yield from wrapped_texts(source[position:])


def _translate(source: str, dialect: Dialect) -> Rounds[str]:
    if "\\" in source:  # escapes: what they mean depends on what is beside them
        return source
    outputs = yield from translate_marked(_items(source, dialect), dialect.reserved)
    if not any(isinstance(output, str) for output in outputs):
        return source
    written = dialect.write(outputs)
    starts = dialect.block_start.match(written) and not dialect.block_start.match(source)
    return source if starts else written
