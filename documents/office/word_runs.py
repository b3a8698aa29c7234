"""Runs of WordprocessingML: links, tracked changes, ranges, fields, code."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from lxml import etree

from documents.office.package_xml import namespace_of
from documents.office.paragraphs import Fragment, Kind
from documents.office.runs import RunMarkup

# Fields with results that are data: `IF` and `REF` have text.
_KEPT_FIELDS = frozenset({
    "=", "AUTHOR", "CREATEDATE", "DATE", "EDITTIME", "EQ", "FILENAME", "FILESIZE", "LASTSAVEDBY",
    "MERGEFIELD", "MERGEREC", "MERGESEQ", "PRINTDATE", "REVNUM", "SAVEDATE", "SYMBOL", "TIME",
    "USERADDRESS", "USERINITIALS", "USERNAME",
})  # fmt: skip
_RANGES = ("bookmark", "commentRange", "perm")


class WordMarkup(RunMarkup):
    """Reads and writes paragraphs; text in one of the given character styles is code."""

    properties = frozenset(["pPr", "rPr", "sdtPr", "sdtEndPr", "smartTagPr", "customXmlPr"])
    # Left by the last layout or spell check.
    stale = frozenset(["proofErr", "lastRenderedPageBreak", "softHyphen"])
    levels = frozenset(
        ["hyperlink", "ins", "moveTo", "smartTag", "sdt", "fldSimple", "customXml", "bdo", "dir"]
    )
    stays = re.compile(r"(\t+| {3,})")  # layout
    invisible = frozenset(["lang", "noProof", "rPrChange"])

    def __init__(self, code_styles: frozenset[str]) -> None:
        self._code_styles = code_styles

    def fragments(self, level: etree._Element) -> Iterator[Fragment]:
        """Yield the fragments of a level, with fields and comments as ranges."""
        yield from _join_fields(_join_comments(super().fragments(level)))

    def run_fragments(self, run: etree._Element) -> Iterator[Fragment]:
        """Yield the fragments of a run; code is kept."""
        namespace = namespace_of(run)
        style = run.find(f"{namespace}rPr/{namespace}rStyle")
        is_code = style is not None and style.get(f"{namespace}val") in self._code_styles
        for fragment in super().run_fragments(run):
            if is_code and fragment.kind == "text":
                yield Fragment("kept", fragment.text, parts=(fragment,))
            else:
                yield fragment

    def other(self, element: etree._Element, name: str) -> Fragment:
        """Return a level, the start or end of a range, a simple field, or an element."""
        namespace = namespace_of(element)
        for name_of_range in _RANGES:
            if name in (f"{name_of_range}Start", f"{name_of_range}End"):
                identifier = f"{name_of_range} {element.get(f'{namespace}id')}"
                kind: Kind = "open" if name.endswith("Start") else "close"
                return Fragment(kind, element=element, name=identifier)
        if name == "fldSimple" and _is_kept(element.get(f"{namespace}instr", "")):
            text = "".join(found.text or "" for found in element.iter(f"{namespace}t"))
            return Fragment("kept", text, element=element)
        return super().other(element, name)

    def content(self, level: etree._Element) -> etree._Element:
        """Return the element in a level that contains its runs."""
        namespace = namespace_of(level)
        content = level.find(f"{namespace}sdtContent") if level.tag == f"{namespace}sdt" else None
        return level if content is None else content


def _join_comments(fragments: Iterator[Fragment]) -> Iterator[Fragment]:
    """Let the sign of a comment follow the end of its range."""
    held: Fragment | None = None
    for fragment in fragments:
        if held is not None:
            if _is_sign_of(fragment, held):
                yield replace(held, parts=(replace(held, kind="element"), fragment))
                held = None
                continue
            yield held
        held = fragment if fragment.kind == "close" else None
        if held is None:
            yield fragment
    if held is not None:
        yield held


def _is_sign_of(fragment: Fragment, end: Fragment) -> bool:
    element = fragment.element
    if element is None or end.element is None or not fragment.in_run:
        return False
    identifier = f"{namespace_of(element)}id"
    return (
        element.tag == f"{namespace_of(element)}commentReference"
        and end.element.tag == f"{namespace_of(element)}commentRangeEnd"
        and element.get(identifier) == end.element.get(identifier)
    )


def _join_fields(fragments: Iterator[Fragment]) -> Iterator[Fragment]:
    """Make ranges of fields, and kept texts of those whose result is data."""
    joined: list[Fragment] = []
    begins: list[int] = []  # positions of open fields
    innermost = -1  # the begin of the last field, if it can have no other in it
    for number, fragment in enumerate(fragments):
        joined.append(fragment)
        character = _field_character(fragment)
        if character == "begin":
            innermost = len(joined) - 1
            begins.append(innermost)
        elif character == "end" and begins:
            start = begins.pop()
            if start == innermost and _is_data(field := joined[start:]):
                text = "".join(part.text for part in field if part.kind == "text")
                joined[start:] = [Fragment("kept", text, parts=tuple(field))]
            else:
                name = f"field {number}"
                joined[start] = replace(joined[start], kind="open", name=name)
                joined[-1] = replace(fragment, kind="close", name=name)
            innermost = -1
    yield from joined


def _is_data(field: Sequence[Fragment]) -> bool:
    """Return True for a field whose result is data."""
    instructions = ""
    for part in field:
        if part.element is not None and part.element.tag == (
            f"{namespace_of(part.element)}instrText"
        ):
            instructions += part.element.text or ""
        elif part.kind not in ("text", "element"):
            return False
    return _is_kept(instructions)


def _is_kept(instructions: str) -> bool:
    first = instructions.split(maxsplit=1)[:1]
    return bool(first) and (first[0].upper() in _KEPT_FIELDS or first[0].startswith("="))


def _field_character(fragment: Fragment) -> str | None:
    element = fragment.element
    if element is None or not fragment.in_run:
        return None
    return element.get(f"{namespace_of(element)}fldCharType")
