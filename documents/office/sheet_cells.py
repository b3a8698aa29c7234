"""Texts of spreadsheet cells and comments: plain, or in runs."""

import re
from collections.abc import Sequence

from lxml import etree

from documents.office.package_xml import namespace_of
from documents.office.paragraphs import Paragraph
from documents.office.runs import RunMarkup


class SheetMarkup(RunMarkup):
    """Reads and writes cells. A text without a format needs no run."""

    stale = frozenset({"rPh"})  # how the old text is read aloud
    ends = frozenset({"phoneticPr"})
    stays = re.compile(r"([\t\n\r]+| {3,}|_x[0-9A-Fa-f]{4}_)")

    def finish(self, level: etree._Element, ends: Sequence[etree._Element]) -> None:
        """Join runs without a format into one text; append what belongs at the end."""
        namespace = namespace_of(level)
        runs = list(level)
        if all(len(run) == 1 and run[0].tag == f"{namespace}t" for run in runs):
            texts = [run[0] for run in runs]
            for run in runs:
                level.remove(run)
            texts[0].text = "".join(text.text or "" for text in texts)
            level.append(texts[0])
        super().finish(level, ends)


_MARKUP = SheetMarkup()


class Cell(Paragraph):
    """A cell with a text, or several that share one."""

    __slots__ = ("_old_children", "old_text")

    def __init__(self, part: str, element: etree._Element) -> None:
        super().__init__(part, element, _MARKUP)
        self.old_text = self.text
        self._old_children = [*element]

    @property
    def text(self) -> str:
        """What a reader sees."""
        namespace = namespace_of(self.element)
        texts = self.element.iterfind(f"{namespace}r/{namespace}t")
        return "".join(
            text.text or "" for text in (*self.element.iterfind(f"{namespace}t"), *texts)
        )

    def restore(self) -> None:
        """Undo what `write` did."""
        self.element[:] = self._old_children
