"""Plural rules of the languages, by CLDR."""

from babel.core import Locale, UnknownLocaleError
from babel.messages.plurals import get_plural
from babel.plural import PluralRule

_ORDER = ("zero", "one", "two", "few", "many", "other")
_NUMBERS = 200  # the rules repeat after each hundred
_UNKNOWN = Locale.parse("en")  # of languages without rules: one form for 1, another for the rest
_WITHDRAWN = {"in": "id", "iw": "he", "ji": "yi", "ns": "nso"}  # codes that CLDR does not know


def plural_categories(language: str) -> tuple[str, ...]:
    """Return the plural categories of a language in CLDR's order; `other` is always the last.

    `language` is a BCP 47 tag. A language that CLDR does not know has `one` and `other`.
    """
    tags = _rule(language).tags
    return tuple(category for category in _ORDER if category in tags or category == "other")


def has_several_numbers(language: str, category: str) -> bool:
    """Return whether a category is for more than one whole number, as `one` is in Russian."""
    rule = _rule(language)
    return sum(rule(number) == category for number in range(_NUMBERS)) > 1


def gettext_plural_forms(language: str) -> tuple[int, str]:
    """Return the number of plural forms of gettext, and the value of its `Plural-Forms` header.

    gettext has forms for whole numbers only: Polish has three, and a fourth category in CLDR.
    """
    plural = get_plural(_locale(language))
    return plural.num_plurals, plural.plural_forms


def _rule(language: str) -> PluralRule:
    rule: PluralRule = _locale(language).plural_form
    return rule


def _locale(language: str) -> Locale:
    """Return the locale of a tag, or of its language alone; variants and extensions are ignored."""
    subtags = language.replace("_", "-").split("-")
    subtags[0] = _WITHDRAWN.get(subtags[0].lower(), subtags[0])
    for count in range(len(subtags), 0, -1):
        try:
            return Locale.parse("-".join(subtags[:count]), sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return _UNKNOWN
