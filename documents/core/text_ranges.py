"""Documents whose texts are ranges of the source: the ranges are replaced, the rest is copied."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from documents.core.rounds import Rounds
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
    translatable = [text_range for text_range in text_ranges if is_translatable(text_range.plain)]
    translations = yield from translate_texts([text_range.plain for text_range in translatable])
    edits = [
        (text_range.start, text_range.end, text_range.write(translation))
        for text_range, translation in zip(translatable, translations, strict=True)
        if translation != text_range.plain
    ]
    return apply_edits(source, sorted((*edits, *others)))


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
    parts: list[str] = []
    position = 0
    for start, end, text in edits:
        parts += (source[position:start], text)
        position = end
    return "".join((*parts, source[position:]))


def line_of(source: str, position: int) -> int:
    """Return the number of the line, from 1, that has a position; for messages about errors."""
    return source.count("\n", 0, position) + 1
