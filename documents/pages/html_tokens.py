"""Tokenises HTML as browsers do, such that the tokens together are the source."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal

from turbohtml import Token, TokenType, tokenize

from documents.pages.foreign_markup import mask_foreign

_EMPTY_RAW = re.compile(
    r"""<(iframe|noembed|noframes|noscript|script|style|textarea|title|xmp)
    ((?:\s(?:[^<>"'/]|/(?!>)|"[^"<]*"|'[^'<]*')*)?/>)""",
    re.VERBOSE | re.IGNORECASE,
)
_EMPTY_END = re.compile(r"(</>)")  # browsers drop it


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


def source_tokens(markup: str, *, is_xml: bool = False) -> Iterator[SourceToken]:
    """Yield tokens that together are the source; in XML, an element without content has no text."""
    # Browsers normalise CR LF to LF; replacing CR by a blank keeps all positions the same.
    uniform = mask_foreign(markup).replace("\r", " ")
    if is_xml:  # to HTML, the rest of the file is the content of these
        uniform = _EMPTY_RAW.sub(lambda match: f"<{'x' * len(match[1])}{match[2]}", uniform)
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
