"""Qt Linguist (.ts): unfinished translations are filled, and stay unfinished for review."""

from collections.abc import Iterator
from dataclasses import dataclass

from documents.core.language_tags import REPLACED, is_same_language
from documents.core.options import DocumentOptions
from documents.core.result import TranslatedFile
from documents.core.rounds import DocumentError, Rounds
from documents.core.text_ranges import Edit
from documents.core.xml_source import Element, XmlSource, parse_xml, with_attribute
from documents.core.xml_text import markup_items, write_markup
from documents.localization.xml_values import translate_values

_OBSOLETE = frozenset({"obsolete", "vanished"})
_INDENT = "    "  # of a form in its translation, as Qt writes it
_OTHER = "the file is not of Qt Linguist: .ts files of TypeScript and of video are not read"
# How many forms Qt's own rules have, which are older than CLDR's; most languages have two.
_FORMS = {
    1: "bi bo dz fa fj gn hu id in ja jv ko ms my na om su th tr tt vi yo za zh",
    3: "be bs cs dv fil ga gv hr ik iu lt lv mi mk pl ro ru sa se sk sm sr tl uk",
    4: "gd mt sl",
    5: "cy",
    6: "ar",
}
_FORM_COUNTS = {code: count for count, codes in _FORMS.items() for code in codes.split()}


@dataclass(frozen=True, slots=True)
class _Message:
    """A message to fill: its source and its translation, None if that is missing."""

    element: Element
    source: Element
    translation: Element | None
    is_numerus: bool  # whether there is one translation for each kind of number
    replace: bool  # whether existing translations are replaced

    @property
    def forms(self) -> list[Element]:
        """The translations for the kinds of numbers."""
        return [] if self.translation is None else list(self.translation.named("numerusform"))


def translate_ts(data: bytes, options: DocumentOptions) -> Rounds[TranslatedFile]:
    """Fill the translations that are empty, and others if the options ask for it.

    Raise `DocumentError` for a damaged file, and for other files with this suffix.
    """
    if not data.lstrip(b"\xef\xbb\xbf\xfe\xff\0 \t\r\n").startswith(b"<"):
        raise DocumentError(_OTHER)
    source = parse_xml(data)
    if source.root.name != "TS":
        raise DocumentError(_OTHER)
    declared = source.root.attributes.get("language")
    is_foreign = declared is not None and not is_same_language(declared, options.target)
    messages = list(_messages(source, options, is_foreign=is_foreign))
    values = [markup_items(source.inner(message.source)) for message in messages]
    outputs = yield from translate_values(values)
    edits = [
        _fill(source, message, write_markup(*pair, encoding=source.encoding.name), options.target)
        for message, pair in zip(messages, zip(values, outputs, strict=True), strict=True)
    ]
    if messages and (declared is None or is_foreign):
        language = options.target.replace("-", "_")
        tag = with_attribute(source.root.tag, "language", language, "version")
        edits.append((source.root.start, source.root.inner_start, tag))
    replaced = is_foreign and any(_is_filled(source, message.translation) for message in messages)
    return source.finish(edits, (REPLACED,) if replaced else ())


def _messages(
    source: XmlSource, options: DocumentOptions, *, is_foreign: bool
) -> Iterator[_Message]:
    """Yield the messages to fill."""
    count = _form_count(options.target)
    for element in source.root.all():
        text, translation = element.first("source"), element.first("translation")
        if element.name != "message" or text is None or not source.inner(text).strip():
            continue
        kind = None if translation is None else translation.attributes.get("type")
        if kind in _OBSOLETE:
            continue
        again = options.fuzzy == "again" and kind == "unfinished"
        replace = is_foreign or again or not options.only_untranslated
        is_numerus = element.attributes.get("numerus") == "yes"
        message = _Message(element, text, translation, is_numerus, replace)
        filled = [_is_filled(source, form) for form in message.forms]
        is_complete = filled.count(True) >= count and all(filled)
        if not is_numerus:
            is_complete = _is_filled(source, translation)
        if replace or not is_complete:
            yield message


def _is_filled(source: XmlSource, translation: Element | None) -> bool:
    """Return whether a translation has text, or bytes that XML cannot have as text."""
    if translation is None:
        return False
    has_bytes = any(element.name == "byte" for element in translation.all())
    return has_bytes or bool(source.plain(translation).strip())


def _fill(source: XmlSource, message: _Message, text: str, language: str) -> Edit:
    """Return the edit that writes a translation, or those for all numbers that lack one."""
    translation = message.translation
    inner = _forms(source, message, text, language) if message.is_numerus else text
    if translation is None:
        last = message.element.children[-1]
        new = f'{source.indent(last.start)}<translation type="unfinished">{inner}</translation>'
        return last.end, last.end, new
    tag = with_attribute(translation.tag, "type", "unfinished")
    return source.replace_inner(translation, inner, tag)


def _forms(source: XmlSource, message: _Message, text: str, language: str) -> str:
    """Return the content of a translation with the number of forms that the language has."""
    forms = message.forms
    kept = {
        number: source.text[form.start : form.end]
        for number, form in enumerate(forms)
        if not message.replace and _is_filled(source, form)
    }
    count = max(_form_count(language), *(number + 1 for number in kept), 1)
    new = f"<numerusform>{text}</numerusform>"
    indent = source.indent((message.translation or message.source).start)
    before = indent + _INDENT if indent else ""
    if forms and message.translation is not None:
        before = source.indent(forms[0].start)
        indent = source.text[forms[-1].end : message.translation.inner_end]
    return "".join(before + kept.get(number, new) for number in range(count)) + indent


def _form_count(language: str) -> int:
    return _FORM_COUNTS.get(language.partition("-")[0].lower(), 2)
