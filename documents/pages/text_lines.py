"""The lines of a plain text: where their text is, and which of them are prose."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from documents.core.wrapping import visible_width

_LINE = re.compile(r"([^\r\n]*)(?:\r\n|\r|\n|$)")
_MARKER = (
    r"(?:[-*+•‣◦▪–—·]|\(?(?:\d{1,3}|[A-Za-z]|[ivxIVX]{1,5})[.)]|\[[ xX\d]{1,4}\])[ \t]+"  # of lists
)
_PREFIX = re.compile(rf"(?P<indent>[ \t\u3000]*)(?P<quote>(?:[>|]\s?)*)(?P<marker>(?:{_MARKER})?)")
_NOT_PROSE = re.compile(
    r"""
      \S[ ]{3,}\S | \t                         # columns
    | ^\W*$ | ^(?:\#|//|/\*|\$\ |<[?!/\w]|@\w)    # rules and code
    | [{}]$ | \w\(.*\);$ | \|.*\| | ^[\w-]+:\s | ^[\w.-]+\ ?=
    """,
    re.VERBOSE,
)
_SIGNATURE = "--"


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line: its positions in the file, what is before its text, and whether it may be wrapped."""

    line_start: int
    start: int  # of the text
    end: int  # of the text; the line ending and blanks before it follow
    prefix: str
    has_marker: bool  # of a list
    is_prose: bool  # a paragraph may begin or continue here
    text: str

    @property
    def width(self) -> int:
        """How wide the line is, in columns."""
        return visible_width(self.prefix) + visible_width(self.text)


def read_lines(text: str) -> list[TextLine]:
    """Return the lines of a text; those of a signature and of quoted letters are not prose."""
    return list(_lines(text))


def _lines(text: str) -> Iterator[TextLine]:
    in_signature = False
    for match in _LINE.finditer(text):
        line = match[1]
        prefix = _PREFIX.match(line)
        assert prefix is not None, "the pattern matches any line"
        content = line[prefix.end() :].rstrip()
        in_signature = line.rstrip() == _SIGNATURE or (in_signature and bool(content))
        is_prose = bool(content) and not prefix["quote"] and not in_signature
        start = match.start() + prefix.end()
        yield TextLine(
            match.start(),
            start,
            start + len(content),
            prefix[0],
            bool(prefix["marker"]),
            is_prose and not _NOT_PROSE.search(content),
            content,
        )
