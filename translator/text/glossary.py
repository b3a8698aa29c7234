"""Glossary terms: where they occur in a text, and their translations."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache

from translator.models.languages import is_unspaced
from translator.text.placeholders import Replacement

Entries = tuple[tuple[str, str], ...]


def find_terms(text: str, entries: Entries, language: str) -> list[Replacement]:
    """Return the terms in a text with their translations, in order and without overlaps.

    The longest term wins. Letter case does not matter. Terms match whole words, except in
    languages without spaces.
    """
    if not entries:
        return []
    pattern, translations = _compiled(entries, is_unspaced(language))
    return [
        Replacement(*match.span(), translations[int(match.lastgroup[1:])])
        for match in pattern.finditer(text)
        if match.lastgroup
    ]


def lacks_term(found: Iterable[Replacement], translation: str) -> bool:
    """Return True if a term's translation occurs less often than the term was found."""
    wanted = Counter(term.text for term in found)
    return any(translation.count(text) < count for text, count in wanted.items())


@lru_cache(maxsize=256)
def _compiled(entries: Entries, unspaced: bool) -> tuple[re.Pattern[str], Sequence[str]]:  # noqa: FBT001
    """Return a pattern with one group per term, longest first, and the terms' translations."""
    ordered = sorted(
        ((term.strip(), translation) for term, translation in entries if term.strip()),
        key=lambda entry: -len(entry[0]),
    )
    parts = [f"(?P<t{i}>{_term(term, unspaced)})" for i, (term, _) in enumerate(ordered)]
    # "(?!)" matches nothing.
    return re.compile("|".join(parts) or r"(?!)", re.IGNORECASE), [text for _, text in ordered]


def _term(term: str, unspaced: bool) -> str:  # noqa: FBT001
    """Return a pattern for a term that matches any white space in place of its spaces."""
    words = r"\s+".join(map(re.escape, term.split()))
    if unspaced:
        return words
    # Word boundaries only beside letters and digits: there is no `\b` at the end of "C++".
    before = r"(?<!\w)" if term[0].isalnum() else ""
    after = r"(?!\w)" if term[-1].isalnum() else ""
    return f"{before}{words}{after}"
