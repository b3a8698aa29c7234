"""Aligns the markup of a source text with its translation."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from itertools import pairwise

from documents.core.edges import Range, has_same_sides
from documents.core.fuzzy_match import best_match
from documents.core.spans import (
    AtomGroup,
    Item,
    Mark,
    Node,
    Output,
    Span,
    collapse,
    collapsed_text,
    visible_text,
)


def align(
    nodes: Sequence[Node], translation: str, span_translations: Mapping[str, str]
) -> list[Output] | None:
    """Put the marks of `nodes` into their translation; None if the range of one is ambiguous.

    `span_translations` maps the text of a span to its translation. The range of a span is certain
    if its translation occurs as often in `translation` as its text in the source: the occurrences
    then correspond in order. Otherwise exactly one range must be similar. What is beside the marks
    in the source must be beside them in the translation.
    """
    source = collapsed_text(nodes)
    ranges: list[tuple[Range, AtomGroup | Span]] = []
    for i, node in enumerate(nodes):
        if isinstance(node, AtomGroup | Span):
            found = _find(node, source, _offset(nodes, i), translation, span_translations)
            if found is None:
                return None
            ranges.append((found, node))
    ranges.sort(key=lambda pair: pair[0])
    if any(before[0][1] > after[0][0] for before, after in pairwise(ranges)):
        return None
    outputs: list[Output] = []
    position = 0
    for (start, end), node in ranges:
        inside = _inside(node, translation[start:end], span_translations)
        if inside is None:
            return None
        before, inside, taken = _place_blanks(node, translation, (position, start, end), inside)
        outputs += (before, *inside)
        position = end + taken
    return [output for output in (*outputs, translation[position:]) if output != ""]


def _offset(nodes: Sequence[Node], index: int) -> int:
    """Return the position in the collapsed text of `nodes` at which one of them begins."""
    text = visible_text([nodes[index]])
    margin = text[: len(text) - len(text.lstrip())]
    return len(collapse(f"{visible_text(nodes[:index])}{margin}|")) - 1


def _inside(
    node: AtomGroup | Span, translation: str, span_translations: Mapping[str, str]
) -> list[Output] | None:
    """Return the outputs of a node, without those at its edges, for all of `translation`."""
    if isinstance(node, AtomGroup):
        return list(node.items)
    return align(node.children, translation, span_translations)


def _place_blanks(
    node: AtomGroup | Span, translation: str, positions: tuple[int, int, int], inside: list[Output]
) -> tuple[str, list[Output], int]:
    """Put the marks of a node around its outputs; blanks stay on the same side of the marks.

    `positions` are the end of the node before, and the range of this one. Return the text between
    the two, the outputs, and how many characters after the range they contain.
    """
    previous, start, end = positions
    before = translation[previous:start]
    if isinstance(node, AtomGroup):
        return before, inside, 0
    leading = _has_blank(node.head) and before[-1:].isspace()
    trailing = _has_blank(node.tail) and translation[end : end + 1].isspace()
    head = node.head if leading else _without_margins(node.head)
    tail = node.tail if trailing else _without_margins(node.tail)
    return before[:-1] if leading else before, [*head, *inside, *tail], int(trailing)


def _has_blank(items: Sequence[Item]) -> bool:
    return any(not isinstance(item, Mark) and item.plain.isspace() for item in items)


def _without_margins(marks: Sequence[Item]) -> Sequence[Item]:
    """Drop the blanks between a single mark and its text, where the translation has none."""
    only = [item for item in marks if isinstance(item, Mark)]
    return only if len(only) == 1 else marks


def _find(
    node: AtomGroup | Span,
    source: str,
    offset: int,
    translation: str,
    span_translations: Mapping[str, str],
) -> Range | None:
    """Return the range of a node's translation; None if it is ambiguous."""
    text = collapsed_text([node])
    starts = [start for start, _ in _occurrences(text, source)]
    if offset not in starts:  # within a word
        return None
    translated = span_translations.get(text, text)
    for candidate in (translated, text):
        found = _occurrences(candidate, translation)
        if len(found) == len(starts):
            best: Range | None = found[starts.index(offset)]
            break
    else:
        best = best_match(translated, translation) if len(starts) == 1 else None
    own = (offset, offset + len(text))
    return best if best and has_same_sides(source, own, translation, best) else None


def _occurrences(query: str, text: str) -> list[Range]:
    """Return the ranges in which `query` occurs as whole words."""
    if not query:
        return []
    pattern = re.compile(re.escape(query), re.IGNORECASE)
    return [
        match.span()
        for match in pattern.finditer(text)
        if not _is_inside_word(text, match.start()) and not _is_inside_word(text, match.end())
    ]


def _is_inside_word(text: str, position: int) -> bool:
    """Return True if a position is inside a word, as far as the script shows."""
    if not 0 < position < len(text):
        return False
    if unicodedata.category(text[position])[0] == "M":
        return True
    return _is_digit_or_cased(text[position - 1]) and _is_digit_or_cased(text[position])


def _is_digit_or_cased(character: str) -> bool:
    """Return True for a digit or a letter with case: there, blanks separate all words.

    Scripts without case need not: Chinese, Japanese and Thai write no blanks between words, and
    Hebrew and Arabic attach short words to others.
    """
    return character.isdigit() or character.upper() != character.lower()
