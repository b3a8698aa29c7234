"""Java's properties (.properties): values are translated, and written in the file's encoding."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

from documents.core.encoding import Encoding, decode
from documents.core.identifiers import is_identifier
from documents.core.options import DocumentOptions
from documents.core.result import TranslatedFile
from documents.core.rounds import DocumentError, Rounds
from documents.core.text_ranges import TextRange, line_of, translate_ranges
from documents.localization.surrogates import join_surrogates

_LATIN = Encoding(name="iso8859-1")
_LINE = re.compile(
    r"""
      [ \t\f]*+ [\#!] [^\r\n]*+                                      # a comment
    | [ \t\f]*+
      (?P<name> (?:[^\\ \t\f\r\n=:]++ | \\(?:\r\n|.|\Z))*+ )
      [ \t\f]*+ [=:]?+ (?:[ \t\f]++ | \\(?:\r\n|[\r\n])[ \t\f]*+)*+
      (?P<value> (?:[^\\\r\n]++ | \\(?:\r\n|.|\Z))*+ )
    """,
    re.VERBOSE | re.DOTALL,
)
_END = re.compile(r"\r\n|\r|\n|\Z")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(?:\r\n|[\r\n])[ \t\f]*|(.)|\Z)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "f": "\f"}
_WRITTEN = str.maketrans({"\\": "\\\\"} | {char: f"\\{name}" for name, char in _ESCAPED.items()})
_WRAPPED_LINE = re.compile(r"\\n\\(?:\r\n|[\r\n])[ \t\f]*")

_ARGUMENT = re.compile(r"\{\s*\d+\s*[,}]")
_QUOTES = re.compile(r"'[{}][^']*'|''|'")


def translate_properties(data: bytes, options: DocumentOptions) -> Rounds[TranslatedFile]:
    """Translate a file in UTF-8 or, where it is not valid UTF-8, in ISO 8859-1.

    What ISO 8859-1 lacks is escaped, and so is all but ASCII in a file that is ASCII. Raise
    `DocumentError` for an invalid escape.
    """
    encoding, text = _decode(data)
    charset = "ascii" if text.isascii() and not encoding.bom else encoding.name
    text_ranges = (
        TextRange(*span, value.plain, value.write)
        for name, span, source in _values(text)
        if options.wants(name)
        if not is_identifier((value := _Value(source, charset)).plain)
    )
    return encoding.encode((yield from translate_ranges(text, text_ranges)))


def _decode(data: bytes) -> tuple[Encoding, str]:
    if not data.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            data.decode()
        except UnicodeDecodeError:
            return _LATIN, data.decode(_LATIN.name)
    return decode(data)


def _values(text: str) -> Iterator[tuple[str, tuple[int, int], str]]:
    """Yield the names, ranges and sources of values."""
    position = 0
    while position < len(text):
        line = _LINE.match(text, position)
        assert line is not None, "the pattern matches an empty line, too"
        if line["value"]:
            try:
                name, _ = _unescape(line["name"]), _unescape(line["value"])
            except ValueError:
                message = f"line {line_of(text, position)} has an invalid escape"
                raise DocumentError(message) from None
            yield name, line.span("value"), line["value"]
        end = _END.match(text, line.end())
        assert end is not None, "a line ends where the pattern does"
        position = end.end() if end.end() > position else len(text)


@dataclass(slots=True)
class _Value:
    """A value; one with arguments such as {0} is a message, in which apostrophes are doubled."""

    source: str
    charset: str

    @property
    def _quotes(self) -> list[str]:
        """The apostrophes of a message, and the braces in apostrophes, which it shows."""
        return _QUOTES.findall(_unescape(self.source))

    @property
    def _is_message(self) -> bool:
        # A single apostrophe beside an argument is shown by programs that read no messages.
        has_argument = _ARGUMENT.search(self.source) is not None
        return (has_argument or "''" in self._quotes) and "'" not in self._quotes

    @property
    def plain(self) -> str:
        """The text without escapes."""
        text = _unescape(self.source)
        if not self._is_message:
            return text
        return _QUOTES.sub(lambda match: "'" if match[0] == "''" else match[0], text)

    def write(self, text: str) -> str:
        """Return the source of a translation; a text of several lines has as many as before."""
        if self._is_message:
            kept = [re.escape(quote) for quote in {*self._quotes} - {"''"}]
            pattern = "|".join((*kept, "'"))
            text = re.sub(pattern, lambda match: "''" if match[0] == "'" else match[0], text)
        written = text.translate(_WRITTEN)
        if written.startswith(" "):
            written = f"\\{written}"
        if wrapped := _WRAPPED_LINE.search(self.source):
            written = wrapped[0].join(re.split(r"(?<!\\)\\n", written))
        return "".join(self._encoded(written))

    def _encoded(self, text: str) -> Iterator[str]:
        for character in text:
            try:
                character.encode(self.charset)
            except UnicodeEncodeError:
                units = character.encode("utf-16-be")
                yield from (f"\\u{units[i : i + 2].hex()}" for i in range(0, len(units), 2))
            else:
                yield character


def _unescape(source: str) -> str:
    """Return a string without escapes and line continuations; raise `ValueError` for a bad one."""
    return join_surrogates(_ESCAPE.sub(_character, source)) if "\\" in source else source


def _character(match: re.Match[str]) -> str:
    if match[1]:
        return chr(int(match[1], 16))
    if match[2] == "u":
        raise ValueError("an escape has four digits")
    return _ESCAPED.get(match[2], match[2]) if match[2] else ""
