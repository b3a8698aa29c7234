"""Compares what a translation must keep: nothing is lost and nothing is added."""

import re
from collections import Counter
from enum import IntEnum

from translator.text.numbers import numbers_differ, values_of
from translator.text.placeholders import Masked
from translator.text.protected_tokens import symbols_differ, table_tokens
from translator.text.token_table import TABLE

_NAME = re.compile(next(kind.pattern for kind in TABLE if kind.name == "camelCase"))


class Fault(IntEnum):
    """What is wrong, the worst last."""

    NONE = 0
    VALUE = 1  # a number or symbol was lost or added
    TOKEN = 2  # a token was lost, occurs twice, or was added


def fault_of(masked: Masked, translation: str, *, strict: bool = False) -> Fault:
    """Return what is wrong with the translation of a text with placeholders.

    All tokens of the text are behind placeholders, so any token in the translation is surplus. In
    `strict` mode, any number that the text does not have is too.
    """
    if not masked.is_intact(translation):
        return Fault.TOKEN
    source = masked.without_placeholders(masked.text)
    rest = masked.without_placeholders(translation)
    if not all(_may_be_added(rest[start:end]) for start, end in table_tokens(rest)):
        return Fault.TOKEN
    hidden = values_of(masked.hidden()) if masked.originals else frozenset()
    if symbols_differ(source, rest) or numbers_differ(source, rest, hidden, strict=strict):
        return Fault.VALUE
    return Fault.NONE


def keeps_tokens(source: str, translation: str) -> bool:
    """Return True if both texts have the same tokens, each as often as in the other.

    A translation may make a compound of one: `MP3 files` becomes `MP3-Dateien`.
    """
    needed, given = _tokens(source), _tokens(translation)
    surplus = list((given - needed).elements())
    for token in (needed - given).elements():
        compound = re.compile(rf"(?:[^\W\d_]+-)?{re.escape(token)}(?:-[^\W\d_]+)?")
        found = next((other for other in surplus if compound.fullmatch(other)), None)
        if found is None:
            return False
        surplus.remove(found)
    return all(other not in needed and _may_be_added(other) for other in surplus)


def _may_be_added(token: str) -> bool:
    """Return True for a name such as iOS, which a text may have had in another spelling."""
    return _NAME.fullmatch(token) is not None


def _tokens(text: str) -> Counter[str]:
    return Counter(text[start:end] for start, end in table_tokens(text))
