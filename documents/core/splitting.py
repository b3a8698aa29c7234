"""Splits the nodes of a block into smaller parts, which are translated alone where all fail."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import groupby

from documents.core.edges import Sides, split_edges
from documents.core.spans import Item, Node, Text

Piece = tuple[Sequence[Node], Sides]
"""Nodes, and whether marks, or characters that stay, are beside them."""

_SENTENCE_BREAK = re.compile(r"(\s+|(?<=[。！？]))")
_SENTENCE_END = re.compile(r"[.!?…。！？][\"'”’»)\]」』）]*$")


def escaped_symbols(items: Iterable[Item]) -> frozenset[str]:
    """Return the symbols that the source escapes, such as ©; models often lose them."""
    return frozenset(
        item.plain
        for item in items
        if isinstance(item, Text) and item.source != item.plain and _is_symbol(item.plain)
    )


def split_sentences(nodes: Sequence[Node], sides: Sides) -> list[Piece]:
    """Split after sentences that end outside spans; the language is unknown, so roughly."""
    sentences: list[list[Node]] = [[]]
    for node in nodes:
        for part in _split_at_blanks(node):
            last = sentences[-1][-1] if sentences[-1] else None
            ended = isinstance(last, Text) and _SENTENCE_END.search(last.plain)
            if part is None or (isinstance(part, Text) and not part.plain.strip()):
                sentences[-1] += [] if part is None else [part]
                if ended:
                    sentences.append([])
            else:
                sentences[-1].append(part)
    parts = [sentence for sentence in sentences if sentence]
    last_part = len(parts) - 1
    return [
        (part, (i == 0 and sides[0], i == last_part and sides[1])) for i, part in enumerate(parts)
    ]


def split_at_marks(nodes: Sequence[Node], sides: Sides) -> list[Piece]:
    """Split into texts, spans and atoms, and split off what is beside the marks."""
    groups = groupby(enumerate(nodes), lambda pair: -1 if isinstance(pair[1], Text) else pair[0])
    return _with_edges([[node for _, node in group] for _, group in groups], sides)


def split_at_characters(
    nodes: Sequence[Node], sides: Sides, characters: Collection[str]
) -> list[Piece]:
    """Split texts at some characters, which are never translated."""
    texts: list[Node] = []
    for node in nodes:
        if characters and isinstance(node, Text) and node.source == node.plain:
            separators = f"([{re.escape(''.join(characters))}])"
            texts += [Text(part, part) for part in re.split(separators, node.plain) if part]
        else:
            texts.append(node)
    groups = groupby(texts, lambda node: isinstance(node, Text) and node.plain in characters)
    return _with_edges([list(group) for _, group in groups], sides)


def _with_edges(groups: Sequence[Sequence[Node]], sides: Sides) -> list[Piece]:
    """Split off the blanks and punctuation between groups."""
    if len(groups) == 1:
        return [(groups[0], sides)]
    parts: list[Piece] = []
    for i, group in enumerate(groups):
        beside = (i > 0 or sides[0], i < len(groups) - 1 or sides[1])
        parts += _split_edges(group, beside)
    return parts


def _split_edges(nodes: Sequence[Node], sides: Sides) -> Iterator[Piece]:
    """Split the edges off texts; other nodes stay whole."""
    left: list[Node] = []
    right: list[Node] = []
    if sides[0]:
        left, nodes = _split_left(nodes)
    if sides[1]:
        nodes, right = _split_right(nodes)
    yield from ((part, sides) for part in (left, nodes, right) if part)


def _split_left(nodes: Sequence[Node]) -> tuple[list[Node], list[Node]]:
    for i, node in enumerate(nodes):
        edge, core, _ = _edges_of(node, (True, False))
        if core and edge:
            return [*nodes[:i], *_texts(edge)], [*_texts(core), *nodes[i + 1 :]]
        if core:
            return [*nodes[:i]], [*nodes[i:]]
    return [*nodes], []


def _split_right(nodes: Sequence[Node]) -> tuple[list[Node], list[Node]]:
    for i in range(len(nodes), 0, -1):
        _, core, edge = _edges_of(nodes[i - 1], (False, True))
        if core and edge:
            return [*nodes[: i - 1], *_texts(core)], [*_texts(edge), *nodes[i:]]
        if core:
            return [*nodes[:i]], [*nodes[i:]]
    return [], [*nodes]


def _edges_of(node: Node, sides: Sides) -> tuple[str, str, str]:
    """Return the edges of a text and what is between them; other nodes have no edges."""
    if not isinstance(node, Text):
        return "", "node", ""
    left, core, right = split_edges(node.plain, sides)
    return ("", core, "") if core and node.source != node.plain else (left, core, right)


def _texts(plain: str) -> list[Text]:
    return [Text(plain, plain)] if plain else []


def _split_at_blanks(node: Node) -> Iterable[Node | None]:
    """Split a text at its blanks, with None where a sentence ends without a blank."""
    if not isinstance(node, Text) or node.source != node.plain:
        return [node]
    parts = _SENTENCE_BREAK.split(node.plain)
    return [
        Text(part, part) if part else None for i, part in enumerate(parts) if part or i % 2 == 1
    ]


def _is_symbol(plain: str) -> bool:
    return len(plain) == 1 and unicodedata.category(plain)[0] == "S"
