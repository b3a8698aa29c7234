"""The words of a text: what is left without numbers, punctuation, addresses and code."""

import re
import unicodedata
from collections.abc import Sequence

from translator.text.protected_tokens import table_tokens
from translator.text.spans import blanked

_SAMPLE = 300  # characters of a long text to read: from its beginning, middle and end
# Letters with their vowel signs and accents, which Python's \w leaves out, and apostrophes.
_MARKS = (
    "\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670\u0900-\u0963\u0971-\u0dff"
    "\u0e31-\u0e4e\u0eb1-\u0ecd\u102b-\u103e\u135d-\u135f\u17b4-\u17d3\u200c\u200d"
)
_LETTERS = r"[^\W\d_]"
_WORD = re.compile(rf"{_LETTERS}+(?:(?:[{_MARKS}]|'(?={_LETTERS}))+{_LETTERS}*)*")


def words_of(text: str) -> list[str]:
    """Return the words of a text, or of a sample of a long one."""
    if len(text) > _SAMPLE:
        part = _SAMPLE // 3
        middle = len(text) // 2
        text = f"{text[:part]} {text[middle : middle + part]} {text[-part:]}"
    if text.isascii():
        return _WORD.findall(blanked(text, table_tokens(text)))
    # A lone surrogate has no encoding that the detectors could read.
    text = text.encode("utf-8", "replace").decode("utf-8")
    text = unicodedata.normalize("NFKC", text).replace("\u2019", "'")
    found = _WORD.findall(blanked(text, table_tokens(text)))
    return [word for word in found if word[0].isalpha()]  # \w has numbers that \d lacks, as "½"


def line_of(words: Sequence[str]) -> str:
    """Return words as models of fastText read them; they have rarely seen capitals alone."""
    line = " ".join(words)
    return line.lower() if line.isupper() else line
