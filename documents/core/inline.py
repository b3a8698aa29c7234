"""Translates sentences with inline markup as a whole and puts the markup back.

A model translates a sentence best when it sees all of it and nothing else. So a block is sent as
plain text, and the text of each marked span is sent as well; where the translation of a span
occurs in that of the block, its marks go around it. A block with a span that cannot be aligned, or
with a character of markup lost or added, is translated again in smaller parts: its sentences, what
is between such characters, and finally the fragments between its marks.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from documents.core.alignment import align
from documents.core.edges import Sides, restore_edges
from documents.core.no_break_spaces import restore_no_break_spaces
from documents.core.rounds import Part, Rounds, gather_each
from documents.core.spans import (
    AtomGroup,
    Boundary,
    Item,
    Mark,
    Node,
    Output,
    Span,
    Text,
    build_tree,
    collapse,
    collapsed_text,
    core_range,
    is_translatable,
    items_of,
    visible_text,
)
from documents.core.splitting import (
    Piece,
    escaped_symbols,
    split_at_characters,
    split_at_marks,
    split_sentences,
)

_MAX_SPANS = 48  # in a block; for each, all of the translation is searched
_IN_SPAN: Sides = (True, True)


def translate_marked(items: Iterable[Item], reserved: str = "") -> Rounds[list[Output]]:
    """Translate a block of text with marks; a sentence that equals its translation is untouched.

    `reserved` are characters that a translation must have as often as its source: a model that adds
    or loses one has usually taken the text for markup.
    """
    block = tuple(items)
    return (yield from _Block(frozenset(reserved) | escaped_symbols(block)).translate(block))


class _Block:
    """Translates the parts of one block."""

    def __init__(self, reserved: frozenset[str]) -> None:
        self._reserved = reserved

    def translate(self, items: Iterable[Item]) -> Rounds[list[Output]]:
        """Translate each run of text between standalone marks."""
        parts: list[Piece] = []
        run: list[Node] = []
        is_left = False
        for node in build_tree(items):
            if isinstance(node, Boundary):
                if run:
                    parts.append((run, (is_left, _is_inline(node.items[0]))))
                parts.append(((node,), (False, False)))
                run, is_left = [], _is_inline(node.items[-1])
            else:
                run.append(node)
        if run:
            parts.append((run, (is_left, False)))
        return (yield from self._join(parts, None))

    def _run(
        self, nodes: Sequence[Node], sides: Sides, whole: str | None = None
    ) -> Rounds[list[Output]]:
        """Translate the nodes of one or more sentences, with no boundary between them.

        `whole` is the text that they are a part of, if that has been translated in vain.
        """
        if not _has_texts(nodes) or not is_translatable(visible_text(nodes)):
            return list(items_of(nodes))
        start, end = core_range(nodes)
        head, tail = items_of(nodes[:start]), items_of(nodes[end:])
        core = nodes[start:end]
        if len(core) == 1 and isinstance(core[0], Span):
            span = core[0]
            inner = yield from self._run(span.children, _IN_SPAN, whole)
            return [*head, *span.head, *inner, *span.tail, *tail]
        outputs = yield from self._core(core, sides, whole)
        return [*head, *outputs, *tail]

    def _core(self, nodes: Sequence[Node], sides: Sides, whole: str | None) -> Rounds[list[Output]]:
        """Translate nodes of which the first and the last have visible text."""
        spans = _spans(nodes)
        if len(spans) <= _MAX_SPANS:
            text = collapsed_text(nodes)
            text = text if whole is None else Part(text, whole)
            outputs = yield from self._whole(nodes, text, spans, sides)
            if outputs is not None:
                return outputs
            whole = text
        for parts in (
            split_sentences(nodes, sides),
            split_at_characters(nodes, sides, self._reserved),
            split_at_marks(nodes, sides),
        ):
            if len(parts) > 1:
                return (yield from self._join(parts, whole))
        return list(items_of(nodes))

    def _join(self, parts: Sequence[Piece], whole: str | None) -> Rounds[list[Output]]:
        outputs = yield from gather_each(lambda part: self._run(*part, whole), parts)
        return [output for part in outputs for output in part]

    def _whole(
        self, nodes: Sequence[Node], text: str, spans: Sequence[Node], sides: Sides
    ) -> Rounds[list[Output] | None]:
        """Translate the text of nodes, and the spans in them; return None if it is of no use."""
        # Atoms are sent too: the model translates them in the sentence, which shows their place.
        span_texts = [t for t in (collapsed_text([span]) for span in spans) if is_translatable(t)]
        beside = [Part(span_text, text, beside=True) for span_text in span_texts]
        translation, *others = yield [text, *beside]
        if translation.strip() == text:
            return list(items_of(nodes))
        translation = restore_no_break_spaces(text, collapse(translation))
        translation = restore_edges(text, translation, sides)
        if not translation:
            return None
        span_translations = {
            source: restore_edges(source, collapse(translated), _IN_SPAN)
            for source, translated in zip(span_texts, others, strict=True)
        }
        outputs = align(nodes, translation, span_translations)
        written = "".join(_plain(output) for output in outputs or ())
        return outputs if self._places(written) == self._places(text) else None

    def _places(self, text: str) -> tuple[Counter[str], bool, bool]:
        """Return the reserved characters in a text, and whether it starts or ends with one."""
        counts = Counter(character for character in text if character in self._reserved)
        return counts, text[:1] in self._reserved, text[-1:] in self._reserved


def _plain(output: Output) -> str:
    """Return what a reader sees of an output."""
    if isinstance(output, str):
        return output
    return "" if isinstance(output, Mark) else output.plain


def _is_inline(item: Item) -> bool:
    return isinstance(item, Mark) and item.role != "break"


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
