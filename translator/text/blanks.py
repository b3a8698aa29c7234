"""White space within a sentence: models know one blank between words, no other."""

import re

from translator.text.protected_tokens import table_tokens
from translator.text.spans import overlapping

_OTHER = re.compile(r"[\t-\r\x1c-\x1f\x85\u2028\u2029]| {2}")
_RUN = re.compile(r"[ \t-\r\x1c-\x1f\x85\u2028\u2029]+")
_WIDE = re.compile(r"(?<=\S) {2,}(?=\S)")
_BLANK = re.compile(r"(?<=\S) (?=\S)")


def single_blanks(translation: str) -> str:
    """Return a translation with one blank for each run of white space, and none at its ends."""
    if translation.isprintable() and "  " not in translation:
        return translation.strip()  # mostly
    return (_RUN.sub(" ", translation) if _OTHER.search(translation) else translation).strip()


def restored_blanks(source: str, translation: str) -> str:
    """Return a translation with the wide blanks of its source.

    Each takes the place of the blank that is as far from the start, in proportion. A translation
    with fewer blanks, such as Chinese, gets fewer.
    """
    wide = list(_WIDE.finditer(source)) if "  " in source else []
    if not wide:
        return translation
    tokens = table_tokens(translation)
    places = [
        match.start()
        for match in _BLANK.finditer(translation)
        if not overlapping(*match.span(), tokens)
    ]
    chosen: dict[int, str] = {}
    for match in wide:
        wanted = match.start() / len(source) * len(translation)
        free = [place for place in places if place not in chosen]
        if free:
            chosen[min(free, key=lambda place: abs(place - wanted))] = match[0]
    return "".join(chosen.get(i, character) for i, character in enumerate(translation))
