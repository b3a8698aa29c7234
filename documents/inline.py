"""Sentences with marks inside: translated whole, and the marks put back where they belong.

A model translates a sentence best when it sees all of it and nothing else. So a sentence is sent as
plain text, beside it the text of each marked span; where the span's translation stands
in the sentence's, the marks go around it. A block in which a span cannot be found is tried
again sentence by sentence, and at last piece by piece between its marks.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import groupby

from documents.alignment import arrange
from documents.rounds import Rounds, gather, no_rounds
from documents.spans import (
    Fixed,
    Item,
    Kept,
    Node,
    Output,
    Span,
    Text,
    core_of,
    is_translatable,
    items_of,
    plain_of,
    seen_of,
    tree_of,
)

_MAX_SPANS = 48  # in one block; each is searched in all of it
_SENTENCE_BREAK = re.compile(r"(\s+|(?<=[。！？]))")
_SENTENCE_END = re.compile(r"[.!?…。！？][\"'”’»)\]」』）]*$")


def translate_marked(items: Iterable[Item]) -> Rounds[list[Output]]:
    """Translate a block of text with marks inside; a sentence that stays the same is untouched."""
    parts: list[Rounds[list[Output]]] = []
    run: list[Node] = []
    for node in tree_of(items):
        if isinstance(node, Fixed):
            parts += (_translate_run(run), no_rounds(list[Output](node.items)))
            run = []
        else:
            run.append(node)
    return (yield from _all_of([*parts, _translate_run(run)]))


def _all_of(parts: Iterable[Rounds[list[Output]]]) -> Rounds[list[Output]]:
    outputs = yield from gather(parts)
    return [output for part in outputs for output in part]


def _translate_run(nodes: Sequence[Node]) -> Rounds[list[Output]]:
    """Translate nodes that make one sentence or more, without anything that splits them."""
    if not _has_texts(nodes) or not is_translatable(seen_of(nodes)):
        return list(items_of(nodes))
    start, end = core_of(nodes)
    head, tail = items_of(nodes[:start]), items_of(nodes[end:])
    core = nodes[start:end]
    if len(core) == 1 and isinstance(core[0], Span):
        span = core[0]
        inner = yield from _translate_run(span.children)
        return [*head, *span.head, *inner, *span.tail, *tail]
    outputs = yield from _translate_core(core)
    return [*head, *outputs, *tail]


def _translate_core(nodes: Sequence[Node]) -> Rounds[list[Output]]:
    """Translate what begins and ends with something to read."""
    plain = plain_of(nodes)
    spans = _spans(nodes)
    if len(spans) <= _MAX_SPANS:
        # What is kept is asked for too: a model translates it, and so tells where it stood.
        asked = [text for text in map(_plain, spans) if is_translatable(text)]
        translation, *answers = yield [plain, *asked]
        if translation.strip() == plain:
            return list(items_of(nodes))
        spoken = dict(zip(asked, map(str.strip, answers), strict=True))
        placed = arrange(nodes, translation.strip(), spoken)
        if placed is not None:
            return placed
    parts = _sentences(nodes)
    if len(parts) == 1:
        parts = _pieces(nodes)
    return (yield from _all_of(_translate_run(part) for part in parts))


def _plain(node: Node) -> str:
    return plain_of([node])


def _has_texts(nodes: Iterable[Node]) -> bool:
    """Tell whether there is anything to translate in nodes."""
    return any(
        is_translatable(node.plain)
        if isinstance(node, Text)
        else isinstance(node, Span) and _has_texts(node.children)
        for node in nodes
    )


def _spans(nodes: Iterable[Node]) -> list[Span | Kept]:
    """Return what must be found again in a translation."""
    spans: list[Span | Kept] = []
    for node in nodes:
        if isinstance(node, Kept):
            spans.append(node)
        elif isinstance(node, Span):
            spans += (node, *_spans(node.children))
    return spans


def _sentences(nodes: Iterable[Node]) -> list[list[Node]]:
    """Split at the ends of sentences that are outside of spans; any language, so roughly."""
    sentences: list[list[Node]] = [[]]
    for node in nodes:
        for part in _words(node):
            last = sentences[-1][-1] if sentences[-1] else None
            ended = isinstance(last, Text) and _SENTENCE_END.search(last.plain)
            if part is None or (isinstance(part, Text) and not part.plain.strip()):
                sentences[-1] += [] if part is None else [part]
                if ended:
                    sentences.append([])
            else:
                sentences[-1].append(part)
    return [sentence for sentence in sentences if sentence]


def _words(node: Node) -> Iterable[Node | None]:
    """Split a text at its blanks, with None for a place where none is written."""
    if not isinstance(node, Text) or node.source != node.plain:
        return [node]
    parts = _SENTENCE_BREAK.split(node.plain)
    return [
        Text(part, part) if part else None for i, part in enumerate(parts) if part or i % 2 == 1
    ]


def _pieces(nodes: Iterable[Node]) -> list[list[Node]]:
    """Split between the marks."""
    groups = groupby(enumerate(nodes), lambda pair: -1 if isinstance(pair[1], Text) else pair[0])
    return [[node for _, node in group] for _, group in groups]
