"""Terms that must be translated in one way: where they are in a text, and what they become."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache

from translator.models.languages import UNSPACED
from translator.text.placeholders import Replacement

Entries = tuple[tuple[str, str], ...]


def find_terms(text: str, entries: Entries, language: str) -> list[Replacement]:
    """Return the terms in a text and what they become, in order and apart, longer ones first.

    Letter case does not matter. A term is whole words, except in languages without spaces.
    """
    if not entries:
        return []
    pattern, translations = _compiled(entries, language in UNSPACED)
    return [
        Replacement(*match.span(), translations[int(match.lastgroup[1:])])
        for match in pattern.finditer(text)
        if match.lastgroup
    ]


def lacks_term(found: Iterable[Replacement], translation: str) -> bool:
    """Tell whether a translation has a term's translation less often than its source the term."""
    wanted = Counter(term.text for term in found)
    return any(translation.count(text) < count for text, count in wanted.items())


@lru_cache(maxsize=256)
def _compiled(entries: Entries, unspaced: bool) -> tuple[re.Pattern[str], Sequence[str]]:  # noqa: FBT001
    """Return a pattern with a group a term, the longest first, and the terms' translations."""
    kept = sorted(
        ((term.strip(), translation) for term, translation in entries if term.strip()),
        key=lambda entry: -len(entry[0]),
    )
    parts = [f"(?P<t{i}>{_term(term, unspaced)})" for i, (term, _) in enumerate(kept)]
    # "$^" where there is no term: it matches nothing.
    return re.compile("|".join(parts) or r"(?!)", re.IGNORECASE), [text for _, text in kept]


def _term(term: str, unspaced: bool) -> str:  # noqa: FBT001
    """Return a pattern of a term, with any white space for its spaces."""
    words = r"\s+".join(map(re.escape, term.split()))
    if unspaced:
        return words
    # A border of words beside a letter only: "C++" ends where no `\b` is.
    before = r"(?<!\w)" if term[0].isalnum() else ""
    after = r"(?!\w)" if term[-1].isalnum() else ""
    return f"{before}{words}{after}"
