"""gettext catalogues (.po, .pot): new translations are flagged fuzzy for review.

The header gets the target language and its plural rule, and each plural message as many forms.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from documents.core.encoding import Encoding
from documents.core.options import DocumentOptions
from documents.core.result import TranslatedFile
from documents.core.rounds import Rounds
from documents.core.spans import is_translatable
from documents.core.text_ranges import Edit, apply_edits, translate_texts
from documents.localization.gettext_entries import Entry, quote, read_entries, unescape
from documents.localization.gettext_header import (
    Header,
    PluralRule,
    decode_catalogue,
    target_rule,
)

_FUZZY = re.compile(r",\s*fuzzy\s*(?:,|$)")
_PLACEHOLDER = re.compile(r"%(?:\(\w+\)|\d+\$)?[-+ 0#]*\d*(?:\.\d+)?[a-zA-Z]|\{[^{}]*\}")
_OTHER_FORMS = (
    "the plural rule in the header stays, because existing translations have more forms than the"
    " target language"
)


@dataclass(slots=True)
class _Work:
    """What is to be done for an entry: texts for some forms, and copies of its last form."""

    entry: Entry
    texts: dict[int, str] = field(default_factory=dict)
    copies: range = range(0)
    surplus: list[int] = field(default_factory=list)  # empty forms that the language lacks


def translate_gettext(data: bytes, options: DocumentOptions) -> Rounds[TranslatedFile]:
    """Fill each empty `msgstr`, or those that the options say, and flag its entry as fuzzy.

    Raise `DocumentError` for a damaged file, and for one that is not in its declared charset.
    """
    encoding, text = decode_catalogue(data)
    catalogue = _Catalogue(text, encoding, options)
    works = [work for entry in catalogue.messages if (work := catalogue.work(entry)) is not None]
    texts = [plain for work in works for plain in work.texts.values()]
    if not texts:
        return encoding.encode(text)
    translations = yield from translate_texts(texts)
    edits = [*catalogue.header_edits("".join(translations))]
    remaining = iter(translations)
    for work in works:
        edits += catalogue.edits(work, {form: next(remaining) for form in work.texts})
    translated = encoding.encode(apply_edits(text, sorted(edits)), utf8_bom=b"")
    return TranslatedFile(translated.data, translated.notices + catalogue.notices)


class _Catalogue:
    """Decides what to translate in a catalogue, and writes it."""

    def __init__(self, text: str, encoding: Encoding, options: DocumentOptions) -> None:
        self._text = text
        self._encoding = encoding
        self._options = options
        self._newline = "\r\n" if "\r\n" in text else "\n"
        entries = read_entries(text)
        self.messages = [entry for entry in entries if not entry.is_header]
        header = next((entry for entry in entries if entry.is_header), None)
        msgstr = header and next(iter(header.forms.values()))
        self._header = Header(text, msgstr, self._newline) if msgstr else None
        self.notices: tuple[str, ...] = ()
        self._new_rule: PluralRule | None = None
        self._rule = self._choose_rule()

    def _choose_rule(self) -> PluralRule | None:
        """Return the rule of the result; None without a header: the forms stay as many."""
        if self._header is None:
            return None
        rule, own = target_rule(self._options.target), self._header.rule
        plurals = [entry for entry in self.messages if "msgid_plural" in entry.fields]
        kept = max((len(entry.forms) for entry in plurals if self._stays(entry)), default=0)
        if own is not None:
            has_language = self._header.has_language(self._options.target)
            if has_language and (kept or own.count >= rule.count):
                return own
            if kept > rule.count:
                self.notices = (_OTHER_FORMS,)
                return own
        if plurals or own is not None:
            self._new_rule = rule
        return rule

    def _is_fuzzy(self, entry: Entry) -> bool:
        return entry.flags is not None and bool(
            _FUZZY.search(self._text[entry.flags[0] : entry.flags[1]])
        )

    def _is_again(self, entry: Entry) -> bool:
        """Return whether existing translations of an entry are replaced."""
        return not self._options.only_untranslated or (
            self._options.fuzzy == "again" and self._is_fuzzy(entry)
        )

    def _stays(self, entry: Entry) -> bool:
        return not self._is_again(entry) and any(form.source for form in entry.forms.values())

    def work(self, entry: Entry) -> _Work | None:
        """Return what is to be done for an entry; None for nothing."""
        forms = entry.forms
        if "msgid_plural" not in entry.fields:
            wanted = {0: self._plain(entry, "msgid")}
            count = 1
        else:
            count = len(forms) if self._rule is None else self._rule.count
            wanted = {form: self._form_text(entry, form, count) for form in range(count)}
        if self._stays(entry):
            if len(forms) < count and all(form.source for form in forms.values()):
                return _Work(entry, copies=range(max(forms) + 1, count))
            wanted = {i: t for i, t in wanted.items() if i not in forms or not forms[i].source}
        if not wanted or not all(map(is_translatable, wanted.values())):
            return None  # a number alone, or bytes that are invalid in the charset
        surplus = [] if self._stays(entry) else [form for form in forms if form >= count]
        return _Work(entry, wanted, surplus=surplus)

    def _form_text(self, entry: Entry, form: int, count: int) -> str:
        """Return the text whose translation is a form: the singular for the number 1."""
        singular, plural = self._plain(entry, "msgid"), self._plain(entry, "msgid_plural")
        one = (0 if count > 1 else None) if self._rule is None else self._rule.singular
        if form != one or not is_translatable(singular):
            return plural
        if self._rule is not None and not self._rule.is_singular_exact:
            # The form is for other numbers, too, so it must show the number if the plural does.
            lacks = {*_PLACEHOLDER.findall(plural)} - {*_PLACEHOLDER.findall(singular)}
            return plural if lacks else singular
        return singular

    def _plain(self, entry: Entry, name: str) -> str:
        return unescape(entry.fields[name].source, self._encoding.name)

    def header_edits(self, translations: str) -> Iterator[Edit]:
        """Yield what makes the header true for all translations together."""
        if self._header is not None:
            is_utf8 = self._encoding.name == "utf-8" and not (self._text + translations).isascii()
            to_utf8 = not self._encoding.has(translations) or (is_utf8 and not self._header.is_utf8)
            yield from self._header.edits(self._options.target, self._new_rule, to_utf8=to_utf8)

    def edits(self, work: _Work, filled: dict[int, str]) -> Iterator[Edit]:
        """Yield the edits of an entry from the translations of its forms."""
        entry, forms = work.entry, work.entry.forms
        yield from self._flag_fuzzy(entry)
        if self._is_again(entry):
            yield from ((start, end, "") for start, end in entry.previous)
        last = forms[max(forms)]
        added = [(form, self._text[slice(*last.strings)]) for form in work.copies]
        for form, translation in filled.items():
            written = quote(translation, self._newline)
            if form in forms:
                yield (*forms[form].strings, written)
            else:
                added.append((form, written))
        yield from ((*forms[form].lines, "") for form in work.surplus)
        if added:
            end = last.strings[1]
            yield end, end, "".join(f"{self._newline}msgstr[{i}] {source}" for i, source in added)

    def _flag_fuzzy(self, entry: Entry) -> Iterator[Edit]:
        if entry.flags is None:
            yield entry.top, entry.top, f"#, fuzzy{self._newline}"
        elif not self._is_fuzzy(entry):
            yield entry.flags[1], entry.flags[1], ", fuzzy"
