"""Documents whose texts are ranges of the source: the ranges are replaced, the rest is copied."""

from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from heapq import merge
from io import StringIO

from documents.core.rounds import Rounds, check_texts
from documents.core.spans import is_translatable

Edit = tuple[int, int, str]
"""Start and end of a range, and what replaces it."""


@dataclass(frozen=True, slots=True)
class TextRange:
    """A text: its start and end in the source, the text itself, and how it is written there."""

    start: int
    end: int
    plain: str
    write: Callable[[str], str] = str


def translate_ranges(
    source: str, text_ranges: Iterable[TextRange], others: Iterable[Edit] = ()
) -> Rounds[str]:
    """Replace text ranges, which do not overlap, by their translations, and make other edits.

    A text that equals its translation keeps its source.
    """
    # Objects with several fields would take half of the memory that a table of short texts needs.
    places = array("q")
    texts: list[str] = []
    writers: list[Callable[[str], str]] = []
    for found in text_ranges:
        if is_translatable(found.plain):
            places.extend((found.start, found.end))
            texts.append(found.plain)
            writers.append(found.write)
            check_texts(len(texts))
    translations = yield from translate_texts(texts)

    def edit(number: int) -> Edit:
        start, end = places[2 * number : 2 * number + 2]
        return start, end, writers[number](translations[number])

    changed = (i for i, text in enumerate(texts) if translations[i] != text)
    in_order = sorted(changed, key=lambda number: places[2 * number])
    return apply_edits(source, merge(map(edit, in_order), sorted(others)))


def translate_texts(texts: list[str]) -> Rounds[list[str]]:
    """Translate texts that all contain letters; each keeps its leading and trailing blanks."""
    if not texts:
        return []
    translations = yield [text.strip() for text in texts]
    return [
        text[: len(text) - len(text.lstrip())] + translation.strip() + text[len(text.rstrip()) :]
        for text, translation in zip(texts, translations, strict=True)
    ]


def apply_edits(source: str, edits: Iterable[Edit]) -> str:
    """Return the source with edits applied, which are in order and do not overlap."""
    written = StringIO()
    position = 0
    for start, end, text in edits:
        written.write(source[position:start])
        written.write(text)
        position = end
    written.write(source[position:])
    return written.getvalue()


def line_of(source: str, position: int) -> int:
    """Return the number of the line, from 1, that has a position; for messages about errors."""
    return source.count("\n", 0, position) + 1
