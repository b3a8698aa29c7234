"""Paragraphs that consist of runs: a run has properties, and texts in its format."""

import re
from collections.abc import Iterator, Sequence
from copy import deepcopy
from typing import ClassVar

from lxml import etree

from documents.office.package_xml import namespace_of
from documents.office.paragraphs import Fragment

_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_NOTHING: frozenset[str] = frozenset()


class RunMarkup:
    """Reads and writes runs. Sets are names of elements, whose namespace is that of the level."""

    preserves_space: ClassVar[bool] = True  # whether texts need an attribute to keep their blanks
    properties: ClassVar[frozenset[str]] = _NOTHING  # stay at the beginning
    ends: ClassVar[frozenset[str]] = _NOTHING  # stay at the end
    stale: ClassVar[frozenset[str]] = _NOTHING  # what a new text makes wrong
    levels: ClassVar[frozenset[str]] = _NOTHING  # contain runs
    invisible: ClassVar[frozenset[str]] = _NOTHING  # properties of runs that nobody sees
    stays: ClassVar[re.Pattern[str] | None] = None  # parts of texts that end a sentence

    def fragments(self, level: etree._Element) -> Iterator[Fragment]:
        """Yield the fragments of a level, in order."""
        content = self.content(level)
        namespace = namespace_of(level)
        for child in content:
            name = _name(child, namespace)
            if name == "r":
                yield from self.run_fragments(child)
            elif name == "t":
                yield from self.texts(child.text or "", "", ())
            elif name not in self.properties | self.ends | self.stale:
                yield self.other(child, name)

    def run_fragments(self, run: etree._Element) -> Iterator[Fragment]:
        """Yield the fragments of a run."""
        namespace = namespace_of(run)
        properties = run.find(f"{namespace}rPr")
        run_format = () if properties is None else (properties,)
        appearance = "" if properties is None else self._appearance(properties)
        for child in run:
            name = _name(child, namespace)
            if name == "t":
                yield from self.texts(child.text or "", appearance, run_format)
            elif name == "noBreakHyphen":
                yield Fragment("text", "\u2011", appearance, run_format)
            elif name != "rPr" and name not in self.stale:
                yield Fragment("element", format=run_format, element=child, in_run=True)

    def texts(
        self, text: str, appearance: str, run_format: tuple[etree._Element, ...]
    ) -> Iterator[Fragment]:
        """Yield a text, divided at what ends a sentence."""
        parts = [text] if self.stays is None else self.stays.split(text)
        for number, part in enumerate(parts):
            if part:
                fragment = Fragment("text", part, appearance, run_format)
                yield Fragment("element", parts=(fragment,)) if number % 2 else fragment

    def other(self, element: etree._Element, name: str) -> Fragment:
        """Return the fragment of an element beside the runs."""
        return Fragment("level" if name in self.levels else "element", element=element)

    def content(self, level: etree._Element) -> etree._Element:
        """Return the element in a level that contains its runs."""
        return level

    def clear(self, level: etree._Element) -> Sequence[etree._Element]:
        """Empty a level except for its properties; return what belongs at its end."""
        content = self.content(level)
        namespace = namespace_of(level)
        names = [(child, _name(child, namespace)) for child in content]
        for child, name in names:
            if name not in self.properties:
                content.remove(child)
        return [child for child, name in names if name in self.ends]

    def append(self, level: etree._Element, fragment: Fragment) -> None:
        """Append a text or an element to a level, in a run where it needs one."""
        content = self.content(level)
        if fragment.element is not None and not fragment.in_run:
            content.append(fragment.element)
            return
        namespace = namespace_of(level)
        run = etree.SubElement(content, f"{namespace}r")
        for properties in fragment.format:
            run.append(deepcopy(properties))
        if fragment.element is not None:
            run.append(fragment.element)
            return
        text = etree.SubElement(run, f"{namespace}t")
        text.text = fragment.text
        if self.preserves_space:
            text.set(_SPACE, "preserve")

    def finish(self, level: etree._Element, ends: Sequence[etree._Element]) -> None:
        """Append what belongs at the end of a level."""
        self.content(level).extend(ends)

    def _appearance(self, properties: etree._Element) -> str:
        """Return a key that is equal for properties that look the same."""
        namespace = namespace_of(properties)
        attributes = sorted(
            (name, value) for name, value in properties.items() if name not in self.invisible
        )
        children = (
            etree.tostring(child, encoding="unicode", with_tail=False)
            for child in properties
            if _name(child, namespace) not in self.invisible
        )
        return "".join((*(f'{name}="{value}" ' for name, value in attributes), *children))


def _name(element: etree._Element, namespace: str) -> str:
    """Return the name of an element of a namespace; "" for any other, comments included."""
    tag = element.tag
    return tag[len(namespace) :] if isinstance(tag, str) and tag.startswith(namespace) else ""
