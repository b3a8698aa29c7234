"""ICU MessageFormat: `{count, plural, one {# file} other {# files}}`.

Source: https://unicode-org.github.io/icu/userguide/format_parse/messages/
"""

import re

from translator.text.spans import Span

_BRANCHED = re.compile(r"\{\s*[\w.-]+\s*,\s*(?:plural|select|selectordinal)\s*,")
_SELECTOR = re.compile(r"\s*(?:offset:\s*\d+\s*)?(?:=\d+|[\w-]+)\s*\{")
_CLOSING = re.compile(r"\s*\}")
_QUOTED = re.compile(r"'(?:[{}][^']*'?)?")
_SIMPLE = re.compile(r"\{[^{}]*\}")
_STRUCTURE = re.compile(r"[{}']")


class _MalformedError(Exception):
    """The text is no message."""


def message_texts(text: str) -> list[Span] | None:
    """Return the spans of the texts of a message: those of its branches, and around them.

    None for a text that is not a message with branches, or a malformed one. Takes linear time.
    """
    if not _BRANCHED.search(text):
        return None
    try:
        return _Reader(text).read()
    except _MalformedError:
        return None


class _Reader:
    """Reads a message from start to end."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._position = self._begin = 0  # of the text being read
        self._levels = ["text"]  # innermost last: a text, or the branches of an argument
        self._spans: list[Span] = []

    def read(self) -> list[Span]:
        """Return the spans of all texts that are not empty."""
        while self._position < len(self._text):
            if self._levels[-1] == "branches":
                self._read_branches()
            else:
                self._read_text()
        if self._levels != ["text"]:
            raise _MalformedError
        self._end_text()
        return self._spans

    def _read_branches(self) -> None:
        """Read up to the text of the next branch, or the end of the argument."""
        if selector := _SELECTOR.match(self._text, self._position):
            self._levels.append("text")
            self._begin = self._position = selector.end()
        elif closing := _CLOSING.match(self._text, self._position):
            self._levels.pop()
            self._begin = self._position = closing.end()
        else:
            raise _MalformedError

    def _read_text(self) -> None:
        """Read up to the next argument with branches, or the end of the text."""
        found = _STRUCTURE.search(self._text, self._position)
        self._position = found.start() if found else len(self._text)
        if found is None:
            return
        if argument := _BRANCHED.match(self._text, self._position):
            self._end_text()
            self._levels.append("branches")
            self._position = argument.end()
        elif skipped := (_QUOTED if found[0] == "'" else _SIMPLE).match(self._text, self._position):
            self._position = skipped.end()
        elif found[0] == "}" and len(self._levels) > 1:
            self._end_text()
            self._levels.pop()
            self._position += 1
        else:
            raise _MalformedError

    def _end_text(self) -> None:
        if self._begin < self._position:
            self._spans.append((self._begin, self._position))
