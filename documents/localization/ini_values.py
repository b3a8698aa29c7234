"""INI files (.ini): values are translated; sections, names, comments and quotes stay."""

import re
from collections.abc import Iterator

from documents.core.identifiers import is_identifier
from documents.core.legacy_encodings import decode_legacy
from documents.core.options import DocumentOptions
from documents.core.result import TranslatedFile
from documents.core.rounds import DocumentError, Rounds
from documents.core.text_ranges import TextRange, translate_ranges

_LINE = re.compile(r"([^\r\n]*+)(?:\r\n|\r|\n|\Z)")
_SECTION = re.compile(r"\s*\[([^\r\n]+)\][^\]]*")
_NAME = re.compile(r"\s*+([^=:\[\]\s][^=:]*+)[=:]\s*+")
_BARE_NAME = re.compile(r"\s*[\w.-]+\s*")
_QUOTED = re.compile(r'"((?:[^"\\]++|\\.)*+)"(?=\s*(?:[;#].*)?$)')
_COMMENT = re.compile(r"(?<=\s);")


def translate_ini(data: bytes, options: DocumentOptions) -> Rounds[TranslatedFile]:
    """Translate a file in UTF-8 or Windows-1252; raise `DocumentError` for lines of other kinds."""
    encoding, text = decode_legacy(data, options.source)
    text_ranges = (
        text_range
        for path, text_range in _values(text)
        if options.wants(path) and not is_identifier(text_range.plain)
    )
    translated = yield from translate_ranges(text, text_ranges)
    return encoding.encode(translated)


def _values(text: str) -> Iterator[tuple[str, TextRange]]:
    """Yield paths of section and name, and the ranges of values; each line of one is a text."""
    section, path = "", None
    for number, line in enumerate(_LINE.finditer(text), 1):
        source = line[1]
        if not source.strip() or source.lstrip()[0] in ";#":
            continue
        if path is not None and source[0].isspace():
            start = len(source) - len(source.lstrip())
            yield path, _range(source, line.start(), start)
        elif found := _SECTION.fullmatch(source):
            section, path = found[1], None
        elif name := _NAME.match(source):
            path = f"{section}.{name[1].rstrip()}" if section else name[1].rstrip()
            yield path, _range(source, line.start(), name.end())
        elif _BARE_NAME.fullmatch(source):
            path = None
        else:
            raise DocumentError(f"line {number} is not a section, a comment or name = value")


def _range(source: str, line: int, start: int) -> TextRange:
    """Return the range of the value that begins at `start` of a line."""
    quoted = _QUOTED.match(source, start)
    if quoted is not None:
        plain = quoted[1].replace('\\"', '"')
        return TextRange(line + quoted.start(1), line + quoted.end(1), plain, _write_quoted)
    comment = _COMMENT.search(source, start)
    plain = source[start : comment.start() if comment else len(source)].rstrip()
    return TextRange(line + start, line + start + len(plain), plain, _write)


def _write_quoted(text: str) -> str:
    """Write a text on one line, between quotes that are there."""
    return " ".join(text.splitlines()).replace('"', '\\"')


def _write(text: str) -> str:
    """Write a text on one line, without what would begin a comment."""
    *parts, last = " ".join(text.splitlines()).split(";")
    return ";".join((*(part.rstrip() for part in parts), last))
