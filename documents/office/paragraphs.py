"""Converts paragraphs of office files to items and back, whatever their markup is."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal, Protocol

from lxml import etree

from documents.core.spans import Atom, Item, Mark, Output, Text

# Characters that XML cannot contain.
_NO_CONTROLS = dict.fromkeys({*range(32), 0xFFFE, 0xFFFF} - {*map(ord, "\t\n\r")})
_MAX_KEPT_CHARACTERS = 200  # a longer one ends the sentence

Format = tuple[etree._Element, ...]
"""What gives a text its appearance: the properties of a run, or the elements around a text."""


Kind = Literal["text", "kept", "element", "open", "close", "point", "level"]


@dataclass(frozen=True, slots=True)
class Fragment:
    """Part of a level of a paragraph.

    A text has a format. A kept one is seen in its sentence, but not translated; an element is not
    seen. Elements that open and close a range have the same name; a point is a range without text.
    A level contains fragments.
    """

    kind: Kind
    text: str = ""
    appearance: str = ""  # equal for texts that look the same
    format: Format = ()
    element: etree._Element | None = None
    in_run: bool = False  # whether the element needs a run with the format
    name: str = ""
    parts: "tuple[Fragment, ...]" = ()  # texts and elements to write instead of this one


class Markup(Protocol):
    """Reads and writes the fragments of one format."""

    def fragments(self, level: etree._Element) -> Iterable[Fragment]:
        """Return the fragments of a paragraph, or of an element in it that contains some."""

    def clear(self, level: etree._Element) -> Sequence[etree._Element]:
        """Remove the fragments of a level, and return what must be at its end."""

    def append(self, level: etree._Element, fragment: Fragment) -> None:
        """Append a text or an element to a level."""

    def finish(self, level: etree._Element, ends: Sequence[etree._Element]) -> None:
        """Complete a level with what `clear` returned."""


class Paragraph:
    """Reads a paragraph of a part, and rewrites it if its text has changed.

    The source of each mark and atom in `items` is the index of a fragment.
    """

    __slots__ = ("_base", "_fragments", "_markup", "element", "items", "part")

    def __init__(self, part: str, element: etree._Element, markup: Markup) -> None:
        self.part = part
        self.element = element
        self._markup = markup
        self._fragments: list[Fragment] = []  # indexed by the sources of the marks
        # The format of most of the text of each level.
        self._base: dict[etree._Element, Format] = {}
        self.items = list(self._items(element))

    def write(self, outputs: Sequence[Output]) -> bool:
        """Write the outputs into the paragraph; return True if its text has changed."""
        if not any(isinstance(output, str) for output in outputs):
            return False
        writer = _Writer(self.element, self._markup, self._base)
        for output in outputs:
            if isinstance(output, str):
                writer.text(output)
            elif isinstance(output, Text):
                writer.text(output.plain)
            else:
                role = output.role if isinstance(output, Mark) else "standalone"
                writer.mark(role, self._fragments[int(output.source)])
        writer.close()
        return True

    def _items(self, level: etree._Element) -> Iterator[Item]:
        """Yield the items of the paragraph, or of an element in it that contains fragments."""
        fragments = _merge_blanks(_pair_ranges(list(self._markup.fragments(level))))
        lengths: Counter[str] = Counter()
        for fragment in fragments:
            if fragment.kind == "text":
                lengths[fragment.appearance] += len(fragment.text)
        base = max(lengths, key=lambda appearance: lengths[appearance], default="")
        formats = (
            fragment.format
            for fragment in fragments
            if fragment.kind == "text" and fragment.appearance == base
        )
        self._base[level] = next(formats, ())
        for appearance, group in groupby(
            fragments, lambda fragment: fragment.appearance if fragment.kind == "text" else None
        ):
            if appearance is None:
                for fragment in group:
                    yield from self._other_items(fragment)
            else:
                yield from self._text_items(list(group), marked=appearance != base)

    def _text_items(self, group: Sequence[Fragment], *, marked: bool) -> Iterator[Item]:
        text = "".join(fragment.text for fragment in group)
        if not marked:
            yield Text(text, text)
            return
        # Blanks at the edges are outside, where they separate the span from its neighbours.
        key = self._key(group[0])
        core = text.strip()
        left, _, right = text.partition(core) if core else ("", "", "")
        if left:
            yield Text(left, left)
        yield Mark(key, "open", f"format {key}")
        yield Text(core or text, core or text)
        yield Mark(key, "close", f"format {key}")
        if right:
            yield Text(right, right)

    def _other_items(self, fragment: Fragment) -> Iterator[Item]:
        key = self._key(fragment)
        if fragment.kind == "level":
            assert fragment.element is not None, "a level is an element"
            yield Mark(key, "open", f"level {key}")
            yield from self._items(fragment.element)
            yield Mark(key, "close", f"level {key}")
        elif fragment.kind == "kept" and 0 < len(fragment.text.strip()) <= _MAX_KEPT_CHARACTERS:
            yield Atom(key, fragment.text)
        elif fragment.kind == "open" or fragment.kind == "close":
            yield Mark(key, fragment.kind, f"range {fragment.name}")
        else:
            yield Mark(key)

    def _key(self, fragment: Fragment) -> str:
        self._fragments.append(fragment)
        return str(len(self._fragments) - 1)


class _Writer:
    """Fills a paragraph with new fragments."""

    def __init__(
        self,
        paragraph: etree._Element,
        markup: Markup,
        base: Mapping[etree._Element, Format],
    ) -> None:
        self._markup = markup
        self._base = base
        self._texts: list[str] = []  # in one format
        self._text_format: Format = ()
        self._levels: list[tuple[etree._Element, Sequence[etree._Element]]] = []
        self._formats: list[Format] = []
        self._enter(paragraph)

    def text(self, text: str) -> None:
        """Add text in the current format."""
        self._add(without_controls(text), self._formats[-1])

    def mark(self, role: str, fragment: Fragment) -> None:
        """Begin or end a format or a level, or add an element or a kept text."""
        if fragment.kind == "text":
            if role == "open":
                self._formats.append(fragment.format)
            else:
                self._formats.pop()
        elif fragment.kind != "level":
            for part in fragment.parts or (fragment,):
                self._append(part)
        elif role == "open":
            assert fragment.element is not None, "a level is an element"
            self._append(fragment)
            self._enter(fragment.element)
        else:
            self._leave()

    def close(self) -> None:
        """End the paragraph."""
        self._leave()

    def _append(self, fragment: Fragment) -> None:
        if fragment.kind == "text":
            self._add(fragment.text, fragment.format)
        else:
            self._flush()
            self._markup.append(self._levels[-1][0], fragment)

    def _add(self, text: str, text_format: Format) -> None:
        if text_format != self._text_format:
            self._flush()
            self._text_format = text_format
        self._texts.append(text)

    def _enter(self, level: etree._Element) -> None:
        self._levels.append((level, self._markup.clear(level)))
        self._formats.append(self._base[level])

    def _leave(self) -> None:
        self._flush()
        self._markup.finish(*self._levels.pop())
        self._formats.pop()

    def _flush(self) -> None:
        if text := "".join(self._texts):
            fragment = Fragment("text", text, format=self._text_format)
            self._markup.append(self._levels[-1][0], fragment)
        self._texts.clear()


def without_controls(text: str) -> str:
    """Drop characters that XML cannot contain."""
    return text.translate(_NO_CONTROLS)


def _pair_ranges(fragments: Sequence[Fragment]) -> list[Fragment]:
    """Turn what opens or closes no range of this level into elements.

    An empty range within the text would end a sentence, so it goes to the beginning.
    """
    closed = {fragment.name for fragment in fragments if fragment.kind == "close"}
    opened: dict[str, int] = {}
    paired: set[int] = set()
    empty: set[int] = set()
    content = 0  # the number of fragments before, other than ends of ranges
    contents_before: list[int] = []
    for position, fragment in enumerate(fragments):
        contents_before.append(content)
        if fragment.kind == "open" and fragment.name in closed:
            opened[fragment.name] = position
        elif fragment.kind == "close" and fragment.name in opened:
            start = opened.pop(fragment.name)
            is_empty = contents_before[start] == content and not fragment.parts
            (empty if is_empty else paired).update((start, position))
        elif fragment.kind == "point":
            empty.add(position)
        if fragment.kind not in ("open", "close", "point"):
            content += 1
    first, others = [], []
    for position, fragment in enumerate(fragments):
        if position in empty:
            first.append(replace(fragment, kind="element"))
        elif fragment.kind in ("open", "close") and position not in paired:
            others.append(replace(fragment, kind="element"))
        else:
            others.append(fragment)
    return first + others


def _merge_blanks(fragments: Iterable[Fragment]) -> list[Fragment]:
    """Give blank text the format of the text before it, so that it does not become a span."""
    merged: list[Fragment] = []
    last: Fragment | None = None
    for fragment in fragments:
        if fragment.kind == "text" and not fragment.text.strip() and last is not None:
            merged.append(replace(fragment, appearance=last.appearance, format=last.format))
        else:
            last = fragment if fragment.kind == "text" else None
            merged.append(fragment)
    return merged
