"""The inside of a block of text: texts, marks, and the spans that the marks make."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Literal

_MAX_DEPTH = 8  # spans within spans; each sends its text again
_BLANKS = re.compile(r"[ \t\n\r\f]+")  # not the no-break space, which means something
_UNSENDABLE = re.compile("[\0\ud800-\udfff]")
_MARGINS = re.compile(r"(\s*)(.*?)(\s*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Text:
    """Text to translate: as the document writes it, and as a reader sees it."""

    source: str
    plain: str


@dataclass(frozen=True, slots=True)
class Atom:
    """Text that the reader sees within a sentence and that stays as it is, such as code."""

    source: str
    plain: str


@dataclass(frozen=True, slots=True)
class Mark:
    """Markup without text: it opens or closes a span, stands alone, or breaks all open spans.

    Marks pair up by their names; other marks may use theirs to be known again.
    """

    source: str
    role: Literal["open", "close", "alone", "break"] = "alone"
    name: str = ""


Item = Text | Atom | Mark
Output = Item | str
"""What comes back: items of the original, all marks among them, and new plain texts."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """Items that split a sentence, or stand at its edge."""

    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """Neighbouring items that together are one word or more which nobody translates."""

    items: tuple[Item, ...]
    plain: str


@dataclass(frozen=True, slots=True)
class Span:
    """What is between two marks; `head` and `tail` are the marks with what clings to them."""

    head: tuple[Item, ...]
    children: "tuple[Node, ...]"
    tail: tuple[Item, ...]


Node = Text | Fixed | Kept | Span


def tree_of(items: Iterable[Item]) -> list[Node]:
    """Pair the marks up; those without a partner, or too deep, become `Fixed`.

    No `Span` holds a `Fixed` other than in its head and tail.
    """
    tree = _Tree()
    for item in items:
        if isinstance(item, Text):
            tree.nodes.extend(_without_margins(item))
        elif isinstance(item, Atom):
            tree.append(Kept((item,), item.plain))
        elif item.role == "open":
            tree.open(item)
        elif item.role == "close":
            tree.close(item)
        else:
            if item.role == "break":
                tree.give_up_all()
            tree.append(Fixed((item,)))
    return tree.finish()


def core_of(nodes: Sequence[Node]) -> tuple[int, int]:
    """Return from where to where the nodes hold something to read."""
    start, end = 0, len(nodes)
    while start < end and _is_edge(nodes[start]):
        start += 1
    while start < end and _is_edge(nodes[end - 1]):
        end -= 1
    return start, end


def items_of(nodes: Iterable[Node]) -> Iterator[Item]:
    """Yield the original items of nodes."""
    for node in nodes:
        if isinstance(node, Text):
            yield node
        elif isinstance(node, Span):
            yield from node.head
            yield from items_of(node.children)
            yield from node.tail
        else:
            yield from node.items


def seen_of(nodes: Iterable[Node]) -> str:
    """Return what a reader sees, with all the blanks of the source."""
    return "".join("" if isinstance(item, Mark) else item.plain for item in items_of(nodes))


def plain_of(nodes: Iterable[Node]) -> str:
    """Return what a reader sees."""
    return collapse(seen_of(nodes))


def collapse(text: str) -> str:
    """Make single spaces of line breaks and indentation, none at the ends."""
    return _BLANKS.sub(" ", text).strip()


def is_translatable(text: str) -> bool:
    """Tell whether there is anything to translate in a text, and nothing that cannot be sent."""
    return any(map(str.isalpha, text)) and not _UNSENDABLE.search(text)


@dataclass(slots=True)
class _Level:
    """An open span; the outermost level has no mark."""

    mark: Mark | None = None
    nodes: list[Node] = field(default_factory=list)


class _Tree:
    """Builds nodes from items."""

    def __init__(self) -> None:
        self._levels = [_Level()]
        self._open: Counter[str] = Counter()

    @property
    def nodes(self) -> list[Node]:
        """The nodes of the innermost open span."""
        return self._levels[-1].nodes

    def append(self, node: Node) -> None:
        """Append to the innermost open span."""
        self.nodes.append(node)

    def open(self, mark: Mark) -> None:
        """Begin a span."""
        if len(self._levels) > _MAX_DEPTH:
            self.append(Fixed((mark,)))
        else:
            self._levels.append(_Level(mark))
            self._open[mark.name] += 1

    def close(self, close: Mark) -> None:
        """End the span of that name, and give up those begun since."""
        if not self._open[close.name]:
            self.append(Fixed((close,)))
            return
        while (mark := self._levels[-1].mark) is not None and mark.name != close.name:
            self._give_up(mark)
        assert mark is not None, "the counter knows that the span is open"
        self._open[mark.name] -= 1
        inner = _merged(self._levels.pop().nodes)
        self.nodes.extend(_span(mark, inner, close))

    def finish(self) -> list[Node]:
        """Return all nodes."""
        self.give_up_all()
        return _merged(self.nodes)

    def give_up_all(self) -> None:
        """Make of the spans that are still open marks that stand alone."""
        while (mark := self._levels[-1].mark) is not None:
            self._give_up(mark)

    def _give_up(self, mark: Mark) -> None:
        """Make of the innermost span, which nothing closes, a mark that stands alone."""
        self._open[mark.name] -= 1
        inner = self._levels.pop().nodes
        self.nodes.append(Fixed((mark,)))
        self.nodes.extend(inner)


def _span(mark: Mark, inner: list[Node], close: Mark) -> list[Node]:
    """Make nodes of what is between two marks; the marks stand alone if it is split inside."""
    start, end = core_of(inner)
    head = (mark, *items_of(inner[:start]))
    tail = (*items_of(inner[end:]), close)
    core = tuple(inner[start:end])
    if not core:
        return [Fixed((*head, *tail))]
    if any(isinstance(node, Fixed) for node in core):
        return [Fixed((mark,)), *inner, Fixed((close,))]
    if len(core) == 1 and isinstance(core[0], Kept):
        return [Kept((*head, *core[0].items, *tail), seen_of(inner))]
    return [Span(head, core, tail)]


def _merged(nodes: Iterable[Node]) -> list[Node]:
    """Make one of all that are kept in a row: they are one word, or must stay together anyway."""
    merged: list[Node] = []
    for kept, group in groupby(nodes, lambda node: isinstance(node, Kept)):
        row = list(group)
        merged += [Kept(tuple(items_of(row)), seen_of(row))] if kept else row
    return merged


def _is_edge(node: Node) -> bool:
    if isinstance(node, Span):
        return False
    return isinstance(node, Fixed) or not node.plain.strip()


def _without_margins(text: Text) -> Iterator[Text]:
    """Split a text from the blanks around it, where it is written as it is read."""
    if text.source != text.plain:
        yield text
        return
    match = _MARGINS.fullmatch(text.plain)
    assert match is not None, "the pattern takes any text"
    yield from (Text(part, part) for part in match.groups() if part)
