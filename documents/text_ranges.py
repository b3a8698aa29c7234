"""Documents that are texts at known places: the places are filled anew, the rest is copied."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from documents.rounds import Rounds
from documents.spans import is_translatable

Edit = tuple[int, int, str]
"""From where to where something else is to stand, and what."""


@dataclass(frozen=True, slots=True)
class TextRange:
    """A text, from where to where it stands, and how it is written there."""

    start: int
    end: int
    plain: str
    write: Callable[[str], str] = str


def translate_ranges(source: str, text_ranges: Iterable[TextRange]) -> Rounds[str]:
    """Replace what the slots hold, which are in order and apart, by translations.

    A text that its translation does not change is left as it is written.
    """
    filled = [text_range for text_range in text_ranges if is_translatable(text_range.plain)]
    translations = yield from translate_texts([text_range.plain for text_range in filled])
    edits = [
        (text_range.start, text_range.end, text_range.write(translation))
        for text_range, translation in zip(filled, translations, strict=True)
        if translation != text_range.plain
    ]
    return edited(source, edits)


def translate_texts(texts: list[str]) -> Rounds[list[str]]:
    """Translate texts that all have letters; each keeps the blanks around it."""
    if not texts:
        return []
    answers = yield [text.strip() for text in texts]
    return [
        text[: len(text) - len(text.lstrip())] + answer.strip() + text[len(text.rstrip()) :]
        for text, answer in zip(texts, answers, strict=True)
    ]


def edited(source: str, edits: Iterable[Edit]) -> str:
    """Apply edits that are in order and apart."""
    parts: list[str] = []
    position = 0
    for start, end, text in edits:
        parts += (source[position:start], text)
        position = end
    return "".join((*parts, source[position:]))
