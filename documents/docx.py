"""Word files (.docx): the text of paragraphs is translated; formats, fields and pictures stay.

Consecutive runs with the same format are a span of their sentence, and so are links. Only
paragraphs whose text changes are rewritten; archive members without one are copied.
"""

import struct
import zlib
from collections.abc import Iterable, Iterator
from io import BytesIO
from lzma import LZMAError
from zipfile import BadZipFile, ZipFile, ZipInfo

from lxml import etree

from documents.docx_paragraphs import Paragraph, W
from documents.inline import translate_marked
from documents.rounds import DocumentError, Rounds, gather

# A small archive can unpack to any size, and parsed XML takes ten times its size in memory.
_MAX_BYTES = 256 << 20
_MAX_XML_BYTES = 32 << 20
_TYPES = "{http://schemas.openxmlformats.org/package/2006/content-types}"
_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml."
_PARTS = frozenset(
    f"{_TYPE}{part}+xml"
    for part in ("document.main", "header", "footer", "footnotes", "endnotes", "comments")
)
_MACRO_PART = "application/vnd.ms-word.document.macroEnabled.main+xml"
# What `zipfile` raises for archives that are damaged, encrypted or of an unknown compression.
_ZIP_ERRORS = (
    BadZipFile, EOFError, LZMAError, NotImplementedError, OSError, RuntimeError, ValueError,
    struct.error, zlib.error,
)  # fmt: skip


def translate_docx(data: bytes) -> Rounds[bytes]:
    """Translate a file.

    Raise `DocumentError` if it is damaged, encrypted or not a Word file.
    """
    members = _members(data)
    trees = {name: _parse(members[name], name) for name in _text_parts(members)}
    paragraphs = [
        (name, Paragraph(element)) for name, tree in trees.items() for element in tree.iter(f"{W}p")
    ]
    translations = yield from gather(
        translate_marked(paragraph.items) for _, paragraph in paragraphs
    )
    changed = {
        name
        for (name, paragraph), outputs in zip(paragraphs, translations, strict=True)
        if paragraph.write(outputs)
    }
    replaced = {
        name: etree.tostring(trees[name], encoding="UTF-8", xml_declaration=True, standalone=True)
        for name in changed
    }
    return _pack(data, replaced) if replaced else data


def _members(data: bytes) -> dict[str, bytes]:
    """Unpack the XML members of an archive; check that the others can be copied."""
    try:
        with ZipFile(BytesIO(data)) as archive:
            texts = [info for info in archive.infolist() if info.filename.endswith(".xml")]
            _check_sizes(archive.infolist(), _MAX_BYTES)
            _check_sizes(texts, _MAX_XML_BYTES)
            if archive.testzip() is not None:
                raise BadZipFile
            return {info.filename: archive.read(info) for info in texts}
    except DocumentError:
        raise
    except _ZIP_ERRORS:
        raise DocumentError("the file is not a .docx, or is damaged or encrypted") from None


def _check_sizes(infos: Iterable[ZipInfo], limit: int) -> None:
    if sum(info.file_size for info in infos) > limit:
        raise DocumentError(f"the file unpacks to more than {limit >> 20} MiB")


def _text_parts(members: dict[str, bytes]) -> Iterator[str]:
    """Yield the names of the members with paragraphs, according to [Content_Types].xml."""
    name = "[Content_Types].xml"
    if name not in members:
        raise DocumentError(
            "the file is an archive, but not a .docx: it has no [Content_Types].xml"
        )
    main = False
    for override in _parse(members[name], name).iter(f"{_TYPES}Override"):
        part = override.get("PartName", "").removeprefix("/")
        kind = override.get("ContentType", "")
        if kind in _PARTS or kind == _MACRO_PART:
            if part not in members:
                raise DocumentError("the file lacks a part that its [Content_Types].xml names")
            main = main or kind.endswith(".main+xml")
            yield part
    if not main:
        raise DocumentError("the file belongs to another application: it contains no Word document")


def _parse(data: bytes, name: str) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise DocumentError(f"{name} is not valid XML at line {error.lineno}") from None
    if root.getroottree().docinfo.doctype:
        raise DocumentError(f"{name} has a document type declaration, which Word files never have")
    return root


def _pack(data: bytes, replaced: dict[str, bytes]) -> bytes:
    """Return the archive with some members replaced; the order stays."""
    packed = BytesIO()
    with ZipFile(BytesIO(data)) as old, ZipFile(packed, "w") as new:
        for info in old.infolist():
            content = replaced.get(info.filename)
            new.writestr(info, old.read(info) if content is None else content)
    return packed.getvalue()
