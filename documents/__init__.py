"""Translates documents format by format: only text changes, every other byte stays the same.
It imports no other package of ours (translator, gpu_pool, server, bulk).
"""

from collections.abc import Callable

from documents.gettext import translate_gettext
from documents.html import translate_html, translate_html_file
from documents.json_values import translate_json
from documents.markdown import translate_markdown
from documents.plain_text import translate_text
from documents.rounds import DocumentError, Rounds, gather, run_rounds
from documents.subtitles import translate_srt, translate_vtt

__all__ = [
    "FORMATS",
    "DocumentError",
    "Rounds",
    "gather",
    "run_rounds",
    "translate_html",
]


def _translate_docx(data: bytes) -> Rounds[bytes]:
    """Translate a Word file; lxml is imported only when the first one comes."""
    from documents.docx import translate_docx

    return translate_docx(data)


FORMATS: dict[str, Callable[[bytes], Rounds[bytes]]] = {
    ".docx": _translate_docx,
    ".htm": translate_html_file,
    ".html": translate_html_file,
    ".json": translate_json,
    ".markdown": translate_markdown,
    ".md": translate_markdown,
    ".po": translate_gettext,
    ".srt": translate_srt,
    ".txt": translate_text,
    ".vtt": translate_vtt,
}
"""Maps a file name's suffix, in lower case, to its format. Damaged files raise `DocumentError`."""
