"""The text of a cue: its lines are translated as one text, which is wrapped to as many lines.

Lines that start with a dash, a musical note, a sound in brackets or a speaker's name are separate
texts.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import unescape

from documents.core.inline import translate_marked
from documents.core.rounds import Rounds
from documents.core.spans import Item, Mark, Output, Text
from documents.core.wrapping import Glyph, wrap

_TAGS = re.compile(r"(</?[A-Za-z][^<>]*>|<\d[\d:.]*>|\{\\[^{}]*\}|\[br\]|[\[\]♪♫]|>>+|&gt;&gt;)")
_NAME_LABEL = re.compile(r"(\s*(?:-\s*)?([^\W\d_][\w .'’-]{0,30})):(?=\s)")
_SOUND = re.compile(r"\s*(?:-\s*)?[\[(].*[\])]\s*")
_NAME = re.compile(r"</?([A-Za-z]+)")
_REFERENCE = re.compile(r"(&#?\w+;)")
_MAX_CHARACTERS = 20_000  # of lines that are one text: each character is an object for a while
_SPEAKER = re.compile(r"\s*(?:(?:<[^<>]*>|\{[^{}]*\})\s*)*(?:[-–—‐♪♫#*\[(]|>>|&gt;&gt;)")

Line = tuple[str, str]
"""A line and its line ending."""


@dataclass(frozen=True, slots=True)
class CueFormat:
    """How the text of a cue is read and written."""

    read: Callable[[str], Iterator[Item]]  # a line
    write: Callable[[str], str]  # a character
    reserved: str  # characters of its markup


def groups(lines: Sequence[Line], texts: set[int]) -> Iterator[tuple[int, int]]:
    """Yield the ranges of lines that are translated together; `texts` are those with text."""
    start: int | None = None
    characters = 0
    for i in range(len(lines) + 1):
        if start is not None and (
            i not in texts
            or characters + len(lines[i][0]) > _MAX_CHARACTERS
            or _is_separate(lines, i)
        ):
            yield start, i
            start = None
        if start is None and i in texts:
            start, characters = i, 0
        characters += len(lines[i][0]) if start is not None else 0


def translate_cue(lines: Sequence[Line], cue_format: CueFormat) -> Rounds[str]:
    """Translate the lines of a cue; the result lacks the last line ending."""
    outputs = yield from translate_marked(_items(lines, cue_format), cue_format.reserved)
    if not any(isinstance(output, str) for output in outputs):
        return "".join(map("".join, lines[:-1])) + lines[-1][0]
    glyphs = _glyphs(outputs, cue_format)
    if len(lines) == 1:
        return "".join(source for source, _ in glyphs)
    return wrap(list(glyphs), len(lines), lines[0][1])


def replace_cues(
    lines: Sequence[Line], ranges: Sequence[tuple[int, int]], cues: Sequence[str]
) -> str:
    """Return all lines, with the translations of those in `ranges`."""
    parts: list[str] = []
    position = 0
    for (start, end), cue in zip(ranges, cues, strict=True):
        parts += map("".join, lines[position:start])
        parts += (cue, lines[end - 1][1])
        position = end
    return "".join((*parts, *map("".join, lines[position:])))


def tagged_items(line: str, read: Callable[[str], Iterator[Item]]) -> Iterator[Item]:
    """Yield the items of a line with tags such as `<i>`; `read` those of the text between them."""
    for number, part in enumerate(_TAGS.split(line)):
        if number % 2 == 0:
            yield from read(part)
        elif name := _NAME.match(part):
            yield Mark(part, "close" if part[1] == "/" else "open", name[1].lower())
        else:
            yield Mark(part)


def plain_items(text: str) -> Iterator[Item]:
    """Yield the item of a text that is written as it is read."""
    if text:
        yield Text(text, text)


def referenced_items(text: str) -> Iterator[Item]:
    """Yield the items of a text with character references."""
    return (Text(part, unescape(part)) for part in _REFERENCE.split(text) if part)


def _is_separate(lines: Sequence[Line], index: int) -> bool:
    """Return True if a line does not continue the one before."""
    line, before = lines[index][0], lines[index - 1][0]
    return bool(_SPEAKER.match(line) or _label(line) or _SOUND.fullmatch(before))


def _label(line: str) -> str:
    """Return the name of the speaker that a line starts with; it is in capitals."""
    match = _NAME_LABEL.match(line)
    return match[1] if match and match[2].isupper() else ""


def _items(lines: Sequence[Line], cue_format: CueFormat) -> Iterator[Item]:
    for i, (line, _) in enumerate(lines):
        if i:
            yield Text(lines[i - 1][1], "\n")
        label = _label(line)
        if label:
            yield from cue_format.read(label)
            yield Mark(":")
        yield from cue_format.read(line[len(label) + 1 :] if label else line)


def _glyphs(outputs: Sequence[Output], cue_format: CueFormat) -> Iterator[Glyph]:
    for output in outputs:
        if isinstance(output, str):
            yield from ((cue_format.write(character), True) for character in output)
        elif isinstance(output, Mark):
            yield output.source, False
        elif output.plain == "\n" or not output.source.strip():
            yield " ", True
        elif output.source == output.plain:
            yield from ((character, True) for character in output.source)
        else:
            yield output.source, True
