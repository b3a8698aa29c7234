"""Texts in packages: values without markup, and their translation beside that of paragraphs."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from lxml import etree

from documents.core.identifiers import is_identifier
from documents.core.inline import translate_marked
from documents.core.rounds import Rounds, gather_each
from documents.core.spans import Item, Output, Text, is_translatable
from documents.office.paragraphs import without_controls


class Unit(Protocol):
    """A text in a part of a package."""

    @property
    def part(self) -> str:
        """The name of the part."""

    @property
    def items(self) -> list[Item]:
        """What is translated."""

    def write(self, outputs: Sequence[Output]) -> bool:
        """Write the translation; return True if it differs."""


class Value:
    """The value of an attribute, or the text of an element without children."""

    __slots__ = ("_attribute", "_element", "items", "part")

    def __init__(self, part: str, element: etree._Element, attribute: str | None = None) -> None:
        self.part = part
        self._element = element
        self._attribute = attribute
        text = element.text if attribute is None else element.get(attribute)
        self.items: list[Item] = [Text(text, text)] if text and not is_identifier(text) else []

    def write(self, outputs: Sequence[Output]) -> bool:
        """Write the translation; return True if it differs."""
        if not any(isinstance(output, str) for output in outputs):
            return False
        text = plain_text(outputs)
        if self._attribute is None:
            self._element.text = text
        else:
            self._element.set(self._attribute, text)
        return True


def attribute_values(part: str, element: etree._Element, *names: str) -> Iterator[Value]:
    """Yield the attributes of these names that an element has."""
    for name in names:
        if element.get(name):
            yield Value(part, element, name)


def plain_text(outputs: Sequence[Output]) -> str:
    """Return what a reader sees of outputs, without characters that XML cannot contain."""
    parts = (
        output if isinstance(output, str) else output.plain if isinstance(output, Text) else ""
        for output in outputs
    )
    return without_controls("".join(parts))


def has_text(unit: Unit) -> bool:
    """Return True if there is anything to translate; many cells and paragraphs have nothing."""
    return any(isinstance(item, Text) and is_translatable(item.plain) for item in unit.items)


def translate_units(found: Iterable[Unit]) -> Rounds[list[Unit]]:
    """Translate and write units; return those that changed."""
    units = [unit for unit in found if has_text(unit)]
    translations = yield from gather_each(lambda unit: translate_marked(unit.items), units)
    return [unit for unit, outputs in zip(units, translations, strict=True) if unit.write(outputs)]
