"""Plain text: every line is a text; line ends, indentation and blank lines stay."""

import re

from documents.encoding import decode
from documents.rounds import Conversation
from documents.text_ranges import Slot, translate_slots

_LINE = re.compile(r"[^\r\n]+")


def translate_text(data: bytes) -> Conversation[bytes]:
    """Translate a UTF-8 file; raise `DocumentError` for another encoding."""
    bom, text = decode(data)
    slots = (Slot(*line.span(), line[0]) for line in _LINE.finditer(text))
    translated = yield from translate_slots(text, slots)
    return bom + translated.encode()
