"""Android's string resources (strings.xml): strings, arrays and plurals are translated.

Plurals get the quantities that the target language has; Android ignores others, which stay.
References, `translatable="false"`, placeholders and tags stay.
"""

import re
from collections.abc import Iterator

from documents.core.identifiers import is_identifier
from documents.core.options import DocumentOptions
from documents.core.result import TranslatedFile
from documents.core.rounds import DocumentError, Rounds
from documents.core.xml_source import Element, XmlSource, parse_xml
from documents.localization.android_text import read_android, write_android
from documents.localization.slots import Slot, Variant, fill_slots, own_slot, plural_slots

_REFERENCE = re.compile(r"[@?][\w.+*:]*[\w./-]*")  # to another resource, or to a theme


def translate_android(data: bytes, options: DocumentOptions) -> Rounds[TranslatedFile]:
    """Translate the strings whose names the options want.

    Raise `DocumentError` for a damaged file, and for other XML.
    """
    source = parse_xml(data)
    if source.root.name != "resources":
        raise DocumentError(
            "of .xml files, only Android's resources are read, whose root element is resources"
        )
    slots: list[Slot] = []
    for element in source.root.named("string", "string-array", "plurals"):
        attributes = element.attributes
        is_wanted = options.wants(attributes.get("name", ""))
        if attributes.get("translatable") == "false" or not is_wanted:
            continue
        if element.name == "plurals":
            slots += _plural_slots(source, element, options.target)
        else:
            texts = [element] if element.name == "string" else element.named("item")
            slots += (own_slot(text) for text in texts if _is_text(source, text))
    return source.finish((yield from fill_slots(source, slots, read_android, write_android)))


def _is_text(source: XmlSource, element: Element) -> bool:
    plain = source.plain(element).strip()
    return not _REFERENCE.fullmatch(plain) and not is_identifier(plain)


def _plural_slots(source: XmlSource, element: Element, language: str) -> Iterator[Slot]:
    variants = {
        item.attributes.get("quantity", ""): Variant(item, item.start, item.end)
        for item in element.named("item")
        if source.inner(item).strip()
    }

    def wrap(quantity: str, indent: str) -> tuple[str, str]:
        return f'{indent}<item quantity="{quantity}">', "</item>"

    if variants:
        yield from plural_slots(source, variants, language, wrap)
