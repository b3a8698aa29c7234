"""Plain text: each line is one text; line endings, indentation and blank lines stay."""

import re

from documents.encoding import decode
from documents.rounds import Rounds
from documents.text_ranges import TextRange, translate_ranges

_LINE = re.compile(r"[^\r\n]+")


def translate_text(data: bytes) -> Rounds[bytes]:
    """Translate a UTF-8 file; raise `DocumentError` for another encoding."""
    bom, text = decode(data)
    text_ranges = (TextRange(*line.span(), line[0]) for line in _LINE.finditer(text))
    translated = yield from translate_ranges(text, text_ranges)
    return bom + translated.encode()
