"""Finds the paragraphs of a plain text that were wrapped at a margin.

A line break is a wrap if the next word would not have fit into the line. That holds by chance in
verse, addresses and lists of names, too, so sentences must go on after most of the breaks.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import pairwise

from documents.core.wrapping import may_break, visible_width
from documents.pages.text_lines import TextLine

_SENTENCE_END = re.compile(r"[.!?…:;。！？؟।][\"'”’»)\]」』）]*$")
_FIRST_WORD = re.compile(r"\S+")
_NEAR = 0.8  # of the file's margin, which other paragraphs keep
_USUAL = 0.9  # share of the wrapped lines that are within the margin
_MAX_MARGIN = 120  # columns; longer lines are not wrapped
_MIN_WIDTH = 16
_MIN_PAIRS = 3  # to recognise a paragraph by itself
_MOST, _HALF = 0.7, 0.5  # of the line breaks
# Authors also end a line earlier than at the margin: inside a sentence, and after one.
_LENIENT, _LATE = 0.85, 0.92

Pair = tuple[TextLine, TextLine]


def paragraphs(lines: Sequence[TextLine]) -> Iterator[tuple[int, int]]:
    """Yield the ranges of lines that are wrapped paragraphs of two lines or more."""
    blocks = list(_blocks(lines))
    margin = _margin([pair for start, end in blocks for pair in pairwise(lines[start:end])])
    for start, end in blocks:
        if margin and _is_wrapped(lines[start:end], margin):
            yield from _split(lines, start, end, _own_margin(lines[start:end], margin))


def _blocks(lines: Sequence[TextLine]) -> Iterator[tuple[int, int]]:
    """Yield ranges of two or more lines of prose that could be one paragraph."""
    start = 0
    for number in range(1, len(lines) + 1):
        if number < len(lines) and _may_continue(lines, start, number):
            continue
        if number - start > 1:
            yield start, number
        start = number


def _may_continue(lines: Sequence[TextLine], start: int, number: int) -> bool:
    """Return True if a line could belong to the paragraph that starts at `start`."""
    first, line = lines[start], lines[number]
    if not (first.is_prose and line.is_prose) or line.has_marker:
        return False
    if number - start > 1:
        return line.prefix == lines[number - 1].prefix
    if first.has_marker:  # the other lines are below the text of the first
        return len(line.prefix) > len(first.prefix) - len(first.prefix.lstrip())
    return True


def _margin(pairs: Sequence[Pair]) -> int:
    """Return the width at which the lines of the file are wrapped; 0 if they are not."""
    widths = sorted(before.width for before, after in pairs if _goes_on(before, after))
    if not widths:
        return 0
    margin = widths[min(len(widths) - 1, int(_USUAL * len(widths)))]
    return margin if _MIN_WIDTH <= margin <= _MAX_MARGIN else 0


def _own_margin(block: Sequence[TextLine], margin: int) -> int:
    """Return the margin of a block: that of the file, unless it keeps a narrower one."""
    width = max(line.width for line in block)
    return width if width < _NEAR * margin or len(block) == 2 else min(width, margin)


def _is_wrapped(block: Sequence[TextLine], margin: int) -> bool:
    pairs = list(pairwise(block))
    own = _own_margin(block, margin)
    lenient = int(_LENIENT * own)
    full = [pair for pair in pairs if _is_full(*pair, lenient if _goes_on(*pair) else own)]
    going_on = sum(_goes_on(*pair) for pair in full)
    if max(line.width for line in block) < _NEAR * margin:
        return len(pairs) >= _MIN_PAIRS and going_on >= _MOST * len(pairs)
    if len(full) < _HALF * len(pairs):
        return False
    is_verse = len(pairs) > 1 and all(_begins_line(*pair) for pair in pairs)
    return going_on > 0 or (not is_verse and all(_is_full(*pair, margin) for pair in pairs))


def _split(
    lines: Sequence[TextLine], start: int, end: int, margin: int
) -> Iterator[tuple[int, int]]:
    """Yield the parts of a block; a line that had room for another word ends one."""
    first = start
    for number in range(start + 1, end + 1):
        before = lines[number - 1]
        share = _LATE if _SENTENCE_END.search(before.text) else _LENIENT
        if number < end and _is_full(before, lines[number], int(share * margin)):
            continue
        if number - first > 1:
            yield first, number
        first = number


def _is_full(before: TextLine, after: TextLine, margin: int) -> bool:
    """Return True if the first word of a line would not have fit into the line before."""
    word = _FIRST_WORD.match(after.text)
    assert word is not None, "prose is not blank"
    if may_break(after.text[:1], after.text[1:2] or after.text[:1]):  # no blanks between words
        return before.width + 2 * visible_width(after.text[:1]) > margin
    return before.width + 1 + visible_width(word[0]) > margin


def _goes_on(before: TextLine, after: TextLine) -> bool:
    """Return True if a sentence plainly goes on in the next line."""
    return not _SENTENCE_END.search(before.text) and _is_small(after.text[:1])


def _begins_line(before: TextLine, after: TextLine) -> bool:
    """Return True if a line begins with a capital letter in the middle of a sentence: verse."""
    return not _SENTENCE_END.search(before.text) and after.text[:1].isupper()


def _is_small(character: str) -> bool:
    """Return True for a letter that is no capital; many scripts have none."""
    return unicodedata.category(character) in ("Ll", "Lo", "Lm")
