"""gettext catalogues (.po): untranslated messages are translated and flagged fuzzy for review."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from documents.encoding import decode
from documents.rounds import DocumentError, Rounds
from documents.spans import is_translatable
from documents.text_ranges import Edit, apply_edits, translate_texts

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_STRING = r'"(?:[^"\\]|\\.)*"'
_KEYWORD = re.compile(rf"\s*(msgctxt|msgid|msgid_plural|msgstr(?:\[\d+\])?)\s*({_STRING})\s*")
_CONTINUATION = re.compile(rf"\s*({_STRING})\s*")
_FLAGS = re.compile(r"#,[^\r\n]*")
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{1,2}|[0-7]{1,3}|.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_ESCAPES = str.maketrans(
    {"\\": "\\\\", '"': '\\"'} | {char: f"\\{name}" for name, char in _ESCAPED.items()}
)


@dataclass(slots=True)
class _Field:
    """A string of an entry: its range in the file, and its source without the quotes."""

    start: int
    end: int
    source: str

    @property
    def text(self) -> str:
        """The string without escapes."""
        return _ESCAPE.sub(_unescape, self.source)


@dataclass(slots=True)
class _Entry:
    """A message; `flags` matches its line of flags, `top` is the position to insert one at."""

    line: int
    top: int
    flags: re.Match[str] | None
    fields: dict[str, _Field] = field(default_factory=dict)


def translate_gettext(data: bytes) -> Rounds[bytes]:
    """Fill each empty `msgstr` of a UTF-8 file and flag its entry as fuzzy.

    Existing translations stay. Raise `DocumentError` for a damaged file.
    """
    bom, text = decode(data)
    newline = "\r\n" if "\r\n" in text else "\n"
    untranslated = [string for entry in _entries(text) for string in _untranslated(entry)]
    translations = yield from translate_texts([plain for _, _, plain in untranslated])
    edits: list[Edit] = []
    flagged: _Entry | None = None
    for (entry, empty, _), translation in zip(untranslated, translations, strict=True):
        if entry is not flagged:
            edits += _flag_fuzzy(entry, newline)
            flagged = entry
        edits.append((empty.start, empty.end, _write(translation, newline)))
    return bom + apply_edits(text, edits).encode()


def _entries(text: str) -> list[_Entry]:
    """Parse a catalogue; raise `DocumentError` for invalid syntax."""
    reader = _Reader()
    for number, line in enumerate(_LINE.finditer(text), 1):
        reader.read(number, line)
    for entry in reader.entries:
        if "msgid" not in entry.fields or not any(name[:6] == "msgstr" for name in entry.fields):
            raise DocumentError(f"the entry at line {entry.line} lacks its msgid or msgstr")
    return reader.entries


class _Reader:
    """Builds entries from lines."""

    def __init__(self) -> None:
        self.entries: list[_Entry] = []
        self._field: _Field | None = None
        self._flags: re.Match[str] | None = None
        self._top: int | None = None
        self._complete = True  # whether the next keyword may begin an entry

    def read(self, number: int, match: re.Match[str]) -> None:
        """Read the next line."""
        line = match[0]
        if line.lstrip().startswith("#"):
            self._comment(match)
        elif keyword := _KEYWORD.fullmatch(line):
            self._keyword(number, match.start(), keyword)
        elif (more := _CONTINUATION.fullmatch(line)) and self._field is not None:
            self._field.end = match.start() + more.end(1)
            self._field.source += more[1][1:-1]
        elif line.strip():
            raise DocumentError(f"line {number} is neither a comment nor part of a message")

    def _comment(self, match: re.Match[str]) -> None:
        self._field = None
        self._complete = True
        if match[0].startswith("#,"):
            self._flags = match
        elif match[0].startswith("#|") and self._top is None:
            self._top = match.start()

    def _keyword(self, number: int, start: int, match: re.Match[str]) -> None:
        name = match[1]
        if self._complete or name == "msgctxt" or (name == "msgid" and self._has("msgid")):
            top = start if self._top is None else self._top
            self.entries.append(_Entry(number, top, self._flags))
            self._flags = self._top = None
            self._complete = False
        if self._has(name):
            raise DocumentError(f"line {number} repeats the {name} of its entry")
        self._field = _Field(start + match.start(2), start + match.end(2), match[2][1:-1])
        self.entries[-1].fields[name] = self._field

    def _has(self, name: str) -> bool:
        return bool(self.entries) and name in self.entries[-1].fields


def _untranslated(entry: _Entry) -> Iterator[tuple[_Entry, _Field, str]]:
    """Yield each empty field with its entry and the text whose translation belongs there."""
    if not entry.fields["msgid"].source and "msgctxt" not in entry.fields:
        return  # the header
    singular = entry.fields["msgid"].text
    plural = entry.fields["msgid_plural"].text if "msgid_plural" in entry.fields else singular
    forms = [name for name in entry.fields if name.startswith("msgstr")]
    for name in forms:
        # A language with a single form uses it for any number.
        plain = singular if name == "msgstr[0]" and len(forms) > 1 else plural
        if not entry.fields[name].source and is_translatable(plain):
            yield entry, entry.fields[name], plain


def _flag_fuzzy(entry: _Entry, newline: str) -> list[Edit]:
    if entry.flags is None:
        return [(entry.top, entry.top, f"#, fuzzy{newline}")]
    flags = entry.flags[0].rstrip("\r\n")
    if "fuzzy" in flags:
        return []
    end = entry.flags.start() + len(flags)
    return [(end, end, ", fuzzy")]


def _unescape(match: re.Match[str]) -> str:
    code = match[1]
    if code[0] == "x" and len(code) > 1:
        return chr(int(code[1:], 16))
    return chr(int(code, 8)) if code[0] in "01234567" else _ESCAPED.get(code, code)


def _write(text: str, newline: str) -> str:
    """Quote and escape a string; several lines become several strings, one per line."""
    lines = [f'"{line.translate(_ESCAPES)}"' for line in text.splitlines(keepends=True)]
    return lines[0] if len(lines) == 1 else newline.join(['""', *lines])
