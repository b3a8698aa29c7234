"""JSON Lines (.jsonl, .ndjson): each line is a value, of which the strings are as in JSON files."""

import json
import re
from collections.abc import Iterator

from documents.core.encoding import decode
from documents.core.options import DocumentOptions
from documents.core.result import TranslatedFile
from documents.core.rounds import DocumentError, Rounds
from documents.core.text_ranges import TextRange, line_of, translate_ranges
from documents.localization.json_source import string_writer, text_ranges_of

_LINE = re.compile(r"[^\r\n]+")


def translate_json_lines(data: bytes, options: DocumentOptions) -> Rounds[TranslatedFile]:
    """Translate a file; raise `DocumentError` for another encoding, or a line that is not JSON."""
    encoding, text = decode(data)
    translated = yield from translate_ranges(text, _text_ranges(text, options))
    return encoding.encode(translated)


def _text_ranges(text: str, options: DocumentOptions) -> Iterator[TextRange]:
    write = string_writer(text)
    for line in _LINE.finditer(text):
        if line[0].isspace():
            continue
        _check(line[0], text, line.start())
        for found in text_ranges_of(line[0], options, write):
            start, end = line.start() + found.start, line.start() + found.end
            yield TextRange(start, end, found.plain, write)


def _check(line: str, text: str, start: int) -> None:
    """Raise `DocumentError` with the number of a line that is not JSON."""
    try:
        json.loads(line)
    except (ValueError, RecursionError) as error:
        number = line_of(text, start)
        column = f", column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        raise DocumentError(f"the file is not valid JSON at line {number}{column}") from None
