"""Places in an XML file for translations, and those of plural variants that a language needs."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from documents.core.plurals import has_several_numbers, plural_categories
from documents.core.rounds import Rounds
from documents.core.spans import Item, Output
from documents.core.text_ranges import Edit
from documents.core.xml_source import Element, XmlSource
from documents.core.xml_text import is_changed, markup_items, write_markup
from documents.localization.xml_values import translate_values

_SPECIFIER = re.compile(r"%(?:\d+\$)?[-+0,#]*\d*(?:\.\d+)?(?:l{0,2}|h{0,2}|[qzjtL])[a-zA-Z@]")


@dataclass(frozen=True, slots=True)
class Slot:
    """A range of the source that is replaced: by the translation of an element, and what is beside.

    A slot that `stays` is left as it is if the translation equals its source.
    """

    origin: Element
    start: int
    end: int
    before: str = ""
    after: str = ""
    stays: bool = True


@dataclass(frozen=True, slots=True)
class Variant:
    """The text for some numbers, and its range with what names its category."""

    text: Element
    start: int
    end: int


def own_slot(element: Element) -> Slot:
    """Return the slot for an element's own translation."""
    return Slot(element, element.inner_start, element.inner_end)


def plural_slots(
    source: XmlSource,
    variants: Mapping[str, Variant],
    language: str,
    wrap: Callable[[str, str], tuple[str, str]],
) -> Iterator[Slot]:
    """Yield the slots of the variants that a language needs, and of others in the file.

    `variants` has at least one, by category. `wrap` returns what is before and after the text of a
    new one, from its category and the indentation of the first one.
    """
    first = min(variant.start for variant in variants.values())
    indent = source.indent(first)
    position = first - len(indent)
    categories = plural_categories(language)
    for category in (*categories, *sorted(variants.keys() - set(categories))):
        origin = _origin(source, variants, category, language)
        if category in variants:
            variant = variants[category]
            own = own_slot(variant.text)
            yield Slot(origin, own.start, own.end, stays=origin is variant.text)
            position = variant.end
        else:
            yield Slot(origin, position, position, *wrap(category, indent), stays=False)


def fill_slots(
    source: XmlSource,
    slots: Sequence[Slot],
    read: Callable[[str], list[Item]] = markup_items,
    write: Callable[[Sequence[Item], Sequence[Output], str], str] = write_markup,
) -> Rounds[list[Edit]]:
    """Translate the elements of slots, each once, and return the edits.

    `read` returns the items of an element's content. `write` returns their source; its last
    argument is the encoding.
    """
    origins = list({slot.origin.start: slot.origin for slot in slots}.values())
    values = [read(source.inner(origin)) for origin in origins]
    outputs = yield from translate_values(values)
    texts = {
        origin.start: write(items, translated, source.encoding.name)
        for origin, items, translated in zip(origins, values, outputs, strict=True)
        if is_changed(translated)
    }
    return [
        (
            slot.start,
            slot.end,
            slot.before + texts.get(slot.origin.start, source.inner(slot.origin)) + slot.after,
        )
        for slot in slots
        if slot.origin.start in texts or not slot.stays
    ]


def _origin(
    source: XmlSource, variants: Mapping[str, Variant], category: str, language: str
) -> Element:
    """Return the text to translate for a category.

    "One file" cannot be translated for a category that has 21 too; "%d files" can.
    """
    general = variants.get("other", next(iter(variants.values()))).text
    if category not in variants:
        return general
    text = variants[category].text
    numbers = [_specifiers(source.plain(element)) for element in (text, general)]
    if numbers[0] < numbers[1] and has_several_numbers(language, category):
        return general
    return text


def _specifiers(text: str) -> int:
    return len(_SPECIFIER.findall(text.replace("%%", "")))
