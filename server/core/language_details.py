"""What people are told about a language: names, script, direction."""

from dataclasses import dataclass
from functools import cache
from typing import Literal

from documents.core.language_tags import is_right_to_left
from translator.models.flores import FLORES, flores_aliases, flores_code
from translator.models.languages import aliases_of, bcp47, name_of

_LATIN = "Latn"


@dataclass(frozen=True, slots=True)
class LanguageDetails:
    """A language of a model; `tag` is its BCP 47 tag, `script` its ISO 15924 code."""

    code: str
    tag: str
    name: str
    native_name: str
    script: str
    direction: Literal["ltr", "rtl"]
    aliases: tuple[str, ...]  # other codes that requests may use


@cache
def details_of(code: str) -> LanguageDetails:
    """Return the details of a model's code; names are those of CLDR where it has them."""
    tag = bcp47(code)
    script = _script(code, tag)
    aliases = flores_aliases(code) if code in FLORES else aliases_of(code)
    return LanguageDetails(
        code,
        tag,
        name_of(code),
        _native_name(tag) or name_of(code),
        script,
        "rtl" if is_right_to_left(tag) else "ltr",
        tuple(aliases),
    )


def _script(code: str, tag: str) -> str:
    from babel.core import get_global  # it takes a tenth of a second

    if code in FLORES:
        return code.partition("_")[2]
    likely: str = get_global("likely_subtags").get(tag, "")
    flores = flores_code(code)
    parts = likely.split("_")
    if len(parts) > 1:
        return parts[1]
    return flores.partition("_")[2] if flores else _LATIN


def _native_name(tag: str) -> str | None:
    from babel import Locale, UnknownLocaleError

    try:
        return Locale.parse(tag, sep="-").get_display_name()
    except (UnknownLocaleError, ValueError):
        return None
