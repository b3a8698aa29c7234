"""The languages that a user may have meant by a code or a name that is none of the model's."""

from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from unicodedata import combining, normalize

from server.core.language_details import details_of
from translator.models.language_tag import parse
from translator.models.languages import NAMES, find

MOST = 3
_LIKE_NAME, _LIKE_CODE = 0.75, 0.6  # similarity of what may be a misspelling
_LEAST_LETTERS = 4  # of the beginning of a name


def nearest(code: str, languages: Collection[str]) -> list[str]:
    """Return at most three of a model's languages that an unknown code or a name may mean.

    A name comes first, then the language in another script (`sr-Latn`) or of a country (`jp`), then
    words of names, in English or in the language itself. Without these, misspelt names and codes.
    """
    names = {
        _plain(name): each
        for each in languages
        for name in (details_of(each).name, details_of(each).native_name)
    }
    meant = dict.fromkeys(_meant(code, languages, names))
    return list(meant or dict.fromkeys(_misspelt(code, languages, names)))[:MOST]


def _meant(code: str, languages: Collection[str], names: Mapping[str, str]) -> Iterator[str]:
    tag, word = parse(code), _plain(code)
    exact = [find(each, languages) for each, name in NAMES.items() if name.lower() == word]
    if tag:
        language = tag.language if tag.others else _spoken_in(tag.language)
        exact.append(find(language, languages))
    yield from filter(None, exact)
    if len(word) >= _LEAST_LETTERS:
        yield from (names[name] for name in names if f" {word}" in f" {name}")


def _misspelt(code: str, languages: Collection[str], names: Mapping[str, str]) -> Iterator[str]:
    yield from map(names.__getitem__, get_close_matches(_plain(code), names, MOST, _LIKE_NAME))
    codes = {each.lower(): each for each in languages}
    lowered = code.strip().lower()
    yield from map(codes.__getitem__, get_close_matches(lowered, codes, MOST, _LIKE_CODE))


def _spoken_in(region: str) -> str:
    """Return the usual language of a region's code; "" if it is none."""
    from babel.core import get_global  # it takes a tenth of a second

    likely: str = get_global("likely_subtags").get(f"und_{region.upper()}", "")
    return likely.partition("_")[0]


def _plain(name: str) -> str:
    """Return a name in lower case, without accents and with blanks for punctuation."""
    letters = (each for each in normalize("NFKD", name).casefold() if not combining(each))
    return " ".join("".join(each if each.isalnum() else " " for each in letters).split())
