"""The structure of a block of text: texts, marks, and the spans between paired marks."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Literal

_MAX_DEPTH = 8  # of nested spans; the text of each one is translated again
_BLANKS = re.compile(r"[ \t\n\r\f]+")  # not the no-break space, which has a meaning of its own
_UNSENDABLE = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Text:
    """Text to translate: as it is written in the document, and as a reader sees it."""

    source: str
    plain: str


@dataclass(frozen=True, slots=True)
class Atom:
    """Text that a reader sees in a sentence but that is not translated, such as code."""

    source: str
    plain: str


@dataclass(frozen=True, slots=True)
class Mark:
    """Markup without text: it opens or closes a span, stands alone, or ends all open spans.

    Marks are paired by name; the name of a standalone mark identifies it to its format.
    """

    source: str
    role: Literal["open", "close", "standalone", "break"] = "standalone"
    name: str = ""


Item = Text | Atom | Mark
Output = Item | str
"""Part of a translated block: an item of the original, with every mark kept, or new plain text."""


@dataclass(frozen=True, slots=True)
class Boundary:
    """Items that end a sentence, or are at the edge of one."""

    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class AtomGroup:
    """Adjacent atoms, with their marks, that are one or more words and are not translated."""

    items: tuple[Item, ...]
    plain: str


@dataclass(frozen=True, slots=True)
class Span:
    """Nodes between two marks; `head` and `tail` are the marks with the blanks next to them."""

    head: tuple[Item, ...]
    children: "tuple[Node, ...]"
    tail: tuple[Item, ...]


Node = Text | Boundary | AtomGroup | Span


def build_tree(items: Iterable[Item]) -> list[Node]:
    """Pair the marks; those without a partner, or nested too deeply, become a `Boundary`.

    A `Span` contains a `Boundary` in its head and tail only.
    """
    tree = _Tree()
    for item in items:
        if isinstance(item, Text):
            tree.nodes.extend(_split_margins(item))
        elif isinstance(item, Atom):
            tree.append(AtomGroup((item,), item.plain))
        elif item.role == "open":
            tree.open(item)
        elif item.role == "close":
            tree.close(item)
        else:
            if item.role == "break":
                tree.dissolve_all()
            tree.append(Boundary((item,)))
    return tree.finish()


def core_range(nodes: Sequence[Node]) -> tuple[int, int]:
    """Return the range of nodes without marks and blanks at the edges."""
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


def visible_text(nodes: Iterable[Node]) -> str:
    """Return the text that a reader sees, with all blanks of the source."""
    return "".join("" if isinstance(item, Mark) else item.plain for item in items_of(nodes))


def collapsed_text(nodes: Iterable[Node]) -> str:
    """Return the text that a reader sees, with blanks collapsed."""
    return collapse(visible_text(nodes))


def collapse(text: str) -> str:
    """Replace each run of blanks by one space and strip the ends."""
    return _BLANKS.sub(" ", text).strip()


def is_translatable(text: str) -> bool:
    """Return True if a text has letters and no character that cannot be sent."""
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
            self.append(Boundary((mark,)))
        else:
            self._levels.append(_Level(mark))
            self._open[mark.name] += 1

    def close(self, close: Mark) -> None:
        """End the innermost span of that name; dissolve the spans opened inside it."""
        if not self._open[close.name]:
            self.append(Boundary((close,)))
            return
        while (mark := self._levels[-1].mark) is not None and mark.name != close.name:
            self._dissolve(mark)
        assert mark is not None, "the counter knows that the span is open"
        self._open[mark.name] -= 1
        inner = _merge_atoms(self._levels.pop().nodes)
        self.nodes.extend(_make_span(mark, inner, close))

    def finish(self) -> list[Node]:
        """Return all nodes."""
        self.dissolve_all()
        return _merge_atoms(self.nodes)

    def dissolve_all(self) -> None:
        """Turn the opening marks of all open spans into standalone ones."""
        while (mark := self._levels[-1].mark) is not None:
            self._dissolve(mark)

    def _dissolve(self, mark: Mark) -> None:
        """Turn the opening mark of the innermost span, which nothing closes, into a boundary."""
        self._open[mark.name] -= 1
        inner = self._levels.pop().nodes
        self.nodes.append(Boundary((mark,)))
        self.nodes.extend(inner)


def _make_span(mark: Mark, inner: list[Node], close: Mark) -> list[Node]:
    """Make nodes of two marks and what is between them; a boundary inside separates the marks."""
    start, end = core_range(inner)
    head = (mark, *items_of(inner[:start]))
    tail = (*items_of(inner[end:]), close)
    core = tuple(inner[start:end])
    if not core:
        return [Boundary((*head, *tail))]
    if any(isinstance(node, Boundary) for node in core):
        return [Boundary((mark,)), *inner, Boundary((close,))]
    if len(core) == 1 and isinstance(core[0], AtomGroup):
        return [AtomGroup((*head, *core[0].items, *tail), visible_text(inner))]
    return [Span(head, core, tail)]


def _merge_atoms(nodes: Iterable[Node]) -> list[Node]:
    """Merge adjacent atom groups: they may be one word, and must stay together in any case."""
    merged: list[Node] = []
    for are_atoms, group in groupby(nodes, lambda node: isinstance(node, AtomGroup)):
        adjacent = list(group)
        if are_atoms:
            merged.append(AtomGroup(tuple(items_of(adjacent)), visible_text(adjacent)))
        else:
            merged += adjacent
    return merged


def _is_edge(node: Node) -> bool:
    if isinstance(node, Span):
        return False
    return isinstance(node, Boundary) or not node.plain.strip()


def _split_margins(text: Text) -> Iterator[Text]:
    """Split the blanks at both ends off a text that is written as it is read."""
    if text.source != text.plain:
        yield text
        return
    plain = text.plain
    start = len(plain) - len(plain.lstrip())
    end = max(start, len(plain.rstrip()))
    yield from (Text(part, part) for part in (plain[:start], plain[start:end], plain[end:]) if part)
