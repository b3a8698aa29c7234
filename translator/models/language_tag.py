"""Codes of languages as users write them, taken apart."""

import re
from typing import NamedTuple

# A language, then script, region and variants (BCP 47), or charset and modifier (POSIX).
_TAG = re.compile(
    r"([a-z]{2,3})((?:[-_][a-z0-9]{1,8})*)(?:\.[a-z0-9-]{1,16})?(?:@([a-z0-9]{1,16}))?"
)
_SCRIPTS = {"latin": "latn", "cyrillic": "cyrl", "devanagari": "deva"}  # modifiers of POSIX


class LanguageTag(NamedTuple):
    """A language and what follows it, such as script and region, in lower case."""

    language: str
    others: tuple[str, ...]


def parse(code: str) -> LanguageTag | None:
    """Return the parts of a code such as `zh-Hant-HK`, `deu_Latn` or `sr_RS.UTF-8@latin`.

    None if it is no such code.
    """
    match = _TAG.fullmatch(code.strip().lower())
    if match is None:
        return None
    others = match[2].replace("_", "-").split("-")[1:]
    if match[3] in _SCRIPTS:
        others.append(_SCRIPTS[match[3]])
    return LanguageTag(match[1], tuple(others))
