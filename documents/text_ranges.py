"""Documents that are texts at known places: the places are filled anew, the rest is copied."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from documents.rounds import Conversation
from documents.spans import is_translatable

Edit = tuple[int, int, str]
"""From where to where something else is to stand, and what."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A text, from where to where it stands, and how it is written there."""

    start: int
    end: int
    plain: str
    write: Callable[[str], str] = str


def translate_slots(source: str, slots: Iterable[Slot]) -> Conversation[str]:
    """Replace what the slots hold, which are in order and apart, by translations.

    A text that its translation does not change is left as it is written.
    """
    filled = [slot for slot in slots if is_translatable(slot.plain)]
    translations = yield from translate_texts([slot.plain for slot in filled])
    edits = [
        (slot.start, slot.end, slot.write(translation))
        for slot, translation in zip(filled, translations, strict=True)
        if translation != slot.plain
    ]
    return edited(source, edits)


def translate_texts(texts: list[str]) -> Conversation[list[str]]:
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
