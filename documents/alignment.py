"""Where in a translation the marks of its source belong."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from itertools import pairwise

from documents.fuzzy_match import closest
from documents.spans import (
    Item,
    Kept,
    Mark,
    Node,
    Output,
    Span,
    collapse,
    plain_of,
    seen_of,
)

_FINAL_MARKS = ".!?…。！？"
_Place = tuple[int, int]


def arrange(
    nodes: Sequence[Node], translation: str, spoken: Mapping[str, str]
) -> list[Output] | None:
    """Put the marks of a source's nodes into its translation; None if one has no sure place.

    `spoken` has the translations of the spans' texts. A place is sure if that text occurs as often
    in the translation as the span's in the source; then they are taken to come in the same order.
    Else it is enough that only one place is like it.
    """
    source = plain_of(nodes)
    places: list[tuple[_Place, Kept | Span]] = []
    for i, node in enumerate(nodes):
        if isinstance(node, Kept | Span):
            place = _find(node, source, _offset(nodes, i), translation, spoken)
            if place is None:
                return None
            places.append((place, node))
    places.sort(key=lambda found: found[0])
    if any(before[0][1] > after[0][0] for before, after in pairwise(places)):
        return None
    outputs: list[Output] = []
    position = 0
    for (start, end), node in places:
        inside = _inside(node, translation[start:end], spoken)
        if inside is None:
            return None
        outputs += (translation[position:start], *inside)
        position = end
    return [output for output in (*outputs, translation[position:]) if output != ""]


def _offset(nodes: Sequence[Node], index: int) -> int:
    """Return where in the plain text of nodes one of them begins."""
    seen = seen_of([nodes[index]])
    margin = seen[: len(seen) - len(seen.lstrip())]
    return len(collapse(f"{seen_of(nodes[:index])}{margin}|")) - 1


def _inside(node: Kept | Span, translation: str, spoken: Mapping[str, str]) -> list[Output] | None:
    """Return the outputs for one node that stands for all of `translation`."""
    if isinstance(node, Kept):
        return list(node.items)
    inner = arrange(node.children, translation, spoken)
    return None if inner is None else [*_tight(node.head), *inner, *_tight(node.tail)]


def _tight(marks: Sequence[Item]) -> Sequence[Item]:
    """Leave out the blanks between a single mark and its text: the translation has its own."""
    only = [item for item in marks if isinstance(item, Mark)]
    return only if len(only) == 1 else marks


def _find(
    node: Kept | Span, source: str, offset: int, translation: str, spoken: Mapping[str, str]
) -> _Place | None:
    """Return where a node is in the translation, if that is beyond doubt."""
    plain = plain_of([node])
    starts = [start for start, _ in _occurrences(plain, source)]
    if offset not in starts:  # within a word
        return None
    translated = spoken.get(plain, plain)
    for candidate in (translated, translated.rstrip(_FINAL_MARKS), plain):
        found = _occurrences(candidate, translation)
        if len(found) == len(starts):
            return found[starts.index(offset)]
    return closest(translated, translation) if len(starts) == 1 else None


def _occurrences(text: str, within: str) -> list[_Place]:
    """Return where a text stands as words of their own."""
    if not text:
        return []
    pattern = re.compile(re.escape(text), re.IGNORECASE)
    return [
        match.span()
        for match in pattern.finditer(within)
        if not _joined(within, match.start()) and not _joined(within, match.end())
    ]


def _joined(text: str, position: int) -> bool:
    """Tell whether a position is within a word, as far as its script shows that."""
    if not 0 < position < len(text):
        return False
    if unicodedata.category(text[position])[0] == "M":
        return True
    return _spells(text[position - 1]) and _spells(text[position])


def _spells(character: str) -> bool:
    """Tell whether a character is a digit or of an alphabet that has words apart from words.

    Chinese, Japanese and Thai have none; Hebrew and Arabic write small words onto others.
    """
    return character.isdigit() or character.upper() != character.lower()
