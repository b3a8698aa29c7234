"""Numbers as they are written in texts, and whether a translation has the same ones.

A translation may write a number in the way of its language (`1,234.5` becomes `1.234,5`), and a
single digit as a word. Anything else changes what the text says.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from translator.text.spans import Span
from translator.text.token_table import NUMBER, SEPARATORS

_BLANK = "[ \u00a0\u202f]?"
_SIGN = r"(?<![\w)\]%°])[-−+±~≈]"
_RANGE = rf"{_BLANK}[-–—]{_BLANK}"
_NUMBER = re.compile(
    r"(?=[\d\-−+±~≈])"  # most positions are none
    rf"(?P<sign>(?:{_SIGN})?)(?P<first>{NUMBER})(?:{_RANGE}(?P<last>{NUMBER}))?"
)
_CURRENCIES = "$€£¥₹₽₩₺"
_CURRENCY = f"[{_CURRENCIES}]"
# A number with what belongs to it, as one token.
_WHOLE = re.compile(
    rf"(?=[\d{_CURRENCIES}\-−+±~≈])"  # most positions are none
    rf"(?:{_CURRENCY}{_BLANK})?(?:{_SIGN}{{1,2}}{_BLANK})?(?:{_CURRENCY}{_BLANK})?"
    rf"{NUMBER}(?:{_RANGE}{NUMBER})?"
    rf"(?:(?:st|nd|rd|th)\b|{_BLANK}(?:%|‰|°{_BLANK}[CFK]?\b|°|{_CURRENCY}))?"
)
_DIGIT = re.compile(r"\d")
_GROUP = 3  # digits between separators of thousands
_FEW = 4  # a text without digits may have a number of so many in words


@dataclass(frozen=True, slots=True)
class _Found:
    """A number, or both ends of a range; `may_be_word` for a digit alone."""

    values: tuple[str, ...]
    may_be_word: bool


def whole_numbers(text: str) -> list[Span]:
    """Return the spans of all numbers with their signs and currencies, in order."""
    return [match.span() for match in _WHOLE.finditer(text)]


def numbers_differ(
    source: str, translation: str, hidden: frozenset[str] = frozenset(), *, strict: bool = False
) -> bool:
    """Return True if the translation lacks a number of the source, or has one that it lacks.

    A text with words for numbers may have digits for them in its translation. So surplus numbers
    count only beside numbers of the source, if they are in `hidden` (the values of what the model
    did not see), or if `strict`.
    """
    if not _DIGIT.search(translation) and not _DIGIT.search(source):
        return False
    needed = list(_find(source))
    given = [number.values for number in _find(translation)]
    if given == [number.values for number in needed]:
        return False  # mostly
    surplus = Counter(given)
    missing = []
    for number in needed:
        if surplus[number.values]:
            surplus[number.values] -= 1
        else:
            missing.append(number)
    ends = Counter(value for values in surplus.elements() for value in values)
    for number in missing:  # "from 5 to 7" may become a range, but no range may become this
        value = number.values[0]
        if len(number.values) == 1 and ends[value]:
            ends[value] -= 1
        elif not number.may_be_word:
            return True
    left = set(ends.elements())
    if needed or strict:
        return bool(left)
    return any(value in hidden or len(value) > _FEW for value in left)


def values_of(text: str) -> frozenset[str]:
    """Return the values of all numbers in a text."""
    return frozenset(value for number in _find(text) for value in number.values)


def _find(text: str) -> Iterator[_Found]:
    for match in _NUMBER.finditer(text):
        sign = "-" if match["sign"][-1:] in {"-", "−"} else ""
        first = sign + _value(match["first"])
        if match["last"]:
            yield _Found((first, _value(match["last"])), may_be_word=False)
        else:
            yield _Found((first,), may_be_word=len(first) == 1)


def _value(number: str) -> str:
    """Return a number in one notation: no separators of thousands, a point before decimals.

    The last separator is that of decimals if another one comes before it, if it is not followed by
    three digits, or if what precedes it cannot be thousands. So `1,234` and `1.234` are the same.
    """
    if number.isascii() and number.isdigit():
        return number  # mostly
    groups = re.split(rf"[ {SEPARATORS}]", number)
    separators = re.findall(rf"[ {SEPARATORS}]", number)
    digits = ["".join(str(unicodedata.digit(c)) for c in group if c.isdigit()) for group in groups]
    if not separators:
        return digits[0]
    *whole, last = digits
    is_decimal = (
        len(last) != _GROUP
        or (len(separators) > 1 and separators[-1] != separators[-2])
        or len(whole[0]) > _GROUP
        or whole[0] == "0"
    )
    return f"{''.join(whole)}.{last}" if is_decimal else "".join(digits)
