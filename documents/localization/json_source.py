"""Reads JSON such that ranges of it can be replaced."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from documents.core.encoding import Encoding, decode
from documents.core.identifiers import is_identifier
from documents.core.options import DocumentOptions
from documents.core.rounds import DocumentError
from documents.core.text_ranges import TextRange
from documents.localization.paths import join_path

TOKEN = re.compile(r'("[^"\\]*+(?:\\.[^"\\]*+)*+")(\s*:)?|[\[\]{}]')
"""Strings, with the colon after a name, and brackets."""


@dataclass(frozen=True, slots=True)
class JsonString:
    """A string value: its range, text and depth, and its path of names with dots between them.

    Entries of a list have the path of the list.
    """

    start: int
    end: int
    text: str
    path: str
    depth: int


def decode_json(data: bytes) -> tuple[Encoding, str]:
    """Return the encoding and the text of a file; raise `DocumentError` if it is not JSON."""
    encoding, text = decode(data)
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        message = f"the file is not valid JSON at line {error.lineno}, column {error.colno}"
        if text.startswith(("//", "/*"), error.pos):
            message += ": comments are not part of JSON"
        raise DocumentError(message) from None
    except RecursionError:
        raise DocumentError("the JSON is nested too deeply") from None
    except ValueError:
        raise DocumentError("the JSON has a number with too many digits") from None
    return encoding, text


def strings_of(text: str) -> Iterator[JsonString]:
    """Yield the string values of valid JSON, without names."""
    path = ""
    paths: list[str] = []  # of the open objects and lists
    for token in TOKEN.finditer(text):
        if token[2] is not None:
            path = join_path(paths[-1], json.loads(token[1]))
        elif token[1] is not None:
            yield JsonString(*token.span(1), json.loads(token[1]), path, len(paths))
        elif token[0] in "[{":
            paths.append(path)
        else:
            path = paths.pop()


def text_ranges_of(
    text: str, options: DocumentOptions, write: Callable[[str], str]
) -> Iterator[TextRange]:
    """Yield the ranges of the values in valid JSON that are for readers and that options want."""
    for string in strings_of(text):
        if options.wants(string.path) and not is_identifier(string.text):
            yield TextRange(string.start, string.end, string.text, write)


def string_writer(text: str) -> Callable[[str], str]:
    """Return what writes a string; in a file that escapes non-ASCII characters, it does so too."""
    return partial(json.dumps, ensure_ascii=text.isascii() and "\\u" in text)
