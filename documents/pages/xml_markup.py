"""XML: text is translated, every other byte stays the same; malformed markup is text."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from html import unescape

from documents.core.inline import translate_marked
from documents.core.rounds import Rounds
from documents.core.spans import Atom, Item, Mark, Text
from documents.core.tag_rules import TagRules
from documents.core.xml_text import split_cdata, write_markup
from documents.core.xml_tokens import XmlToken, xml_tokens

_RESERVED = "<>&"
_MAX_ATOM_CHARACTERS = 200  # a longer one ends the sentence


def translate_xml(markup: str, rules: TagRules) -> Rounds[str]:
    """Translate a document or a fragment."""
    tokens = list(xml_tokens(markup))
    items = list(_items(tokens, rules, _breaks(tokens, rules)))
    outputs = yield from translate_marked(items, _RESERVED)
    return write_markup(items, outputs)


def _breaks(tokens: Sequence[XmlToken], rules: TagRules) -> frozenset[str]:
    """Return the names of the elements that end a sentence."""
    if not rules.outline:
        return rules.splitting
    names = {token.name for token in tokens if token.name}
    return rules.splitting | (names - _beside_text(tokens) - rules.non_splitting)


def _beside_text(tokens: Iterable[XmlToken]) -> set[str]:
    """Return the names of elements that have text beside them, somewhere."""
    found: set[str] = set()
    levels: list[_Level] = [_Level("")]
    opened: Counter[str] = Counter()

    def leave() -> None:
        level = levels.pop()
        opened[level.name] -= 1
        if level.has_text:
            found.update(level.children)

    for token in tokens:
        if token.kind in ("text", "cdata"):
            levels[-1].has_text |= bool(token.source.strip())
        elif token.kind in ("open", "empty"):
            levels[-1].children.add(token.name)
            if token.kind == "open":
                levels.append(_Level(token.name))
                opened[token.name] += 1
        elif token.kind == "close" and opened[token.name]:
            while levels[-1].name != token.name:
                leave()
            leave()
    while levels:
        leave()
    return found


@dataclass(slots=True)
class _Level:
    """An open element; the outermost level has no name."""

    name: str
    has_text: bool = False
    children: set[str] = field(default_factory=set)


def _items(tokens: Iterable[XmlToken], rules: TagRules, breaks: frozenset[str]) -> Iterator[Item]:
    ignored, depth = "", 0  # the outermost ignored element, and how many of its name are open
    for token in tokens:
        if token.kind == "text":
            yield _text(token.source, unescape(token.source), ignored=bool(depth))
        elif token.kind == "cdata":
            start, content, end = split_cdata(token)
            yield start
            yield _text(content, content, ignored=bool(depth))
            yield end
        else:
            yield _mark(token, breaks)
            if not depth and token.kind == "open" and token.name in rules.ignored:
                ignored, depth = token.name, 1
            elif depth and token.name == ignored:
                depth += {"open": 1, "close": -1}.get(token.kind, 0)


def _text(source: str, plain: str, *, ignored: bool) -> Item:
    if not ignored:
        return Text(source, plain)
    return Atom(source, plain) if len(plain) <= _MAX_ATOM_CHARACTERS else Mark(source)


def _mark(token: XmlToken, breaks: frozenset[str]) -> Mark:
    if token.name in breaks:
        return Mark(token.source, "break", token.name)
    if token.kind in ("open", "close"):
        return Mark(token.source, "open" if token.kind == "open" else "close", token.name)
    return Mark(token.source)
