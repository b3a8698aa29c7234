"""Markup of other languages in HTML: declarations of XML, and templates.

Browsers do not know it and end some of it at the first `>`, so it is masked before HTML is parsed.
"""

import re
from collections.abc import Iterator
from typing import Literal

Kind = Literal["html", "markup", "value"]
"""HTML, or markup that stays; that of a value stands for text, such as `{{ name }}`."""

_MASK = "\ue000"  # a private character, which means nothing in HTML
# Expressions and doctypes have at most 300 characters, which keeps the search linear.
_OPENING = re.compile(
    r"""
      (?P<doctype> <!doctype\b [^<>\[]{0,300} \[ )
    | (?P<cdata> <!\[CDATA\[ )
    | (?P<comment> <!-- )
    | (?P<script> <script\b )
    | (?P<style> <style\b )
    | (?P<instruction> <\? )
    | (?P<scriptlet> <% )
    | (?P<expression> \{\{\{? [^{}\n]{0,300} \}?\}\} )
    | (?P<statement> \{% [^\n]{0,300}? %\} )
    """,
    re.VERBOSE | re.IGNORECASE,
)
_CLOSING = {
    "doctype": re.compile(r"\]\s*>"),
    "cdata": re.compile(r"\]\]>"),
    "comment": re.compile(r"--!?>"),
    "script": re.compile(r"</script", re.IGNORECASE),
    "style": re.compile(r"</style", re.IGNORECASE),
    "instruction": re.compile(r"\?>"),
    "scriptlet": re.compile(r"%>"),
}
_OVERLAP = {"comment": 2}  # `<!-->` is a whole comment
_HTML = frozenset({"comment", "script", "style"})  # in these, nothing is foreign
_VALUE = re.compile(r"\{\{|<%[=-]|<\?=")


def mask_foreign(markup: str) -> str:
    """Replace foreign markup by as many characters that HTML reads as text."""
    return "".join(
        part if kind == "html" else re.sub(r"[^\r\n]", _MASK, part)
        for part, kind in split_foreign(markup)
    )


def split_foreign(markup: str) -> Iterator[tuple[str, Kind]]:
    """Yield parts that together are the source; those of HTML alternate with foreign ones."""
    position = 0
    for start, end in _foreign_ranges(markup):
        if position < start:
            yield markup[position:start], "html"
        yield markup[start:end], "value" if _VALUE.match(markup, start) else "markup"
        position = end
    if position < len(markup):
        yield markup[position:], "html"


def _foreign_ranges(markup: str) -> Iterator[tuple[int, int]]:
    unclosed: set[str] = set()  # what has no end in the rest of the source
    position = 0
    while (opening := _OPENING.search(markup, position)) is not None:
        name = opening.lastgroup or ""
        position = opening.end()
        if name in _CLOSING:
            begin = position - _OVERLAP.get(name, 0)
            closing = None if name in unclosed else _CLOSING[name].search(markup, begin)
            if closing is None:
                unclosed.add(name)
                continue
            position = closing.end()
        if name not in _HTML:
            yield opening.start(), position
