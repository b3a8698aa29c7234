"""Translates sentences with inline markup as a whole and puts the markup back.

A model translates a sentence best when it sees all of it and nothing else. So a block is sent as
plain text, and the text of each marked span is sent as well; where the translation of a span
occurs in that of the block, its marks go around it. A block with a span that cannot be aligned is
translated again sentence by sentence, and finally fragment by fragment between its marks.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import groupby

from documents.alignment import align
from documents.rounds import Rounds, gather, no_rounds
from documents.spans import (
    AtomGroup,
    Boundary,
    Item,
    Node,
    Output,
    Span,
    Text,
    build_tree,
    collapsed_text,
    core_range,
    is_translatable,
    items_of,
    visible_text,
)

_MAX_SPANS = 48  # in a block; for each, all of the translation is searched
_SENTENCE_BREAK = re.compile(r"(\s+|(?<=[。！？]))")
_SENTENCE_END = re.compile(r"[.!?…。！？][\"'”’»)\]」』）]*$")


def translate_marked(items: Iterable[Item]) -> Rounds[list[Output]]:
    """Translate a block of text with marks; a sentence that equals its translation is untouched."""
    parts: list[Rounds[list[Output]]] = []
    run: list[Node] = []
    for node in build_tree(items):
        if isinstance(node, Boundary):
            parts += (_translate_run(run), no_rounds(list[Output](node.items)))
            run = []
        else:
            run.append(node)
    return (yield from _join([*parts, _translate_run(run)]))


def _join(parts: Iterable[Rounds[list[Output]]]) -> Rounds[list[Output]]:
    outputs = yield from gather(parts)
    return [output for part in outputs for output in part]


def _translate_run(nodes: Sequence[Node]) -> Rounds[list[Output]]:
    """Translate the nodes of one or more sentences, with no boundary between them."""
    if not _has_texts(nodes) or not is_translatable(visible_text(nodes)):
        return list(items_of(nodes))
    start, end = core_range(nodes)
    head, tail = items_of(nodes[:start]), items_of(nodes[end:])
    core = nodes[start:end]
    if len(core) == 1 and isinstance(core[0], Span):
        span = core[0]
        inner = yield from _translate_run(span.children)
        return [*head, *span.head, *inner, *span.tail, *tail]
    outputs = yield from _translate_core(core)
    return [*head, *outputs, *tail]


def _translate_core(nodes: Sequence[Node]) -> Rounds[list[Output]]:
    """Translate nodes of which the first and the last have visible text."""
    text = collapsed_text(nodes)
    spans = _spans(nodes)
    if len(spans) <= _MAX_SPANS:
        # Atoms are sent too: the model translates them in the sentence, which shows their place.
        span_texts = [t for t in (collapsed_text([span]) for span in spans) if is_translatable(t)]
        translation, *others = yield [text, *span_texts]
        if translation.strip() == text:
            return list(items_of(nodes))
        span_translations = dict(zip(span_texts, map(str.strip, others), strict=True))
        aligned = align(nodes, translation.strip(), span_translations)
        if aligned is not None:
            return aligned
    parts = _sentences(nodes)
    if len(parts) == 1:
        parts = _fragments(nodes)
    return (yield from _join(_translate_run(part) for part in parts))


def _has_texts(nodes: Iterable[Node]) -> bool:
    """Return True if there is anything to translate in the nodes."""
    return any(
        is_translatable(node.plain)
        if isinstance(node, Text)
        else isinstance(node, Span) and _has_texts(node.children)
        for node in nodes
    )


def _spans(nodes: Iterable[Node]) -> list[Span | AtomGroup]:
    """Return the nodes to align, nested ones included."""
    spans: list[Span | AtomGroup] = []
    for node in nodes:
        if isinstance(node, AtomGroup):
            spans.append(node)
        elif isinstance(node, Span):
            spans += (node, *_spans(node.children))
    return spans


def _sentences(nodes: Iterable[Node]) -> list[list[Node]]:
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
    return [sentence for sentence in sentences if sentence]


def _split_at_blanks(node: Node) -> Iterable[Node | None]:
    """Split a text at its blanks, with None where a sentence ends without a blank."""
    if not isinstance(node, Text) or node.source != node.plain:
        return [node]
    parts = _SENTENCE_BREAK.split(node.plain)
    return [
        Text(part, part) if part else None for i, part in enumerate(parts) if part or i % 2 == 1
    ]


def _fragments(nodes: Iterable[Node]) -> list[list[Node]]:
    """Split at the marks."""
    groups = groupby(enumerate(nodes), lambda pair: -1 if isinstance(pair[1], Text) else pair[0])
    return [[node for _, node in group] for _, group in groups]
