"""TOML: string values are translated; names, comments, other values and the layout stay."""

import json
import re
import tomllib
from collections.abc import Iterator
from functools import partial

from documents.core.encoding import decode
from documents.core.identifiers import is_identifier
from documents.core.options import DocumentOptions
from documents.core.result import TranslatedFile
from documents.core.rounds import DocumentError, Rounds
from documents.core.text_ranges import TextRange, translate_ranges
from documents.localization.paths import join_path

_TOKEN = re.compile(
    r'''
      (?P<string>
          """ (?:[^"\\]++ | \\. | "{1,2}(?!"))*+ "{3,5}
        | \'\'\' (?:[^']++ | '{1,2}(?!'))*+ '{3,5}
        | " (?:[^"\\\r\n]++ | \\.)*+ "
        | ' [^'\r\n]*+ '
      )
    | (?P<word> [^\s"'\#\[\]{}=,]++ )
    | (?P<mark> [\[\]{}=,\n] )
    | \#[^\r\n]*+
    ''',
    re.VERBOSE | re.DOTALL,
)
# The library takes quadratic time for them.
_LONG_NAME = re.compile(r"""(?<![\w-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){100}""")
_PLACE = re.compile(r"\(at (?:end of document|line \d+, column \d+)\)")
_CONTROL = re.compile("[\0-\x08\x0b-\x1f\x7f]")
_QUOTES = re.compile(r'"(?="")|"\Z')


def translate_toml(data: bytes, options: DocumentOptions) -> Rounds[TranslatedFile]:
    """Translate a file; raise `DocumentError` for another encoding or invalid TOML."""
    encoding, text = decode(data)
    if _LONG_NAME.search(text):
        raise DocumentError("a name in the TOML has more than 100 parts")
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = _PLACE.search(str(error))
        raise DocumentError(f"the file is not valid TOML {place[0] if place else ''}") from None
    except RecursionError:
        raise DocumentError("the TOML is nested too deeply") from None
    except ValueError:
        raise DocumentError("the TOML has a number with too many digits") from None
    newline = "\r\n" if "\r\n" in text else "\n"
    text_ranges = (
        TextRange(*span, value, partial(_write, source=text[slice(*span)], newline=newline))
        for path, span in _Reader().strings(text)
        if options.wants(path) and not is_identifier(value := _read(text[slice(*span)]))
    )
    translated = yield from translate_ranges(text, text_ranges)
    return encoding.encode(translated)


class _Reader:
    """Follows the names in valid TOML. Entries of a list have the path of the list."""

    def __init__(self) -> None:
        self._table = ""  # the path of the tables that the lines belong to
        self._opened: list[tuple[str, str]] = []  # brackets of values, each with its path
        self._name: list[str] | None = []  # the parts of a name; None in a value
        self._path = ""

    def strings(self, text: str) -> Iterator[tuple[str, tuple[int, int]]]:
        """Yield the path and the range of each string that is a value."""
        for token in _TOKEN.finditer(text):
            if token["mark"]:
                self._mark(token["mark"])
            elif self._name is not None:
                self._name.append(_read(token[0]) if token["string"] else token["word"] or "")
            elif token["string"]:
                yield self._path, token.span()

    def _mark(self, mark: str) -> None:
        if self._name is None:
            self._mark_in_value(mark)
        elif mark == "=":
            self._path = self._join()
            self._name = None
        elif mark == "}":
            self._mark_in_value(mark)
        elif mark == "]":  # the end of the name of a table
            self._table, name = "", self._name
            self._table = self._join() if name else self._path
            self._path, self._name = self._table, []

    def _mark_in_value(self, mark: str) -> None:
        if mark in "[{":
            self._opened.append((mark, self._path))
            self._name = [] if mark == "{" else None
        elif mark in "]}":
            _, self._path = self._opened.pop()
            self._name = None
        elif (mark == "\n" and not self._opened) or (
            mark == "," and self._opened and self._opened[-1][0] == "{"
        ):
            self._name = []

    def _join(self) -> str:
        prefix = self._opened[-1][1] if self._opened else self._table
        return join_path(prefix, "".join(self._name or ()))


def _read(source: str) -> str:
    """Return the text of a string."""
    text: str = tomllib.loads(f"a = {source}")["a"]
    return text


def _write(text: str, source: str, newline: str) -> str:
    """Write a text in the style of its source, where that can hold it."""
    has_control = _CONTROL.search(text) is not None
    if source[:3] == "'''" and not has_control and "'''" not in f"{text}'":
        return f"'''{_first_line(source)}{text.replace(chr(10), newline)}'''"
    if source[:3] in ("'''", '"""'):
        lines = [_escape(line).replace('\\"', '"') for line in text.split("\n")]
        return f'"""{_first_line(source)}{_QUOTES.sub(chr(92) + chr(34), newline.join(lines))}"""'
    if source[0] == "'" and not has_control and not set(text) & {"'", "\n"}:
        return f"'{text}'"
    return f'"{_escape(text)}"'


def _first_line(source: str) -> str:
    """Return the line end at the start of a string in three quotes, which is not in its text."""
    match = re.match(r"...(\r?\n)", source)
    return match[1] if match else ""


def _escape(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1].replace("\x7f", "\\u007f")
