"""Apple's plurals (.stringsdict): each gets the variants of the target language.

Others are translated too, because iOS uses `zero` in every language. Types stay.
"""

import re
from collections.abc import Iterator

from documents.core.options import DocumentOptions
from documents.core.result import TranslatedFile
from documents.core.rounds import DocumentError, Rounds
from documents.core.spans import Atom, Item, Text
from documents.core.xml_source import Element, XmlSource, parse_xml
from documents.core.xml_text import markup_items
from documents.localization.slots import Slot, Variant, fill_slots, own_slot, plural_slots

_BINARY = b"bplist"
_FORMAT = "NSStringLocalizedFormatKey"
_KIND = "NSStringFormatSpecTypeKey"
_PLURAL = "NSStringPluralRuleType"
_SETTINGS = "NSString"  # keys of what is not text begin with it
_VARIABLE = re.compile(r"%(?:\d+\$)?#@(\w+)@")


def translate_stringsdict(data: bytes, options: DocumentOptions) -> Rounds[TranslatedFile]:
    """Translate formats and variants.

    Raise `DocumentError` for a damaged file, and for other property lists.
    """
    if data.startswith(_BINARY):
        raise DocumentError("binary property lists are not read: convert the file to XML")
    source = parse_xml(data)
    top = source.root.first("dict")
    if source.root.name != "plist" or top is None:
        raise DocumentError("the file is not a property list with a dictionary")
    slots = [slot for entry in top.all() for slot in _slots(source, entry, options.target)]
    return source.finish((yield from fill_slots(source, slots, _read)))


def _slots(source: XmlSource, entry: Element, language: str) -> Iterator[Slot]:
    """Yield the slots of a dictionary; of other elements there are none."""
    if entry.name != "dict":
        return
    values: dict[str, Variant] = {}
    kind = ""
    for key, value in zip(entry.children, entry.children[1:], strict=False):
        if key.name != "key" or value.name != "string":
            continue
        name = source.plain(key)
        if name == _KIND:
            kind = source.plain(value)
        is_text = name == _FORMAT or not name.startswith(_SETTINGS)
        if is_text and source.inner(value).strip():
            values[name] = Variant(value, key.start, value.end)
    if kind != _PLURAL:
        yield from (own_slot(value.text) for value in values.values())
    elif values:
        yield from plural_slots(source, values, language, _wrap)


def _wrap(category: str, indent: str) -> tuple[str, str]:
    return f"{indent}<key>{category}</key>{indent}<string>", "</string>"


def _read(markup: str) -> list[Item]:
    return markup_items(markup, read=_read_text)


def _read_text(source: str, plain: str) -> Iterator[Item]:
    """Yield the items of text; a variable stands for words, which translators must keep."""
    if source != plain:
        yield Text(source, plain)
        return
    position = 0
    for variable in _VARIABLE.finditer(plain):
        if position < variable.start():
            text = plain[position : variable.start()]
            yield Text(text, text)
        yield Atom(variable[0], f"{{{{{variable[1]}}}}}")
        position = variable.end()
    if position < len(plain):
        yield Text(plain[position:], plain[position:])
