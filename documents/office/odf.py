"""OpenDocument files: texts (.odt), spreadsheets (.ods), presentations (.odp)."""

from collections.abc import Iterable, Iterator

from lxml import etree

from documents.core.archive import Archive
from documents.core.options import DocumentOptions
from documents.core.result import TranslatedFile
from documents.core.rounds import DocumentError, Rounds
from documents.office.odf_cells import is_data, referenced_texts, update_cells
from documents.office.odf_names import DC, MANIFEST, OFFICE, PARAGRAPHS, SVG, TEXT
from documents.office.odf_spans import OdfMarkup
from documents.office.odf_styles import read_styles, set_language
from documents.office.package_xml import parse_xml, write_xml
from documents.office.paragraphs import Paragraph
from documents.office.values import Unit, Value, translate_units

_KINDS = {".odt": "text", ".ods": "spreadsheet", ".odp": "presentation"}
_META = "meta.xml"
_MANIFEST = "META-INF/manifest.xml"
_DELETED = f"{TEXT}tracked-changes"


def translate_odt(data: bytes, options: DocumentOptions) -> Rounds[TranslatedFile]:
    """Translate a text; raise `DocumentError` if it is damaged, encrypted or another file."""
    return (yield from _translate(data, options, ".odt"))


def translate_ods(data: bytes, options: DocumentOptions) -> Rounds[TranslatedFile]:
    """Translate a spreadsheet; raise `DocumentError` like `translate_odt`."""
    return (yield from _translate(data, options, ".ods"))


def translate_odp(data: bytes, options: DocumentOptions) -> Rounds[TranslatedFile]:
    """Translate a presentation; raise `DocumentError` like `translate_odt`."""
    return (yield from _translate(data, options, ".odp"))


def _translate(data: bytes, options: DocumentOptions, suffix: str) -> Rounds[TranslatedFile]:
    archive = Archive(data, suffix)
    _check(archive, suffix)
    roots = {
        name: parse_xml(archive.read_text(name), name, doctype=True)
        for name in archive.names
        if name == _META or name.rpartition("/")[2] in ("content.xml", "styles.xml")
    }
    changed = yield from translate_units(_units(roots))
    if not changed:
        return TranslatedFile(data)
    update_cells(unit.element for unit in changed if isinstance(unit, Paragraph))
    names = {unit.part for unit in changed}
    names.update(name for name, root in roots.items() if set_language(root, options.target))
    return TranslatedFile(archive.replace({name: write_xml(roots[name]) for name in names}))


def _check(archive: Archive, suffix: str) -> None:
    """Raise `DocumentError` if an archive is not a readable OpenDocument file."""
    kind = archive.read("mimetype").strip() if "mimetype" in archive else b""
    if "content.xml" not in archive or b"opendocument." not in kind:
        raise DocumentError(f"the file is an archive, but not a {suffix}")
    if not kind.startswith(f"application/vnd.oasis.opendocument.{_KINDS[suffix]}".encode()):
        raise DocumentError(f"the file belongs to another application: it is not a {suffix}")
    if _MANIFEST in archive:
        manifest = parse_xml(archive.read_text(_MANIFEST), _MANIFEST, doctype=True)
        if next(manifest.iter(f"{MANIFEST}encryption-data"), None) is not None:
            raise DocumentError("the file is encrypted with a password; save it without one")


def _units(roots: dict[str, etree._Element]) -> Iterator[Unit]:
    referenced = referenced_texts(roots.values())
    for part, root in roots.items():
        if part == _META:
            for name in ("title", "subject", "description"):
                yield from (Value(part, element) for element in root.iter(f"{DC}{name}"))
            continue
        folder = part.rpartition("/")[0]
        code, unseen = read_styles(
            other for name, other in roots.items() if name.rpartition("/")[0] == folder
        )
        markup = OdfMarkup(code, unseen)
        for element in _shown(root):
            if element.tag not in PARAGRAPHS:
                yield Value(part, element)
            elif element.get(f"{TEXT}style-name") not in code and not (
                is_data(element) or "".join(element.itertext()).casefold() in referenced
            ):
                yield Paragraph(part, element, markup)


def _shown(root: etree._Element) -> Iterable[etree._Element]:
    """Yield paragraphs and alternative texts, except what changes have deleted."""
    deleted = {
        element
        for changes in root.iter(_DELETED)
        for element in changes.iter(*PARAGRAPHS, f"{OFFICE}annotation")
    }
    for element in root.iter(*PARAGRAPHS, f"{SVG}title", f"{SVG}desc"):
        if element not in deleted:
            yield element
