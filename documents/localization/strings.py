"""Apple's strings files (.strings): `"name" = "text";`."""

import re
from collections.abc import Iterator
from functools import partial

from documents.core.encoding import decode
from documents.core.options import DocumentOptions
from documents.core.result import TranslatedFile
from documents.core.rounds import DocumentError, Rounds
from documents.core.text_ranges import TextRange, line_of, translate_ranges
from documents.localization.surrogates import join_surrogates

_QUOTED = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"' + r"|'[^'\\]*+(?:\\.[^'\\]*+)*+'"
_GAP = re.compile(r"(?:\s++|//[^\r\n]*+|/\*(?:[^*]++|\*(?!/))*+\*/)*+")
_STRING = re.compile(rf"{_QUOTED}|(?!/[/*])[\w$/:.-]++", re.DOTALL)
_ESCAPE = re.compile(r"\\(U[0-9a-fA-F]{1,4}|u[0-9a-fA-F]{4}|[0-7]{1,3}|.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


def translate_strings(data: bytes, options: DocumentOptions) -> Rounds[TranslatedFile]:
    """Translate a file in UTF-8, or UTF-16 with a byte order mark.

    Raise `DocumentError` for another encoding, and for property lists in other shapes.
    """
    if data.startswith((b"bplist", b"<?xml", b"\xef\xbb\xbf<?xml")):
        raise DocumentError("the file is a binary or XML property list, not one of strings")
    encoding, text = decode(data)
    text_ranges = (text_range for name, text_range in _values(text) if options.wants(name))
    translated = yield from translate_ranges(text, text_ranges)
    return encoding.encode(translated)


def _values(text: str) -> Iterator[tuple[str, TextRange]]:
    """Yield names with the ranges of their texts; raise `DocumentError` for invalid syntax."""
    position = _skip(text, 0)
    while position < len(text):
        name = _STRING.match(text, position)
        if name is None:
            raise DocumentError(f"line {line_of(text, position)} does not begin with a name")
        position = _skip(text, name.end())
        if text.startswith("=", position):
            start = _skip(text, position + 1)
            value = _STRING.match(text, start)
            if value is None:
                raise DocumentError(f"line {line_of(text, start)} has a value that is not a string")
            if value[0][0] in "\"'":
                write = partial(_write, source=value[0])
                yield _read(name[0]), TextRange(*value.span(), _read(value[0]), write)
            position = _skip(text, value.end())
        if not text.startswith(";", position):
            raise DocumentError(f"line {line_of(text, position)} lacks a semicolon")
        position = _skip(text, position + 1)


def _skip(text: str, position: int) -> int:
    """Return the position after blanks and comments."""
    gap = _GAP.match(text, position)
    assert gap is not None, "the pattern matches nothing, too"
    return gap.end()


def _read(source: str) -> str:
    """Return a string without quotes and escapes."""
    if source[0] not in "\"'":
        return source
    return join_surrogates(_ESCAPE.sub(_unescape, source[1:-1]))


def _unescape(match: re.Match[str]) -> str:
    code = match[1]
    if code[0] in "Uu" and len(code) > 1:
        return chr(int(code[1:], 16))
    if code[0] in "01234567":
        # Beyond ASCII, it is in the character set of NeXTSTEP; a surrogate is not translated.
        return chr(int(code, 8)) if int(code, 8) < 0x80 else "\ud800"
    return _ESCAPED.get(code, code)


def _write(text: str, source: str) -> str:
    """Quote and escape a string; it has line ends without escapes where its source has them."""
    quote = source[0]
    raw = "\n\r\t" if "\n" in source else "\t" if "\t" in source else ""
    escapes = {ord(char): f"\\{name}" for name, char in _ESCAPED.items() if char not in raw}
    written = re.sub(rf"[\\{quote}]", r"\\\g<0>", text).translate(escapes)
    return f"{quote}{written}{quote}"
