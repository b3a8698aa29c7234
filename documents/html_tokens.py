"""Tokenises HTML as browsers do, such that the tokens together are the source."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal

from turbohtml import Token, TokenType, tokenize

_EMPTY_END = re.compile(r"(</>)")  # browsers drop it
_ATTRIBUTE = re.compile(
    r"""[\s/]+ ([^\s/>=][^\s/>=]*) (?:\s*=\s* ("[^"]*" | '[^']*' | [^\s"'>][^\s>]*))?""", re.VERBOSE
)
_TAG_NAME = re.compile(r"<[^\s/>]*")


@dataclass(frozen=True, slots=True)
class SourceToken:
    """Consecutive source: text, a character reference, a start or end tag, or anything else."""

    source: str
    kind: Literal["text", "reference", "start", "end", "other"]
    token: Token | None = None

    @property
    def tag(self) -> str:
        """The name of the element, in lower case."""
        return "" if self.token is None else self.token.tag or ""

    @property
    def translate(self) -> bool | None:
        """Whether a start tag's `translate` or `class` attribute asks for translation, if any."""
        if self.token is None:
            return None
        if "notranslate" in (self.token.attr("class") or "").split():
            return False
        value = self.token.attr("translate")
        return None if value is None else {"no": False, "yes": True, "": True}.get(value.lower())


def source_tokens(markup: str) -> Iterator[SourceToken]:
    """Yield tokens that together are the source."""
    # Browsers normalise CR LF to LF; replacing CR by a blank keeps all positions the same.
    uniform = markup.replace("\r", " ")
    line_starts = [0, *accumulate(len(line) + 1 for line in uniform.split("\n"))]
    position = 0
    text_length = 0
    for token in tokenize(uniform, capture_source=True, resolve_references=False):
        if token.type is TokenType.TEXT:
            text_length += len(token.data or "")
            continue
        start = line_starts[token.line - 1] + token.col
        yield from _texts(markup[position:start], text_length)
        position = start + len(token.source or "")
        text_length = 0
        yield SourceToken(markup[start:position], _kind(token), token)
    yield from _texts(markup[position:], text_length)


def attributes_of(tag: str) -> Iterator[tuple[str, int, int]]:
    """Yield each attribute of a start tag: lower-case name, start and end of its value.

    The value includes its quotes; attributes without a value are skipped.
    """
    name = _TAG_NAME.match(tag)
    assert name is not None, "a start tag begins with its name"
    for match in _ATTRIBUTE.finditer(tag, name.end()):
        if match[2]:
            yield match[1].lower(), *match.span(2)


def _texts(source: str, text_length: int) -> Iterator[SourceToken]:
    """Yield the tokens between two tags: text, and source that browsers ignore."""
    parts = [source] if len(source) == text_length else _EMPTY_END.split(source)
    for part in parts:
        length = 0 if part == "</>" and len(parts) > 1 else min(len(part), text_length)
        text_length -= length
        if length:
            yield SourceToken(part[:length], "text")
        if length < len(part):
            yield SourceToken(part[length:], "other")


def _kind(token: Token) -> Literal["reference", "start", "end", "other"]:
    match token.type:
        case TokenType.CHARACTER_REFERENCE:
            return "reference"
        case TokenType.START_TAG:
            return "start"
        case TokenType.END_TAG:
            return "end"
        case _:
            return "other"
