"""The messages of a gettext catalogue, with the positions of their parts."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from documents.core.rounds import DocumentError

Range = tuple[int, int]

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_STRING = r'"(?:[^"\\\n]++|\\.)*+"'
_STRINGS = rf"{_STRING}(?:\s*{_STRING})*"
_ONE_STRING = re.compile(_STRING)
_NAME = r"msgctxt|msgid|msgid_plural|msgstr(?:\[\d{1,2}\])?"
_KEYWORD = re.compile(rf"\s*({_NAME})\s*({_STRINGS})\s*")
_CONTINUATION = re.compile(rf"\s*({_STRINGS})\s*")
_BYTES = re.compile(r"(?:\\(?:x[0-9a-fA-F]{1,2}|[0-7]{1,3}))+")
_BYTE = re.compile(r"\\(?:x([0-9a-fA-F]+)|([0-7]+))")
_ESCAPE = re.compile(rf"({_BYTES.pattern})|\\(.)")
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_ESCAPES = str.maketrans(
    {"\\": "\\\\", '"': '\\"'} | {char: f"\\{name}" for name, char in _ESCAPED.items()}
)


@dataclass(slots=True)
class Field:
    """A string of an entry.

    `lines` is the range of its lines, `strings` that of its strings, and `parts` what is between
    their quotes.
    """

    lines: Range
    strings: Range
    parts: list[str]

    @property
    def source(self) -> str:
        """The string with its escapes."""
        return "".join(self.parts)


@dataclass(slots=True)
class Entry:
    """A message. `flags` is the range of its line of flags without the line ending.

    `previous` are the ranges of the lines with its former texts, and `top` is the position at which
    a line of flags is inserted.
    """

    line: int
    top: int
    flags: Range | None
    previous: list[Range]
    fields: dict[str, Field] = field(default_factory=dict)

    @property
    def is_header(self) -> bool:
        """Whether its translation is about the catalogue."""
        return not self.fields["msgid"].source and "msgctxt" not in self.fields

    @property
    def forms(self) -> dict[int, Field]:
        """The fields of its translation by number, in the order of the file."""
        return {
            int(name[7:-1] or 0): form
            for name, form in self.fields.items()
            if name.startswith("msgstr")
        }


def read_entries(text: str) -> list[Entry]:
    """Parse a catalogue, without obsolete entries. Raise `DocumentError` for invalid syntax."""
    reader = _Reader()
    for number, line in enumerate(_LINE.finditer(text), 1):
        reader.read(number, line)
    for entry in reader.entries:
        if "msgid" not in entry.fields or not entry.forms:
            raise DocumentError(f"the entry at line {entry.line} lacks its msgid or msgstr")
    return reader.entries


def unescape(source: str, charset: str) -> str:
    """Return a string without escapes; `\\303` and `\\xc3` are bytes in the catalogue's charset.

    Bytes that are invalid in it become surrogates, so that the string cannot be translated.
    """

    def replace(match: re.Match[str]) -> str:
        if match[1] is None:
            return _ESCAPED.get(match[2], match[2])
        codes = (int(x, 16) if x else int(o, 8) for x, o in _BYTE.findall(match[1]))
        return bytes(code & 0xFF for code in codes).decode(charset, "surrogateescape")

    return _ESCAPE.sub(replace, source) if "\\" in source else source


def quote(text: str, newline: str) -> str:
    """Quote and escape a string; several lines become several strings, one per line."""
    lines = [f'"{line.translate(_ESCAPES)}"' for line in text.splitlines(keepends=True)]
    return lines[0] if len(lines) == 1 else newline.join(['""', *lines])


class _Reader:
    """Builds entries from lines."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self._field: Field | None = None
        self._flags: Range | None = None
        self._previous: list[Range] = []
        self._complete = True  # whether the next keyword may begin an entry

    def read(self, number: int, match: re.Match[str]) -> None:
        """Read the next line."""
        line = match[0]
        if line.lstrip().startswith("#"):
            self._comment(match)
        elif keyword := _KEYWORD.fullmatch(line):
            self._keyword(number, match, keyword)
        elif (more := _CONTINUATION.fullmatch(line)) and self._field is not None:
            self._field.lines = (self._field.lines[0], match.end())
            self._field.strings = (self._field.strings[0], match.start() + more.end(1))
            self._field.parts += _contents(more[1])
        elif line.strip():
            raise DocumentError(f"line {number} is neither a comment nor part of a message")

    def _comment(self, match: re.Match[str]) -> None:
        self._field = None
        self._complete = True
        if match[0].startswith("#,"):
            self._flags = (match.start(), match.start() + len(match[0].rstrip("\r\n")))
        elif match[0].startswith("#|"):
            self._previous.append(match.span())

    def _keyword(self, number: int, line: re.Match[str], match: re.Match[str]) -> None:
        name = match[1]
        if self._complete or name == "msgctxt" or (name == "msgid" and self._has("msgid")):
            top = self._previous[0][0] if self._previous else line.start()
            self.entries.append(Entry(number, top, self._flags, self._previous))
            self._flags, self._previous = None, []
            self._complete = False
        if self._has(name):
            raise DocumentError(f"line {number} repeats the {name} of its entry")
        start = line.start()
        self._field = Field(
            line.span(), (start + match.start(2), start + match.end(2)), [*_contents(match[2])]
        )
        self.entries[-1].fields[name] = self._field

    def _has(self, name: str) -> bool:
        return bool(self.entries) and name in self.entries[-1].fields


def _contents(strings: str) -> Iterator[str]:
    """Yield what is between the quotes of adjacent strings."""
    return (string[0][1:-1] for string in _ONE_STRING.finditer(strings))
