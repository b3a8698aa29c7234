"""Placeholders for what must not be translated, in forms that models copy."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from translator.models.scripts import UNSPACED_RANGES

# Copied by the bundled model, in 820 sentences in the place of a noun: `<1>` 100 %, `{1}` 99 %,
# `_1_` 95 %, codes such as ABC 75 %, plain URLs 84 %. Between any two words of 1,515 sentences: 88,
# 87, 83, 30 and 0 %.
_FORMS = ("<{}>", "{{{}}}", "_{}_")
_OPENING = frozenset("([{«„“‘\"'¿¡（「『【《")
_CLOSING = frozenset(")]}»”’\"'.,;:!?…%）」』】》。，、！？：；")
_SPACED_IN_FRENCH = frozenset(";:!?»")
_UNSPACED = re.compile(f"[{UNSPACED_RANGES}]")


@dataclass(frozen=True, slots=True)
class Replacement:
    """A part of a text, `text[start:end]`, and the text that replaces it."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class _Original:
    """What a placeholder stands for, and the characters beside it in the source, if any."""

    text: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Masked:
    """A text for the model, and the originals of its placeholders."""

    text: str
    originals: tuple[tuple[str, _Original], ...] = ()

    def is_intact(self, translation: str) -> bool:
        """Return True if each placeholder occurs exactly once in a translation."""
        return all(translation.count(placeholder) == 1 for placeholder, _ in self.originals)

    def without_placeholders(self, text: str) -> str:
        """Return a text, or a translation, with a blank in place of each placeholder."""
        return re.sub(self._pattern(), " ", text) if self.originals else text

    def hidden(self) -> str:
        """Return what the model does not see, and the numbers of the placeholders."""
        parts = ((re.sub(r"\D", "", name), original.text) for name, original in self.originals)
        return " ".join(part for pair in parts for part in pair)

    def restored(self, translation: str, target: str) -> str:
        """Return a translation into `target` with the originals in place of the placeholders.

        Blanks and punctuation beside an original are those of the source, as far as the words
        there allow.
        """
        if not self.originals:
            return translation
        originals = dict(self.originals)
        parts = re.split(f"({self._pattern()})", translation)
        result = parts[0]
        for placeholder, following in zip(parts[1::2], parts[2::2], strict=True):
            original = originals[placeholder]
            result = _before(result, original) + original.text + _after(original, following, target)
        return result

    def _pattern(self) -> str:
        return "|".join(re.escape(placeholder) for placeholder, _ in self.originals)


class Masker:
    """Inserts placeholders; holds no text."""

    def __init__(self, spells: Callable[[str], bool]) -> None:
        """`spells` returns whether a text survives encoding and decoding."""
        forms = [form for form in _FORMS if spells(form.format(1))]
        self._forms = forms or [_FORMS[-1]]

    def mask(self, text: str, replacements: Sequence[Replacement], attempt: int) -> Masked:
        """Return the text with a placeholder for each replacement (in order, not overlapping).

        Each `attempt` uses another form, if the vocabulary supports several.
        """
        form = self._forms[attempt % len(self._forms)]
        parts: list[str] = []
        originals: list[tuple[str, _Original]] = []
        position = number = 0
        for replacement in joined(replacements):
            number += 1
            while (placeholder := form.format(number)) in text:
                number += 1
            start, end = replacement.start, replacement.end
            parts += (text[position:start], placeholder)
            beside = text[start - 1 : start] if start else "", text[end : end + 1]
            originals.append((placeholder, _Original(replacement.text, *beside)))
            position = end
        return Masked("".join([*parts, text[position:]]), tuple(originals))


def joined(replacements: Sequence[Replacement]) -> list[Replacement]:
    """Return the replacements with adjacent ones merged."""
    result: list[Replacement] = []
    for new in replacements:
        if result and result[-1].end == new.start:
            last = result.pop()
            new = Replacement(last.start, new.end, last.text + new.text)  # noqa: PLW2901
        result.append(new)
    return result


def _before(text: str, original: _Original) -> str:
    """Return the translation before an original, with the blank that the source has there."""
    last, bare = text[-1:], text.rstrip()
    if original.before.isalnum() and not _is_unspaced(original.before):
        return bare if _separates(original.after) else text  # it closes a word
    if original.before in _OPENING and original.before and bare.endswith(original.before):
        return bare
    is_opened = last in _OPENING and not original.before.isspace()
    needs_blank = bool(last) and not last.isspace() and not is_opened and not _is_unspaced(last)
    return f"{text} " if needs_blank and (last.isalnum() or _separates(original.before)) else text


def _after(original: _Original, text: str, target: str) -> str:
    """Return the translation after an original, with the blank that the source has there."""
    first, bare = text[:1], text.lstrip()
    if original.after.isalnum() and not _is_unspaced(original.after):
        return bare if _separates(original.before) else text  # it opens a word
    if original.after in _CLOSING and original.after and bare.startswith(original.after):
        return text if target == "fr" and original.after in _SPACED_IN_FRENCH else bare
    is_closed = not first or first.isspace() or first in _CLOSING or _is_unspaced(first)
    needs_blank = not is_closed and (first.isalnum() or _separates(original.after))
    return f" {text}" if needs_blank else text


def _separates(character: str) -> bool:
    """Return True if a character beside a token is no part of its word."""
    return not character or character.isspace() or _is_unspaced(character)


def _is_unspaced(character: str) -> bool:
    return bool(_UNSPACED.match(character))
