"""Documents as conversations: their texts out, translations in, all else byte by byte as it was."""

from collections.abc import Callable

from translator.documents.conversation import Conversation, DocumentError, converse, gather
from translator.documents.html import translate_html, translate_html_file

__all__ = [
    "FORMATS",
    "Conversation",
    "DocumentError",
    "converse",
    "gather",
    "translate_html",
]

FORMATS: dict[str, Callable[[bytes], Conversation[bytes]]] = {
    ".html": translate_html_file,
}
"""How to translate a file, by the suffix of its name."""
