"""What is beside a mark in the source is beside it in the translation: blanks and punctuation."""

import re
import unicodedata

Range = tuple[int, int]
Sides = tuple[bool, bool]
"""Whether there is a mark to the left of a text, and to its right."""

_QUOTES = "\"'“”„‟‘’‚‛«»‹›「」『』"
_SPACED_QUOTES = "«»‹›"  # French has blanks inside them
_CLITIC = re.compile(r"['’](?:s|t|re|ve|ll|d|m)\b")  # of English
# Characters of other scripts, and the Latin ones that mean the same.
_SAME = dict.fromkeys(_QUOTES, '"') | {
    "。": ".", "｡": ".", "।": ".", "۔": ".", "…": ".", "、": ",", "､": ",", "،": ",",
    "؛": ";", "؟": "?", "\u037e": "?", "【": "[", "】": "]",
}  # fmt: skip
# Parts of words, such as file names, placeholders and the beginning of Spanish questions.
_WORD_PUNCTUATION = frozenset("#%&@*/\\_{}¿¡")
_NO_BREAK_SPACES = "\xa0\u202f"
_END = frozenset(' .!?")]')  # kinds of what may end a sentence


def has_same_sides(
    source: str, source_range: Range, translation: str, translated_range: Range
) -> bool:
    """Return True if a part of the source and its translation have the same beside their edges.

    A blank may be missing at the ends of the translation, and in scripts without blanks.
    Punctuation that begins or ends the source does so in the translation.
    """
    for step in (-1, 1):
        ends = _end(source, source_range, step), _end(translation, translated_range, step)
        if ends[0] and all(ends[0]) and ends[0] != ends[1]:
            return False
        edge = source_range[step > 0]
        outside, inside = _beside(source, edge, step)
        new_outside, new_inside = _beside(translation, translated_range[step > 0], step)
        if inside != new_inside:
            return False
        if outside == " ":
            if not _may_lack_blank(translation, translated_range[step > 0], step):
                return False
        elif outside not in ("", None, new_outside):
            return False
    return True


def split_edges(text: str, sides: Sides = (True, True)) -> tuple[str, str, str]:
    """Split the blanks and punctuation off the sides of a text that are beside marks."""
    start, end = 0, len(text)
    while sides[0] and start < end and kind(text, start):
        start += 1
    while sides[1] and start < end and kind(text, end - 1):
        end -= 1
    return text[:start], text[start:end], text[end:]


def restore_edges(source: str, translation: str, sides: Sides) -> str:
    """Give a translation the blanks and punctuation of its source on the sides beside marks.

    It keeps its own if they mean the same.
    """
    left, _, right = split_edges(source, sides)
    new_left, core, new_right = split_edges(translation, sides)
    if _kinds(left) == _kinds(new_left) and _kinds(right) == _kinds(new_right):
        return translation
    return left + core + right if core else ""


def kind(text: str, position: int) -> str:
    """Return what a character is: " " for a blank, "" for a part of a word, else its punctuation.

    Quotes of all languages are the same, and so are wide characters and the Latin ones.
    """
    character = text[position]
    if character.isspace():
        return " "
    category = unicodedata.category(character)
    if category[0] != "P" or character in _WORD_PUNCTUATION or _is_apostrophe(text, position):
        return ""
    if category == "Pd":
        return "-"
    return _SAME.get(character) or unicodedata.normalize("NFKC", character)[0]


def _is_apostrophe(text: str, position: int) -> bool:
    """Return True if a character is an apostrophe in a word, not a quote."""
    if text[position] not in "'’":
        return False
    if position == 0:
        return _CLITIC.match(text) is not None
    return text[position - 1].isalnum() and text[position + 1 : position + 2].isalnum()


def _kinds(edge: str) -> str:
    return "".join(kind(edge, position) for position in range(len(edge))).replace(" ", "")


def _end(text: str, part: Range, step: int) -> list[str]:
    """Return what is between a part of the text and an end of it; blanks do not count."""
    positions = range(part[1], len(text)) if step > 0 else range(part[0])
    return [found for i in positions if (found := kind(text, i)) != " "]


def _beside(text: str, edge: int, step: int) -> tuple[str | None, str | None]:
    """Return what is outside and inside an edge; None at an end of the text."""
    outside, inside = (edge, edge - 1) if step > 0 else (edge - 1, edge)
    further = outside + step
    if min(outside, further) >= 0 and max(outside, further) < len(text):
        is_french = text[outside] in _NO_BREAK_SPACES or text[further] in _SPACED_QUOTES
        if text[outside].isspace() and is_french and kind(text, further):
            outside = further
    found = [kind(text, i) if 0 <= i < len(text) else None for i in (outside, inside)]
    return found[0], found[1]


def _may_lack_blank(text: str, edge: int, step: int) -> bool:
    """Return True if there is a blank outside an edge, or need not be one."""
    if edge == 0 and step < 0:
        return True
    if step > 0 and all(kind(text, position) in _END for position in range(edge, len(text))):
        return True
    beside = text[edge - 1], text[edge]
    return beside[step > 0].isspace() or any(map(_is_unspaced, beside))


def _is_unspaced(character: str) -> bool:
    """Return True for letters of scripts that write words without blanks, or attach some."""
    if unicodedata.east_asian_width(character) in "WF":
        return True
    return character.isalpha() and character.upper() == character.lower()
