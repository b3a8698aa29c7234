r"""The text of Android's strings: `\'`, `\n`, `\u00a0` and quotes, within the escapes of XML."""

import re
from collections.abc import Callable, Sequence

from documents.core.spans import Atom, Item, Mark, Output, Text
from documents.core.xml_text import markup_items, write_markup
from documents.core.xml_tokens import XmlToken
from documents.localization.xml_values import has_html

_MAX_ATOM_CHARACTERS = 200  # a longer one ends the sentence
_PIECE = re.compile(
    r"""
      \\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}  # two halves of a character
    | \\u[0-9a-fA-F]{4} | \\. | \\ | " | [ \t]*[\r\n]\s* | (?:[^\\" \t\r\n]+|[ \t]++(?![\r\n]))+
    """,
    re.VERBOSE | re.DOTALL,
)
_UNICODE = re.compile(r"\\u(....)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t"}
_ESCAPES = {"\\": "\\\\", "'": "\\'", '"': '\\"', "\n": "\\n", "\t": "\\t"}
_SIGN = re.compile(r"\A(\s*(?:<!\[CDATA\[\s*)?)(?=[@?])")  # at the start, that of a reference


def read_android(markup: str) -> list[Item]:
    """Return the items of a string; an `xliff:g` is one, because it is not translated."""
    items = markup_items(markup, _whole)
    plain = "".join(item.plain for item in items if isinstance(item, Text))
    reader = _Reader(has_quotes=not has_html(plain))
    for item in items:
        reader.read(item)
    return reader.items


def write_android(items: Sequence[Item], outputs: Sequence[Output], encoding: str) -> str:
    """Return the source of a string; what the source does not escape, between quotes, is bare."""
    bare = "".join(item.source for item in items if isinstance(item, Text) and _is_bare(item))
    escapes = {character: code for character, code in _ESCAPES.items() if character not in bare}
    written = write_markup(items, outputs, encoding, lambda text: escapes.get(text, text))
    first = next((output for output in outputs if not isinstance(output, Mark)), "")
    return _SIGN.sub(r"\1\\", written, count=1) if isinstance(first, str) else written


class _Reader:
    """Divides texts at escapes; `has_quotes` says whether quotes have the meaning of Android.

    Between them, blanks count; elsewhere a line end is a blank. In HTML they are of attributes.
    """

    def __init__(self, *, has_quotes: bool) -> None:
        self.items: list[Item] = []
        self._has_quotes = has_quotes
        self._is_quoted = False
        self._backslash = ""  # before a reference

    def read(self, item: Item) -> None:
        """Read the next item."""
        if not isinstance(item, Text):
            self.items.append(item)
        elif item.source == item.plain:
            for piece in _PIECE.findall(item.plain):
                self._piece(piece, piece)
        else:
            self._piece(item.source, item.plain)

    def _piece(self, source: str, plain: str) -> None:
        source, plain = self._backslash + source, self._backslash + plain
        self._backslash = "\\" if plain == "\\" else ""
        if self._backslash:
            return
        if plain.startswith("\\"):
            self.items.append(Text(source, _unescape(plain)))
        elif plain == '"' and self._has_quotes:
            self._is_quoted = not self._is_quoted
            self.items.append(Mark(source))
        elif "\n" in source and not plain.strip() and not self._is_quoted:
            self.items.append(Text(source, " "))
        else:
            self.items.append(Text(source, plain))


def _is_bare(text: Text) -> bool:
    return text.source == text.plain


def _whole(token: XmlToken) -> Callable[[str], Item] | None:
    return _untranslated if token.name in ("xliff:g", "g") else None


def _untranslated(source: str) -> Item:
    reader = _Reader(has_quotes=True)
    for item in markup_items(source):
        reader.read(item)
    plain = "".join(item.plain for item in reader.items if isinstance(item, Text))
    is_short = len(plain.strip()) > 0 and len(plain) <= _MAX_ATOM_CHARACTERS
    return Atom(source, plain) if is_short else Mark(source)


def _unescape(piece: str) -> str:
    if codes := _UNICODE.findall(piece):
        units = b"".join(int(code, 16).to_bytes(2, "big") for code in codes)
        return units.decode("utf-16-be", "replace")
    return _ESCAPED.get(piece[1:], piece[1:])
