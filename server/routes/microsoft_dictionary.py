"""Microsoft's dynamic dictionary: terms in a text that have their translation beside them.

`<mstrans:dictionary translation="Wort">word</mstrans:dictionary>` becomes the bare term, and an
entry of a glossary for this text.
"""

import re
from html import unescape

from server.core.errors import InvalidFieldError
from server.core.glossaries import check_entry

_START = "<mstrans:dictionary"
_TERM = re.compile(
    rf"""{_START}\s+translation\s*=\s*("[^"]*"|'[^']*')\s*>([^<]*)</mstrans:dictionary\s*>""",
    re.IGNORECASE,
)


def take_terms(text: str, field: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return a text without the tags, and its terms with their translations.

    Raises InvalidFieldError for what is not as above, and for a term with two translations.
    """
    if _START not in text.lower():
        return text, ()
    entries: dict[str, str] = {}
    for quoted, inner in _TERM.findall(text):
        term, translation = unescape(inner).strip(), unescape(quoted[1:-1]).strip()
        wrong = check_entry(term, translation)
        if wrong is None and entries.setdefault(term, translation) != translation:
            wrong = "a term has two translations"
        if wrong is not None:
            raise InvalidFieldError(f"{field}: mstrans:dictionary: {wrong}", field)
    bare = _TERM.sub(r"\2", text)
    if _START in bare.lower():
        message = "must have an attribute translation, and text without tags"
        raise InvalidFieldError(f"{field}: mstrans:dictionary {message}", field)
    return bare, tuple(entries.items())
