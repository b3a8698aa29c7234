"""Plain text: every line is a text; line ends, indentation and blank lines stay."""

import re

from translator.documents.conversation import Conversation
from translator.documents.encoding import decode
from translator.documents.slots import Slot, translate_slots

_LINE = re.compile(r"[^\r\n]+")


def translate_text(data: bytes) -> Conversation[bytes]:
    """Translate a UTF-8 file; raise `DocumentError` for another encoding."""
    bom, text = decode(data)
    slots = (Slot(*line.span(), line[0]) for line in _LINE.finditer(text))
    translated = yield from translate_slots(text, slots)
    return bom + translated.encode()
