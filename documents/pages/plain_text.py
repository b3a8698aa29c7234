"""Plain text: wrapped lines are one text; others, and cells between tabs, are texts themselves.

Line endings, tabs and indentation stay.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence

from documents.core.legacy_encodings import decode_legacy
from documents.core.options import DocumentOptions
from documents.core.result import TranslatedFile
from documents.core.rounds import Rounds
from documents.core.text_ranges import TextRange, translate_ranges
from documents.core.wrapping import fill, visible_width
from documents.pages.hard_wraps import paragraphs
from documents.pages.text_lines import TextLine, read_lines

# Tabs, and the blanks between two columns; after a sentence there may be two blanks, too.
_COLUMN_GAP = re.compile(r"\t\s*|(?<![.!?:…»”\"')\s])[ ]{2,}|[ ]{3,}")


def translate_text(data: bytes, options: DocumentOptions) -> Rounds[TranslatedFile]:
    """Translate a file; raise `DocumentError` if its encoding is unknown."""
    encoding, text = decode_legacy(data, options.source)
    translated = yield from translate_lines(text, join=options.line_breaks == "join")
    return encoding.encode(translated)


def translate_lines(text: str, *, join: bool) -> Rounds[str]:
    """Translate lines; with `join`, those of a hard-wrapped paragraph together."""
    lines = read_lines(text)
    return (yield from translate_ranges(text, _text_ranges(text, lines, join=join)))


def _text_ranges(text: str, lines: Sequence[TextLine], *, join: bool) -> Iterator[TextRange]:
    ends = dict(paragraphs(lines)) if join else {}
    number = 0
    while number < len(lines):
        end = ends.get(number, number + 1)
        if end > number + 1:
            yield _paragraph(text, lines[number:end])
        else:
            yield from _cells(text, lines[number])
        number = end


def _cells(text: str, line: TextLine) -> Iterator[TextRange]:
    position = line.start
    for gap in (*_COLUMN_GAP.finditer(text, line.start, line.end), None):
        end = gap.start() if gap else line.end
        if position < end:
            yield TextRange(position, end, text[position:end])
        position = gap.end() if gap else line.end


def _paragraph(text: str, lines: Sequence[TextLine]) -> TextRange:
    """Return the text of wrapped lines, which is wrapped again to the width that they had."""
    first, second = lines[0], lines[1]
    newline = text[first.end : second.line_start] + second.prefix
    width = max(line.width for line in lines)
    first_width = width - visible_width(first.prefix)
    other_width = width - visible_width(second.prefix)

    def write(translation: str) -> str:
        return newline.join(fill(translation, first_width, other_width))

    return TextRange(first.start, lines[-1].end, _joined([line.text for line in lines]), write)


def _joined(texts: Sequence[str]) -> str:
    """Join the lines of a paragraph as they were before they were wrapped."""
    joined = [texts[0].rstrip()]
    for text in texts[1:]:
        if joined[-1].endswith("\xad"):  # a soft hyphen
            joined[-1] = joined[-1][:-1]
        elif not _continues_word(joined[-1], text):
            joined.append(" ")
        joined.append(text.strip())
    return re.sub(r"[ \t]+", " ", "".join(joined))


def _continues_word(before: str, after: str) -> bool:
    """Return True if there was no blank at a break: after a hyphen, and in Chinese or Japanese."""
    if re.search(r"[^\W\d_]-$", before):
        return after[:1].islower()
    return _is_unspaced(before[-1:]) and _is_unspaced(after[:1])


def _is_unspaced(character: str) -> bool:
    """Return True for wide characters, but not those of Korean, which writes blanks."""
    is_wide = unicodedata.east_asian_width(character) in "WF"
    return is_wide and not "\uac00" <= character <= "\ud7a3"
