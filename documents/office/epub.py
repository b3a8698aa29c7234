"""Books (.epub): the pages as XHTML, the table of contents, the title and the language."""

import posixpath
from collections.abc import Iterable, Iterator
from urllib.parse import unquote

from lxml import etree

from documents.core.archive import Archive
from documents.core.limits import PAGES
from documents.core.options import DocumentOptions
from documents.core.result import TranslatedFile
from documents.core.rounds import DocumentError, Rounds, gather, run_rounds
from documents.office.package_xml import parse_xml, write_xml
from documents.office.values import Unit, Value, translate_units
from documents.pages.html import translate_xhtml_file

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_ROOT_FILE = "{urn:oasis:names:tc:opendocument:xmlns:container}rootfile"
_METHOD = "{http://www.w3.org/2001/04/xmlenc#}EncryptionMethod"
# Fonts are made unreadable for other programs, but not for readers of the book.
_FONTS = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")
_OPF = "{http://www.idpf.org/2007/opf}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_NCX = "{http://www.daisy.org/z3986/2005/ncx/}"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_PAGE_TYPE = "application/xhtml+xml"
_NCX_TYPE = "application/x-dtbncx+xml"


def translate_epub(data: bytes, options: DocumentOptions) -> Rounds[TranslatedFile]:
    """Translate a book; raise `DocumentError` if it is damaged, encrypted or no book."""
    archive = Archive(data, ".epub")
    _check(archive)
    packages = {name: _parse(archive, name) for name in _package_names(archive)}
    items = [item for name, package in packages.items() for item in _items(archive, name, package)]
    indexes = {name: _parse(archive, name) for name, kind in items if kind == _NCX_TYPE}
    pages = {name: archive.read_text(name) for name, kind in items if kind == _PAGE_TYPE}
    PAGES.check(*pages.values())
    changed, files = yield from _translate(
        [*_package_units(packages), *_index_units(indexes)], pages.values(), options
    )
    if not changed and not _has_new_text(pages.values(), files, options):
        return TranslatedFile(data)
    replaced = {
        name: file.data
        for (name, page), file in zip(pages.items(), files, strict=True)
        if file.data != page
    }
    for name, root in (packages | indexes).items():
        _set_language(root, options.target)
        replaced[name] = write_xml(root)
    notices = dict.fromkeys(notice for file in files for notice in file.notices)
    return TranslatedFile(archive.replace(replaced), tuple(notices))


def _translate(
    units: list[Unit], pages: Iterable[bytes], options: DocumentOptions
) -> Rounds[tuple[list[Unit], list[TranslatedFile]]]:
    """Translate what is in XML, and pages, in the same rounds."""
    changed: list[Unit] = []

    def values() -> Rounds[TranslatedFile]:
        changed.extend((yield from translate_units(units)))
        return TranslatedFile(b"")

    _, *files = yield from gather(
        [values(), *(translate_xhtml_file(page, options) for page in pages)]
    )
    return changed, files


def _has_new_text(
    pages: Iterable[bytes], files: Iterable[TranslatedFile], options: DocumentOptions
) -> bool:
    """Return True if pages differ by more than the language that they state."""
    for page, file in zip(pages, files, strict=True):
        if file.data != page:
            (same,) = run_rounds([translate_xhtml_file(page, options)], lambda texts: texts)
            if file.data != same.data:
                return True
    return False


def _check(archive: Archive) -> None:
    """Raise `DocumentError` if an archive is not a readable book."""
    if _CONTAINER not in archive:
        raise DocumentError(f"the file is an archive, but not a .epub: it has no {_CONTAINER}")
    if _ENCRYPTION in archive:
        methods = _parse(archive, _ENCRYPTION).iter(_METHOD)
        if any(method.get("Algorithm") not in _FONTS for method in methods):
            raise DocumentError("the book is encrypted (digital rights management)")


def _package_names(archive: Archive) -> list[str]:
    """Return the names of the package documents, which list what a book contains."""
    names = dict.fromkeys(
        element.get("full-path", "") for element in _parse(archive, _CONTAINER).iter(_ROOT_FILE)
    )
    if not names or any(name not in archive for name in names):
        raise DocumentError(f"the file lacks the package document that {_CONTAINER} names")
    return list(names)


def _items(archive: Archive, name: str, package: etree._Element) -> Iterator[tuple[str, str]]:
    """Yield the names and types of the members that a package document lists, each once."""
    seen: set[str] = set()
    for item in package.iter(f"{_OPF}item"):
        path = unquote(item.get("href", ""))
        member = posixpath.normpath(posixpath.join(posixpath.dirname(name), path))
        if member in archive and member not in seen:
            seen.add(member)
            yield member, item.get("media-type", "")


def _package_units(packages: dict[str, etree._Element]) -> Iterator[Unit]:
    for name, package in packages.items():
        for tag in ("title", "description"):
            yield from (Value(name, element) for element in package.iter(f"{_DC}{tag}"))


def _index_units(indexes: dict[str, etree._Element]) -> Iterator[Unit]:
    for name, index in indexes.items():
        for text in index.iter(f"{_NCX}text"):
            parent = text.getparent()
            if parent is None or parent.tag != f"{_NCX}docAuthor":
                yield Value(name, text)


def _set_language(root: etree._Element, target: str) -> None:
    """Set the language that a package document or a table of contents states."""
    if root.get(_LANGUAGE):
        root.set(_LANGUAGE, target)
    language = next(root.iter(f"{_DC}language"), None)  # the first is that of the book
    if language is not None:
        language.text = target


def _parse(archive: Archive, name: str) -> etree._Element:
    return parse_xml(archive.read_text(name), "a member of the book", doctype=True)
