"""Decodes files such that encoding their text again gives the same bytes."""

import codecs
import unicodedata
from dataclasses import dataclass

from documents.core.other_formats import refuse_other_format
from documents.core.result import TranslatedFile
from documents.core.rounds import DocumentError
from documents.core.text_ranges import line_of

_LATIN = frozenset({"ascii", "iso8859-1"})  # browsers decode these as windows-1252
_LEAST_NULS = 0.25  # of the bytes of UTF-16 that are valid UTF-8, too: half of ASCII are NULs
_NOT_CHARSETS = frozenset({"idna", "punycode"})  # whose decoders take quadratic time
_BOMS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",  # before UTF-16, whose mark it begins with
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_CONTROLS = "\t\n\r\f"  # that texts have
_NOT_IN_TEXT = frozenset({"Cc", "Cn", "Co", "Cs"})


class EncodingError(DocumentError):
    """The file is not in the encoding that it should have. `start` is the first such byte."""

    def __init__(self, message: str, start: int) -> None:
        super().__init__(message)
        self.start = start


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a file is encoded: its byte order mark, b"" if there is none, and its encoding.

    A notice says how the encoding was found, where the file does not tell it.
    """

    bom: bytes = b""
    name: str = "utf-8"
    notice: str = ""

    def encode(self, text: str, utf8_bom: bytes = codecs.BOM_UTF8) -> TranslatedFile:
        """Return the file; it is UTF-8 with that mark if its own encoding lacks a character."""
        notices = (self.notice,) if self.notice else ()
        if self.has(text):
            return TranslatedFile(self.bom + text.encode(self.name), notices)
        notice = f"the file is in UTF-8 now: {self.name} lacks a character of the translation"
        return TranslatedFile(utf8_bom + text.encode(), (*notices, notice))

    def has(self, text: str) -> bool:
        """Return whether the encoding has all characters of a text."""
        try:
            text.encode(self.name)
        except UnicodeEncodeError:
            return False
        return True


def decode(data: bytes) -> tuple[Encoding, str]:
    """Return the encoding and the text of a file in UTF-8, or with a byte order mark.

    UTF-16 without a mark is recognised by its NUL bytes. Raise `EncodingError` for another
    encoding, and `DocumentError` for a text with a NUL, or a file in a format that is not text.
    """
    refuse_other_format(data)
    bom = next((bom for bom in _BOMS if data.startswith(bom)), b"")
    if not bom and (found := _utf16(data)):
        return found
    encoding = Encoding(bom, _BOMS.get(bom, "utf-8"))
    try:
        text = data[len(bom) :].decode(encoding.name)
    except UnicodeDecodeError as error:
        start = len(bom) + error.start
        name = encoding.name[:6].rstrip("-").upper()
        raise EncodingError(f"the file is not {name} at byte {start}", start) from None
    return encoding, _without_nul(text)


def decode_declared(data: bytes, charset: str) -> tuple[Encoding, str]:
    """Return the encoding and the text of a file that says which encoding it has.

    Raise `DocumentError` if it has another one.
    """
    text: str | None = None
    try:
        name = codecs.lookup(charset).name
        name = "cp1252" if name in _LATIN else name
        text = data.decode(name) if name not in _NOT_CHARSETS else None
        is_exact = text is not None and text.encode(name) == data
    except (LookupError, UnicodeError):
        is_exact = False
    if text is None or not is_exact:
        raise DocumentError("the file is not in its declared encoding")
    return Encoding(name=name), _without_nul(text)


def has_byte_order_mark(data: bytes) -> bool:
    """Return True if a file begins with the mark of UTF-8, UTF-16 or UTF-32."""
    return data.startswith(tuple(_BOMS))


def _utf16(data: bytes) -> tuple[Encoding, str] | None:
    """Return the encoding and the text of UTF-16 without a mark; None if it is not plainly that."""
    nul = data.find(b"\0")
    if nul < 0 or len(data) % 2:
        return None
    if data.count(0) < len(data) * _LEAST_NULS and _is_utf8(data):
        return None  # a text with a NUL in it
    name = "utf-16-le" if nul % 2 else "utf-16-be"
    try:
        text = data.decode(name)
    except UnicodeDecodeError:
        return None
    characters = set(text).difference(_CONTROLS)
    if any(unicodedata.category(character) in _NOT_IN_TEXT for character in characters):
        return None
    return Encoding(name=name, notice=f"the file was read as {name.upper()}, without a mark"), text


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _without_nul(text: str) -> str:
    """Return the text; raise `DocumentError` if it has a NUL, which no text needs."""
    position = text.find("\0")
    if position >= 0:
        line = line_of(text, position)
        raise DocumentError(f"the file has a NUL character in line {line}, so it is no text")
    return text
