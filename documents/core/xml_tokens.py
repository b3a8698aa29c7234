"""Tokenises XML such that the tokens together are the source; malformed markup is text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from typing import Literal

CDATA = ("<![CDATA[", "]]>")
_OTHERS = (("<!--", "-->"), ("<?", "?>"), ("<!", ">"))
# An attribute value cannot contain `<`, so no tag is searched for beyond the next one.
_TAG = re.compile(r"""<(/?)([^\W\d][\w:.-]*+)((?:[^<>"']|"[^"<]*"|'[^'<]*')*+)>""")
_ATTRIBUTE = re.compile(r"""([^\s=/<>"']+)\s*=\s*("[^"]*"|'[^']*')""")
_TEXT = re.compile(r"&#?\w+;|[^<&]+|[<&]")


@dataclass(frozen=True, slots=True)
class XmlToken:
    """Consecutive source; a reference, or a character that is markup elsewhere, is a text alone."""

    source: str
    kind: Literal["text", "cdata", "open", "close", "empty", "other"]
    name: str = ""  # of an element

    @property
    def text(self) -> str:
        """What a reader sees; "" for markup."""
        if self.kind == "text":
            return unescape(self.source)
        return self.source[len(CDATA[0]) : -len(CDATA[1])] if self.kind == "cdata" else ""


def plain_text(markup: str) -> str:
    """Return the text of a valid fragment, blanks included."""
    return "".join(token.text for token in xml_tokens(markup))


def attribute_matches(tag: str) -> dict[str, re.Match[str]]:
    """Return the matches of the attributes of a valid tag by name; group 2 is the quoted value."""
    return {match[1]: match for match in _ATTRIBUTE.finditer(tag)}


def attributes_of(tag: str) -> dict[str, str]:
    """Return the values of the attributes of a valid tag by name."""
    return {name: unescape(match[2][1:-1]) for name, match in attribute_matches(tag).items()}


def xml_tokens(markup: str) -> Iterator[XmlToken]:
    """Yield the tokens of a document or a fragment."""
    position = 0
    missing: set[str] = set()
    while position < len(markup):
        token = None
        if markup[position] == "<":
            if markup.startswith(("<!", "<?"), position):
                token = _special(markup, position, missing)
            else:
                token = _tag(markup, position)
        if token is None:
            match = _TEXT.match(markup, position)
            assert match is not None, "the pattern matches any character"
            token = XmlToken(match[0], "text")
        position += len(token.source)
        yield token


def _special(markup: str, start: int, missing: set[str]) -> XmlToken | None:
    """Return the CDATA section, comment, instruction or declaration that begins here, if any.

    `missing` are ends that the rest of the source does not have: it is searched only once.
    """
    for opening, closing in (CDATA, *_OTHERS):
        if closing not in missing and markup.startswith(opening, start):
            end = markup.find(closing, start + len(opening))
            if end >= 0:
                source = markup[start : end + len(closing)]
                return XmlToken(source, "cdata" if opening == CDATA[0] else "other")
            missing.add(closing)
    return None


def _tag(markup: str, start: int) -> XmlToken | None:
    match = _TAG.match(markup, start)
    if match is None:
        return None
    if match[1]:
        return XmlToken(match[0], "close", match[2])
    return XmlToken(match[0], "empty" if match[3].endswith("/") else "open", match[2])
