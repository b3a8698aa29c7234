"""Keyboard accelerators of menu texts: `_Open` (GTK), `&Save` (Windows, Qt)."""

import re
from dataclasses import dataclass

from translator.text.protected_tokens import table_tokens

_MOST_WORDS = 6  # of a menu entry or button
_MARK = re.compile(
    r"(?<![\w&])&(?=[^\W\d_])(?![A-Za-z]\w*;)"  # &Save, but not &amp;
    r"|(?<=[A-Za-z])&(?=[a-z])(?!\w+;)"  # E&xit, but not R&D
    r"|(?<!\w)_(?=[^\W\d_]+(?!\w))"  # _Open
    r"|(?<![A-Za-z][a-z]{3})(?<=[A-Za-z])_(?=[a-z]+(?!\w))"  # E_xit
)
_SENTENCE_END = re.compile(r"[.!?]\s|[^.][.!?]$")
_ENDING = re.compile(r"[.…:]*$")


@dataclass(frozen=True, slots=True)
class Accelerator:
    """The text without its mark, and the mark with the letter after it."""

    text: str
    mark: str
    letter: str

    def restored(self, translation: str) -> str:
        """Put the mark before the same letter, else before the first one.

        A text without letters that keyboards have, such as Chinese, gets the letter in parentheses.
        """
        tokens = table_tokens(translation)
        letters = [
            i
            for i, character in enumerate(translation)
            if character.upper() != character.lower()
            and not any(start <= i < end for start, end in tokens)
        ]
        if not letters:
            end = _ENDING.search(translation)
            assert end is not None, "the pattern matches any text"
            position = end.start()
            return f"{translation[:position]}({self.mark}{self.letter.upper()}){end[0]}"
        same = [i for i in letters if translation[i].casefold() == self.letter.casefold()]
        starts = [i for i in same if i == 0 or not translation[i - 1].isalnum()]
        position = [*starts, *same, *letters][0]
        return f"{translation[:position]}{self.mark}{translation[position:]}"


def find_accelerator(text: str) -> Accelerator | None:
    """Return the accelerator of a short text that has exactly one mark; else None."""
    if text.count("_") + text.count("&") != 1 or len(text.split()) > _MOST_WORDS:
        return None
    match = _MARK.search(text)
    if match is None or _SENTENCE_END.search(text):
        return None
    position = match.start()
    letter = text[position + 1]
    if match[0] == "_" and not letter.isupper() and not text[0].isupper():
        return None  # a name in code: "_private", "user_name"; unlike "Save _as" and "E_xit"
    return Accelerator(text[:position] + text[position + 1 :], match[0], letter)
