"""A paragraph of WordprocessingML as items, and back."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from itertools import groupby

from lxml import etree

from documents.spans import Item, Mark, Output, Text

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_RUN, _TEXT, _FORMAT = f"{W}r", f"{W}t", f"{W}rPr"
_CONTENT = f"{W}sdtContent"


def _names(names: str) -> frozenset[str]:
    return frozenset(f"{W}{name}" for name in names.split())


# Elements around runs: links, insertions, fields.
_CONTAINERS = _names("hyperlink ins moveTo smartTag sdt fldSimple customXml bdo dir")
_PROPERTIES = _names("pPr rPr sdtPr sdtEndPr smartTagPr customXmlPr")
# Elements that mark a range of text without being seen.
_RANGE_STARTS = _names("bookmarkStart commentRangeStart permStart")
_RANGE_ENDS = _names("bookmarkEnd commentRangeEnd permEnd")
# Elements that only say what the text was like when it was last shown or checked.
_STALE = _names("proofErr lastRenderedPageBreak softHyphen")
_UNSEEN = _PROPERTIES | _RANGE_STARTS | _RANGE_ENDS | _STALE
# What of a format does not change how text looks.
_INVISIBLE = _names("lang noProof rPrChange")
# What XML cannot hold.
_NO_CONTROLS = dict.fromkeys({*range(32), 0xFFFE, 0xFFFF} - {*map(ord, "\t\n\r")})


@dataclass(frozen=True, slots=True)
class _Piece:
    """Something in a level of a paragraph: text, or an element that is no text."""

    text: str = ""
    look: str = ""  # equal for runs of one format
    format: etree._Element | None = None  # of the run, if it is in one that has a format
    element: etree._Element | None = None
    in_run: bool = False


class Paragraph:
    """Reads a paragraph, and writes it anew if its text has changed.

    The sources of the marks among its items are keys of what they stand for.
    """

    def __init__(self, element: etree._Element) -> None:
        self._element = element
        self._pieces: list[_Piece] = []  # by the numbers in the sources of their marks
        self._base: dict[etree._Element, etree._Element | None] = {}  # formats of most text
        self.items = list(self._items(element))

    def write(self, outputs: Sequence[Output]) -> bool:
        """Write the outputs into the paragraph; tell whether anything has changed."""
        if not any(isinstance(output, str) for output in outputs):
            return False
        writer = _Writer(self._element, self._base)
        for output in outputs:
            if isinstance(output, str):
                writer.text(output)
            elif isinstance(output, Mark):
                writer.mark(output.role, self._pieces[int(output.source)])
            else:
                writer.text(output.plain)
        writer.close()
        return True

    def _items(self, level: etree._Element) -> Iterator[Item]:
        """Yield the items of the paragraph, or of something in it that holds runs."""
        pieces = _with_blanks_joined(list(_pieces(level)))
        lengths: Counter[str] = Counter()
        for piece in pieces:
            lengths[piece.look] += len(piece.text)
        base = max(lengths, key=lambda look: lengths[look], default="")
        formats = (piece.format for piece in pieces if piece.text and piece.look == base)
        self._base[level] = next(formats, None)
        for look, group in groupby(pieces, lambda piece: piece.look if piece.text else None):
            if look is None:
                for piece in group:
                    yield from self._element_items(piece)
            else:
                yield from self._text_items(list(group), marked=look != base)

    def _text_items(self, group: Sequence[_Piece], *, marked: bool) -> Iterator[Item]:
        key = self._key(group[0]) if marked else ""
        if marked:
            yield Mark(key, "open", f"format {key}")
        yield from (Text(piece.text, piece.text) for piece in group)
        if marked:
            yield Mark(key, "close", f"format {key}")

    def _element_items(self, piece: _Piece) -> Iterator[Item]:
        assert piece.element is not None, "a piece is text or an element"
        key = self._key(piece)
        if piece.element.tag in _CONTAINERS and not piece.in_run:
            yield Mark(key, "open", f"container {key}")
            yield from self._items(piece.element)
            yield Mark(key, "close", f"container {key}")
            return
        match piece.element.get(f"{W}fldCharType"):
            case "begin":
                yield Mark(key, "open", "field")
            case "end":
                yield Mark(key, "close", "field")
            case _:
                yield Mark(key)

    def _key(self, piece: _Piece) -> str:
        self._pieces.append(piece)
        return str(len(self._pieces) - 1)


class _Writer:
    """Fills a paragraph with runs in a new order."""

    def __init__(
        self, paragraph: etree._Element, base: Mapping[etree._Element, etree._Element | None]
    ) -> None:
        self._base = base
        self._text = ""
        self._levels: list[tuple[etree._Element, list[etree._Element]]] = []
        self._formats: list[etree._Element | None] = []
        self._enter(paragraph)

    def text(self, text: str) -> None:
        """Add text in the present format."""
        self._text += text.translate(_NO_CONTROLS)

    def mark(self, role: str, piece: _Piece) -> None:
        """Begin or end a format or an element around runs, or add an element."""
        self._flush()
        if piece.element is None:
            if role == "open":
                self._formats.append(piece.format)
            else:
                self._formats.pop()
        elif piece.in_run:
            self._run(piece.format).append(piece.element)
        elif piece.element.tag not in _CONTAINERS:
            self._content.append(piece.element)
        elif role == "open":
            self._content.append(piece.element)
            self._enter(piece.element)
        else:
            self._leave()

    def close(self) -> None:
        """End the paragraph."""
        self._flush()
        self._leave()

    @property
    def _content(self) -> etree._Element:
        return _content(self._levels[-1][0])

    def _enter(self, level: etree._Element) -> None:
        """Empty a level but for its properties; marks of ranges then enclose all of it."""
        content = _content(level)
        ends = []
        for child in list(content):
            if child.tag in _RANGE_ENDS:
                ends.append(child)
            if child.tag not in _PROPERTIES and child.tag not in _RANGE_STARTS:
                content.remove(child)
        self._levels.append((level, ends))
        self._formats.append(self._base[level])

    def _leave(self) -> None:
        self._content.extend(self._levels[-1][1])
        self._levels.pop()
        self._formats.pop()

    def _flush(self) -> None:
        if self._text:
            text = etree.SubElement(self._run(self._formats[-1]), _TEXT)
            text.text = self._text
            text.set(_SPACE, "preserve")
            self._text = ""

    def _run(self, form: etree._Element | None) -> etree._Element:
        run = etree.SubElement(self._content, _RUN)
        if form is not None:
            run.append(deepcopy(form))
        return run


def _content(level: etree._Element) -> etree._Element:
    """Return the element that has the runs of a level."""
    content = level.find(_CONTENT) if level.tag == f"{W}sdt" else level
    return level if content is None else content


def _pieces(level: etree._Element) -> Iterator[_Piece]:
    """Yield what is in a level, in order."""
    for child in _content(level):
        if child.tag == _RUN:
            yield from _run_pieces(child)
        elif child.tag not in _UNSEEN:
            yield _Piece(element=child)


def _run_pieces(run: etree._Element) -> Iterator[_Piece]:
    form = run.find(_FORMAT)
    look = _look(form)
    for child in run:
        if child.tag == _TEXT and child.text:
            yield _Piece(child.text, look, form)
        elif child.tag == f"{W}noBreakHyphen":
            yield _Piece("\u2011", look, form)
        elif child.tag != _TEXT and child.tag not in _UNSEEN:
            yield _Piece(format=form, element=child, in_run=True)


def _look(form: etree._Element | None) -> str:
    """Return what is equal for two formats that look the same."""
    parts = () if form is None else (part for part in form if part.tag not in _INVISIBLE)
    return "".join(etree.tostring(part, encoding="unicode", with_tail=False) for part in parts)


def _with_blanks_joined(pieces: Sequence[_Piece]) -> list[_Piece]:
    """Give blank text the format of the text before it, so that it splits no sentence."""
    joined: list[_Piece] = []
    for piece in pieces:
        last = joined[-1] if joined else None
        if piece.text and not piece.text.strip() and last is not None and last.text:
            joined.append(_Piece(piece.text, last.look, last.format))
        else:
            joined.append(piece)
    return joined
