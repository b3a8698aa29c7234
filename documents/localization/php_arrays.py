"""PHP files of texts (.php): strings in arrays, as in Laravel, or in `$lang['name'] = 'text';`.

Nothing is run. A file that is more than data, such as one that calls a function, is refused.
"""

import re
from collections.abc import Iterator

from documents.core.encoding import decode
from documents.core.identifiers import is_identifier
from documents.core.options import DocumentOptions
from documents.core.result import TranslatedFile
from documents.core.rounds import DocumentError, Rounds
from documents.core.text_ranges import TextRange, line_of, translate_ranges
from documents.localization.paths import join_path
from documents.localization.php_strings import STRING, PhpText, read_literals

_GAP = re.compile(r"(?:\s++|(?://|\#(?!\[))(?:[^\r\n?]++|\?(?!>))*+|/\*(?:[^*]++|\*(?!/))*+\*/)*+")
_OPENING = re.compile(r"\s*<\?(?:php\b)?")
_CLOSING = re.compile(r"\?>\s*\Z")
_EXIT = r"(?:exit|die|return)\b[^;{}]*;"
_DEFINED = r"defined\s*\(\s*['\"]\w+['\"]\s*\)"
_SKIPPED = re.compile(
    rf"""
      declare \s*\(\s* strict_types \s*=\s* [01] \s*\)\s*;
    | (?:namespace|use) \s+ [\w\\\s,]+ ;
    | if \s*\(\s* !\s*{_DEFINED} \s*\)\s* (?:\{{\s*{_EXIT}\s*\}}|{_EXIT})
    | {_DEFINED} \s*(?:or|\|\|)\s* {_EXIT}
    | if \s*\(\s* empty\(\$\w+\) \s*\|\|\s* !\s*is_array\(\$\w+\) \s*\)\s*
      \{{\s* \$\w+\s*=\s*(?:array\(\s*\)|\[\s*\])\s*;\s* \}}
    """,
    re.VERBOSE | re.IGNORECASE,
)
_RETURN = re.compile(r"return\b", re.IGNORECASE)
_DEFINE = re.compile(rf"define\s*\(\s*({STRING})\s*,", re.IGNORECASE | re.DOTALL)
_VARIABLE = re.compile(r"\$\w+")
_INDEX = re.compile(rf"\[\s*({STRING}|\d+|)\s*\]", re.DOTALL)
_MERGE = re.compile(r"array_merge\s*\(\s*\$\w+\s*,", re.IGNORECASE)
_OPEN = re.compile(r"\[|array\s*\(", re.IGNORECASE)
_STRING = re.compile(STRING, re.DOTALL)
_CONSTANT = r"[-+]?[\d.][\w.]*+|\\?[^\W\d][\w\\]*+(?:::\w++)?(?!\s*\()"
_SCALAR = re.compile(_CONSTANT)
_NAME = re.compile(rf"({STRING}|{_CONSTANT})\s*=>", re.DOTALL)


def translate_php(data: bytes, options: DocumentOptions) -> Rounds[TranslatedFile]:
    """Translate a file; raise `DocumentError` for another encoding, and for what is not data."""
    encoding, text = decode(data)
    text_ranges = (
        TextRange(*span, literal.text, literal.write)
        for path, span, literal in _Reader(text).texts()
        if options.wants(path) and not is_identifier(literal.text)
    )
    translated = yield from translate_ranges(text, text_ranges)
    return encoding.encode(translated)


_Text = tuple[str, tuple[int, int], PhpText]
"""The path of a text, its range, and the text."""


class _Reader:
    """Reads statements one by one."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._position = 0

    def texts(self) -> Iterator[_Text]:
        """Yield the texts. Entries of a list have the path of the list."""
        self._expect(_OPENING)
        while self._position < len(self._text) and not self._take(_CLOSING):
            if not self._take(_SKIPPED):
                yield from self._statement()

    def _statement(self) -> Iterator[_Text]:
        path = ""
        closing = ";"
        if definition := self._take(_DEFINE):
            path, closing = _name(definition[1]), ");"
        elif not self._take(_RETURN):
            self._expect(_VARIABLE)
            while index := self._take(_INDEX):
                path = join_path(path, _name(index[1]))
            self._expect_character("=")
            if self._take(_MERGE):
                closing = ");"
        yield from self._value(path)
        for character in closing:
            self._expect_character(character)

    def _value(self, path: str) -> Iterator[_Text]:
        """Read a string, a constant or an array."""
        opened: list[tuple[str, str]] = []  # the closing bracket of each array, and its path
        while True:
            bracket = self._take(_OPEN)
            if bracket:
                opened.append(("]" if bracket[0] == "[" else ")", path))
            else:
                yield from self._scalar(path)
            is_separated = bracket is not None
            while opened:
                is_separated = is_separated or self._take_character(",")
                closing, prefix = opened[-1]
                if not is_separated:
                    self._expect_character(closing)
                elif not self._take_character(closing):
                    name = self._take(_NAME)
                    path = join_path(prefix, _name(name[1])) if name else prefix
                    break
                opened.pop()
                is_separated = False
            else:
                return

    def _scalar(self, path: str) -> Iterator[_Text]:
        literals: list[str] = []
        start = end = self._position
        while string := self._take(_STRING):
            literals.append(string[0])
            end = string.end()
            if not self._take_character("."):
                break
        else:
            self._expect(_SCALAR)
            if literals:
                self._fail()
        if literals:
            yield path, (start, end), read_literals(literals, self._text[start:end])

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Read what matches here, with the blanks and comments after it."""
        match = pattern.match(self._text, self._position)
        if match is not None:
            gap = _GAP.match(self._text, match.end())
            self._position = gap.end() if gap else match.end()
        return match

    def _expect(self, pattern: re.Pattern[str]) -> None:
        if self._take(pattern) is None:
            self._fail()

    def _take_character(self, character: str) -> bool:
        return self._take(re.compile(re.escape(character))) is not None

    def _expect_character(self, character: str) -> None:
        if not self._take_character(character):
            self._fail()

    def _fail(self) -> None:
        line = line_of(self._text, self._position)
        raise DocumentError(f"line {line} is not plain data: only arrays of strings are read")


def _name(source: str) -> str:
    """Return a name without its quotes."""
    return source[1:-1] if source[:1] in ("'", '"') else source
