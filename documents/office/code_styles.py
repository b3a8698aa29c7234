"""Styles whose text is code, by their names."""

import re
from collections import defaultdict
from collections.abc import Iterable

_CAMEL_CASE = re.compile(r"(?<=[a-z])(?=[A-Z])")
# Names in Word, LibreOffice ("Source Text") and pandoc ("Verbatim Char").
_CODE = re.compile(
    r"\b(?:code|preformatted|source ?(?:code|text)|typewriter|verbatim|html (?:keyboard|sample))\b",
    re.IGNORECASE,
)


def code_styles(styles: Iterable[tuple[str, str, str]]) -> frozenset[str]:
    """Return the ids of styles for code, from all ids, names and ids of what each is based on.

    A style that is based on one for code is one, too.
    """
    derived: dict[str, list[str]] = defaultdict(list)
    found: list[str] = []
    for identifier, name, base in styles:
        derived[base].append(identifier)
        if _CODE.search(_CAMEL_CASE.sub(" ", name)):
            found.append(identifier)
    codes: set[str] = set()
    while found:
        identifier = found.pop()
        if identifier not in codes:
            codes.add(identifier)
            found += derived[identifier]
    return frozenset(codes)
