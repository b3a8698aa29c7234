"""Help pages in HTML and Mallard: one per language, with the same blocks in the same order."""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from lxml import etree, html

from training.corpus import PIVOT
from training.sources.records import Record, documents
from training.sources.text import is_pair, tidy

Element = etree._Element
Block = tuple[str, str]  # its kind, such as "p", and its text
_HTML = ("p", "title", "h1", "h2", "h3", "h4", "h5", "h6", "td", "th", "dt", "dd", "li")
_MALLARD = ("p", "title", "td", "desc", "item")
_BLOCKS = frozenset((*_HTML, *_MALLARD))
_NO_TEXT = frozenset(("script", "style", "pre", "screen", "code_block"))
_JOINED = {"keyseq": "+", "guiseq": " ▸ "}  # Mallard: shown between the parts
_SECTION_NUMBER = re.compile(r"^\d+(?:\.\d+)*\.\s+(?=\D)")  # "3.6.4. Using the editor"
_LIBREOFFICE_ID = re.compile(r"(par|hd)_")


def pages(roots: Mapping[str, Path]) -> Iterator[Record]:
    """Yield the blocks of HTML and Mallard pages, for languages with the same blocks as English.

    If the sequence of blocks differs, the page is an older translation, and it is unknown
    which blocks still match: such a page is left out.
    """
    for suffix, root in ((".html", _html_root), (".page", _mallard_root)):
        for document, files in documents(roots, suffix):
            blocks = {language: read_blocks(root(path)) for language, path in files.items()}
            original = blocks.pop(PIVOT, [])
            kinds = [kind for kind, _ in original]
            same = {
                language: found
                for language, found in blocks.items()
                if [kind for kind, _ in found] == kinds
            }
            for index, (_, english) in enumerate(original):
                others = {language: found[index][1] for language, found in same.items()}
                yield from _record(document, english, others)


def libreoffice(roots: Mapping[str, Path]) -> Iterator[Record]:
    """Yield the paragraphs of LibreOffice's help, which have the same id in every language."""
    for document, files in documents(roots, ".html"):
        blocks = {language: _identified(_html_root(path)) for language, path in files.items()}
        for identity, english in blocks.pop(PIVOT, {}).items():
            others = {
                language: found[identity] for language, found in blocks.items() if identity in found
            }
            yield from _record(document, english, others)


def read_blocks(root: Element) -> list[Block]:
    """Return kind and text of a page's innermost blocks, in order; texts may be empty."""
    return [
        (_name(element), _SECTION_NUMBER.sub("", tidy(_text(element))))
        for element in root.iter(etree.Element)
        if _name(element) in _BLOCKS
        and not any(_name(inner) in _BLOCKS for inner in element.iterdescendants(etree.Element))
    ]


def _identified(root: Element) -> dict[str, str]:
    found: dict[str, str] = {}
    for element in root.iter("p", "h1", "h2", "h3", "h4", "h5", "h6", "td", "th"):
        identity = element.get("id", "")
        if _LIBREOFFICE_ID.match(identity):
            found.setdefault(identity, tidy(_text(element)))
    return found


def _record(document: str, english: str, others: Mapping[str, str]) -> Iterator[Record]:
    texts = {language: text for language, text in others.items() if is_pair(english, text)}
    if texts:
        yield Record(document, {PIVOT: english, **texts})


def _text(element: Element) -> str:
    """Return the visible text: without comments, listings, and variants for other systems."""
    children = [child for child in element if isinstance(child.tag, str)]
    if element.get("class") == "switchinline":  # LibreOffice: "Command" on a Mac, else "Ctrl"
        usual = [child for child in children if child.get("id", "").startswith("default")]
        return _text((usual or children)[0]) if children else ""
    joint = _JOINED.get(_name(element))
    if joint is not None:
        return joint.join(tidy(_text(child)) for child in children)
    pieces = [element.text or ""]
    for child in element:
        if isinstance(child.tag, str) and _name(child) not in _NO_TEXT:
            pieces.append(" " if _name(child) == "br" else _text(child))
        pieces.append(child.tail or "")
    return "".join(pieces)


def _name(element: Element) -> str:
    return etree.QName(element).localname


def _html_root(path: Path) -> Element:
    parser = html.HTMLParser(encoding="utf-8")
    return _parsed(path, lambda data: html.document_fromstring(data, parser=parser))


def _mallard_root(path: Path) -> Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    return _parsed(path, lambda data: etree.fromstring(data, parser))


def _parsed(path: Path, parse: Callable[[bytes], Element]) -> Element:
    """Return the root of a page; for an unreadable page an empty root, which matches no other."""
    try:
        return parse(path.read_bytes())
    except (etree.ParserError, etree.XMLSyntaxError):
        return etree.Element("unreadable")
