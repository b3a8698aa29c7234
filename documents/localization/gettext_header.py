"""The header of a gettext catalogue: its charset, language and plural rule."""

import codecs
import gettext
import re
from collections.abc import Iterator
from dataclasses import dataclass

from documents.core.encoding import Encoding, decode, decode_declared
from documents.core.plurals import gettext_plural_forms
from documents.core.rounds import DocumentError
from documents.core.text_ranges import Edit
from documents.localization.gettext_entries import Field

_CHARSET = re.compile(rb'(?:"|\\n)Content-Type:[^"\\\n]*?charset=([\w.:+-]+)', re.IGNORECASE)
_TEMPLATE_CHARSET = b"CHARSET"  # in a file that xgettext has made
_PLURAL = re.compile(r"\s*nplurals\s*=\s*([1-9])\s*;\s*plural\s*=\s*([^;]+);?\s*")
_SCRIPTS = {"Latn": "@latin", "Cyrl": "@cyrillic", "Arab": "@arabic", "Deva": "@devanagari"}
_CHINESE = {"Hans": "CN", "Hant": "TW"}
_MANY = 200  # numbers of which the forms are compared


@dataclass(frozen=True, slots=True)
class PluralRule:
    """The number of forms of a language, and which of them is the singular.

    `singular` is None if there is one form for all numbers. It is exact if it is for the number 1
    alone, and not for 21, as in Russian, or for 0, as in French.
    """

    header: str
    count: int
    singular: int | None
    is_singular_exact: bool


def decode_catalogue(data: bytes) -> tuple[Encoding, str]:
    """Return the encoding and the text of a catalogue, which is in the charset that it declares.

    Without one it is UTF-8, as it is where it declares ASCII. Raise `DocumentError` otherwise.
    """
    declared = _CHARSET.search(data)
    if declared is None or declared[1] == _TEMPLATE_CHARSET:
        return decode(data)
    try:
        name = codecs.lookup(declared[1].decode("ascii", "replace")).name
    except LookupError:
        raise DocumentError("the charset in the header is unknown") from None
    if name in ("utf-8", "ascii") or data.startswith(codecs.BOM_UTF8):
        return decode(data)
    encoding, text = decode_declared(data, name)
    try:  # browsers read ISO 8859-1 as Windows-1252, but gettext does not
        return (Encoding(name=name), text) if text.encode(name) == data else (encoding, text)
    except UnicodeEncodeError:
        return encoding, text


def target_rule(language: str) -> PluralRule:
    """Return the rule of a BCP 47 tag."""
    rule = _parse(gettext_plural_forms(language)[1])
    assert rule is not None, "babel's rules are valid"
    return rule


class Header:
    """Reads and changes the lines `Name: value` of a header."""

    def __init__(self, text: str, msgstr: Field, newline: str) -> None:
        self._text = text
        self._msgstr = msgstr
        self._newline = newline

    def has_language(self, language: str) -> bool:
        """Return whether the catalogue says that it is in this language, in any region."""
        found = self._find("Language")
        return found is not None and _primary(_value(found)) == _primary(language)

    @property
    def rule(self) -> PluralRule | None:
        """The plural rule; None if there is none or an invalid one."""
        found = self._find("Plural-Forms")
        return None if found is None else _parse(_value(found))

    @property
    def is_utf8(self) -> bool:
        """Whether the charset is UTF-8."""
        found = self._find("Content-Type")
        return found is not None and re.search(r"charset=utf-?8\b", found[1], re.I) is not None

    def edits(self, language: str, rule: PluralRule | None, *, to_utf8: bool) -> Iterator[Edit]:
        """Yield what makes a BCP 47 tag the language and, where it is given, a rule the plural one.

        `to_utf8` makes UTF-8 the charset.
        """
        wanted = []
        if "-" in language or not self.has_language(language):  # de_AT is right for de
            wanted.append(("Language", _posix(language)))
        if rule is not None:
            wanted.append(("Plural-Forms", rule.header))
        if to_utf8:
            wanted.append(("Content-Type", "text/plain; charset=UTF-8"))
        missing: list[str] = []
        for name, value in wanted:
            found = self._find(name)
            if found is None:
                missing.append(f'"{name}: {value}\\n"')
            else:
                yield found.start(1), found.end(1), f" {value}"
        if missing:
            end = self._msgstr.strings[1]
            source = self._msgstr.source
            first = [] if not source or source.endswith("\\n") else ['"\\n"']
            yield end, end, self._newline + self._newline.join((*first, *missing))

    def _find(self, name: str) -> re.Match[str] | None:
        """Find a line; its group is the value, which may be divided into several strings."""
        value = re.compile(rf'(?:"|\\n){name}:((?:[^\\"]|\\[^n]|"\s*")*+)')
        return value.search(self._text, *self._msgstr.strings)


def _value(found: re.Match[str]) -> str:
    return re.sub(r'"\s*"', "", found[1]).strip()


def _parse(header: str) -> PluralRule | None:
    match = _PLURAL.fullmatch(header)
    if match is None:
        return None
    try:
        forms = list(map(gettext.c2py(match[2]), range(_MANY)))
    except (ValueError, SyntaxError, ZeroDivisionError):  # it compiles what it has checked
        return None
    count = int(match[1])
    if not all(form < count for form in forms):
        return None
    return PluralRule(header, count, forms[1] if count > 1 else None, forms.count(forms[1]) == 1)


def _primary(tag: str) -> str:
    return re.split(r"[-_@.]", tag, maxsplit=1)[0].lower()


def _posix(tag: str) -> str:
    """Return the name of a BCP 47 tag in gettext, such as zh_TW or sr@latin."""
    language, *subtags = tag.split("-")
    script = next((subtag for subtag in subtags if len(subtag) == 4 and subtag.isalpha()), "")
    region = next((subtag for subtag in subtags if len(subtag) in (2, 3)), "")
    if language == "zh":
        region, script = region or _CHINESE.get(script, ""), ""
    return language + (f"_{region}" if region else "") + _SCRIPTS.get(script, "")
