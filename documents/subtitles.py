"""Subtitles (.srt, .vtt): the text of cues is translated; numbers, times and settings stay.

The lines of a cue are translated as one text, which is wrapped to the same number of lines. Lines
that start with a dash or a musical note belong to different speakers and are separate texts.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from html import escape, unescape

from documents.encoding import decode
from documents.inline import translate_marked
from documents.rounds import DocumentError, Rounds, gather
from documents.spans import Item, Mark, Output, Text
from documents.wrapping import Glyph, wrap

_LINE = re.compile(r"([^\r\n]*)(\r\n|\r|\n|$)")
_TIME = r"(?:\d+:)?\d{1,2}:\d{1,2}[,.]\d{1,3}"
_TIMING = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}(?:\s.*)?")
_NUMBER = re.compile(r"\s*\d+\s*")
_MARK = re.compile(r"(</?[A-Za-z][^<>]*>|<\d[\d:.]*>|\{\\[^{}]*\})")
_NAME = re.compile(r"</?([A-Za-z]+)")
_REFERENCE = re.compile(r"(&#?\w+;)")
_SPEAKER = re.compile(r"\s*(?:(?:<[^<>]*>|\{[^{}]*\})\s*)*[-–—‐♪♫#*]")
_HEADER = re.compile(r"WEBVTT(?:[ \t].*)?")

Line = tuple[str, str]
"""A line and its line ending."""


@dataclass(frozen=True, slots=True)
class _Format:
    """How a subtitle format is read and written."""

    find: Callable[[Sequence[Line]], set[int]]  # returns the indices of the lines of text
    read: Callable[[str], Iterator[Item]]
    write: Callable[[str], str]


def translate_srt(data: bytes) -> Rounds[bytes]:
    """Translate a SubRip file in UTF-8; raise `DocumentError` if it is damaged."""
    return _translate(data, _Format(_srt_texts, _plain_texts, str))


def translate_vtt(data: bytes) -> Rounds[bytes]:
    """Translate a WebVTT file; raise `DocumentError` if it is damaged."""
    return _translate(data, _Format(_vtt_texts, _references, partial(escape, quote=False)))


def _translate(data: bytes, subtitle_format: _Format) -> Rounds[bytes]:
    bom, text = decode(data)
    lines: list[Line] = [(line[1], line[2]) for line in _LINE.finditer(text)]
    groups = list(_groups(lines, subtitle_format.find(lines)))
    cues = yield from gather(
        translate_marked(_items(lines[start:end], subtitle_format)) for start, end in groups
    )
    parts: list[str] = []
    position = 0
    for (start, end), outputs in zip(groups, cues, strict=True):
        parts += map("".join, lines[position:start])
        parts += (_write_cue(lines[start:end], outputs, subtitle_format), lines[end - 1][1])
        position = end
    return bom + "".join((*parts, *map("".join, lines[position:]))).encode()


def _timings(lines: Sequence[Line]) -> list[int]:
    """Return the indices of timing lines; raise `DocumentError` for a malformed one."""
    arrows = [i for i, (line, _) in enumerate(lines) if "-->" in line]
    for i in arrows:
        if not _TIMING.fullmatch(lines[i][0]):
            raise DocumentError(f"line {i + 1} is not a timing like 00:00:01,000 --> 00:00:02,500")
    return arrows


def _srt_texts(lines: Sequence[Line]) -> set[int]:
    """Return the indices of lines of text; a cue may have blank lines in it."""
    timings = _timings(lines)
    if not timings and any(line.strip() for line, _ in lines):
        raise DocumentError("no line is a timing like 00:00:01,000 --> 00:00:02,500")
    numbers = {i - 1 for i in timings if i and _NUMBER.fullmatch(lines[i - 1][0])}
    first = min(timings, default=len(lines))
    return {i for i in range(first, len(lines)) if lines[i][0].strip()} - numbers - set(timings)


def _vtt_texts(lines: Sequence[Line]) -> set[int]:
    """Return the indices of lines of text: from a timing to the next blank line."""
    if not _HEADER.fullmatch(lines[0][0]):
        raise DocumentError("the file does not start with WEBVTT")
    texts = set()
    for timing in _timings(lines):
        i = timing + 1
        while i < len(lines) and lines[i][0].strip():
            texts.add(i)
            i += 1
    return texts


def _groups(lines: Sequence[Line], texts: set[int]) -> Iterator[tuple[int, int]]:
    """Yield the ranges of lines that are translated together."""
    start: int | None = None
    for i in range(len(lines) + 1):
        if start is not None and (i not in texts or _SPEAKER.match(lines[i][0])):
            yield start, i
            start = None
        if start is None and i in texts:
            start = i


def _items(lines: Sequence[Line], subtitle_format: _Format) -> Iterator[Item]:
    for i, (line, _) in enumerate(lines):
        if i:
            yield Text(lines[i - 1][1], lines[i - 1][1])
        for number, part in enumerate(_MARK.split(line)):
            if number % 2 == 0:
                yield from subtitle_format.read(part)
            elif name := _NAME.match(part):
                yield Mark(part, "close" if part[1] == "/" else "open", name[1].lower())
            else:
                yield Mark(part)


def _plain_texts(line: str) -> Iterator[Item]:
    if line:
        yield Text(line, line)


def _references(line: str) -> Iterator[Item]:
    return (Text(part, unescape(part)) for part in _REFERENCE.split(line) if part)


def _write_cue(lines: Sequence[Line], outputs: Sequence[Output], subtitle_format: _Format) -> str:
    """Write the text of a cue on the number of lines that it had."""
    if not any(isinstance(output, str) for output in outputs):
        return "".join(map("".join, lines[:-1])) + lines[-1][0]
    glyphs: list[Glyph] = []
    for output in outputs:
        if isinstance(output, str):
            glyphs += [(subtitle_format.write(character), True) for character in output]
        elif isinstance(output, Mark):
            glyphs.append((output.source, False))
        elif not output.source.strip():
            glyphs.append((" ", True))
        elif output.source == output.plain:
            glyphs += [(character, True) for character in output.source]
        else:
            glyphs.append((output.source, True))
    return wrap(glyphs, len(lines), lines[0][1])
