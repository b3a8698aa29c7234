"""Decodes UTF-8 files such that encoding the text again gives the same bytes."""

import codecs

from documents.rounds import DocumentError


def decode(data: bytes) -> tuple[bytes, str]:
    """Return the byte order mark, b"" if there is none, and the text of a UTF-8 file.

    Raise `DocumentError` for another encoding.
    """
    bom = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
    try:
        return bom, data[len(bom) :].decode()
    except UnicodeDecodeError as error:
        raise DocumentError(f"the file is not UTF-8 at byte {len(bom) + error.start}") from None
