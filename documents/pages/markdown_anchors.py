"""Anchors of Markdown headings: links to a heading still work when its text is translated."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from urllib.parse import unquote

from markdown_it.token import Token

_HTML_LINK = re.compile(r"""\shref\s*=\s*["']?#([\w%.-]+)""", re.IGNORECASE)
_NOT_IN_ANCHOR = re.compile(r"[^\w\- ]")


def linked_headings(tokens: Sequence[Token]) -> dict[int, str]:
    """Map the first line of each heading that the file links to, to its anchor as on GitHub."""
    linked = set(_link_targets(tokens))
    anchors: dict[int, str] = {}
    numbers: Counter[str] = Counter()
    for opening, token in pairwise(tokens):
        if opening.type != "heading_open" or token.map is None:
            continue
        children = token.children or ()
        text = "".join(child.content for child in children if child.type != "html_inline")
        anchor = _NOT_IN_ANCHOR.sub("", text.strip().lower()).replace(" ", "-")
        number = numbers[anchor]
        numbers[anchor] += 1
        anchor = f"{anchor}-{number}" if number else anchor
        has_own = any(child.content.startswith(("{#", "{ #")) for child in children)
        if anchor in linked and not has_own:
            anchors[token.map[0]] = anchor
    return anchors


def _link_targets(tokens: Iterable[Token]) -> Iterator[str]:
    """Yield the anchors that links within the file point to."""
    for token in tokens:
        if token.type in ("html_block", "html_inline"):
            yield from map(unquote, _HTML_LINK.findall(token.content))
        elif token.type == "link_open":
            target = str(token.attrs.get("href", ""))
            if target.startswith("#"):
                yield unquote(target[1:])
        yield from _link_targets(token.children or ())
