"""Small office files and books, built in code."""

import io
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from lxml import etree

OFFICE = "http://schemas.openxmlformats.org/"
A = f'xmlns:a="{OFFICE}drawingml/2006/main"'
TYPES = {
    "word/document.xml": "wordprocessingml.document.main",
    "word/comments.xml": "wordprocessingml.comments",
    "word/settings.xml": "wordprocessingml.settings",
    "word/styles.xml": "wordprocessingml.styles",
    "word/charts/chart1.xml": "drawingml.chart",
    "word/diagrams/data1.xml": "drawingml.diagramData",
    "ppt/presentation.xml": "presentationml.presentation.main",
    "ppt/slides/slide1.xml": "presentationml.slide",
    "ppt/notesSlides/notesSlide1.xml": "presentationml.notesSlide",
    "ppt/slideMasters/slideMaster1.xml": "presentationml.slideMaster",
    "ppt/comments/comment1.xml": "presentationml.comments",
    "xl/workbook.xml": "spreadsheetml.sheet.main",
    "xl/worksheets/sheet1.xml": "spreadsheetml.worksheet",
    "xl/sharedStrings.xml": "spreadsheetml.sharedStrings",
    "xl/comments1.xml": "spreadsheetml.comments",
    "xl/tables/table1.xml": "spreadsheetml.table",
    "xl/pivotCache/pivotCacheDefinition1.xml": "spreadsheetml.pivotCacheDefinition",
    "xl/charts/chart1.xml": "drawingml.chart",
    "xl/drawings/drawing1.xml": "drawing",
}
ODF = "urn:oasis:names:tc:opendocument:xmlns:"
ODF_NAMESPACES = (
    f'xmlns:office="{ODF}office:1.0" xmlns:text="{ODF}text:1.0" xmlns:table="{ODF}table:1.0" '
    f'xmlns:style="{ODF}style:1.0" xmlns:draw="{ODF}drawing:1.0" '
    f'xmlns:svg="{ODF}svg-compatible:1.0" '
    f'xmlns:fo="{ODF}xsl-fo-compatible:1.0" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:officeooo="http://openoffice.org/2009/office"'
)
ODF_KINDS = {".odt": "text", ".ods": "spreadsheet", ".odp": "presentation"}


def zipped(members: dict[str, str | bytes], compression: int = ZIP_DEFLATED) -> bytes:
    """Return an archive; a member called mimetype is not compressed."""
    packed = io.BytesIO()
    with ZipFile(packed, "w", compression) as file:
        for name, content in members.items():
            info = ZipInfo(name, (2001, 2, 3, 4, 5, 6))
            file.writestr(info, content, ZIP_STORED if name == "mimetype" else compression)
    return packed.getvalue()


def member(data: bytes, name: str) -> str:
    with ZipFile(io.BytesIO(data)) as file:
        return file.read(name).decode()


def office_file(parts: dict[str, str], core: str = "") -> bytes:
    """Return a package of parts whose names are in TYPES, and of core properties."""
    types = "".join(
        f'<Override PartName="/{name}" ContentType="application/vnd.openxmlformats-officedocument.'
        f'{TYPES[name]}+xml"/>'
        for name in parts
    )
    members: dict[str, str | bytes] = {
        "[Content_Types].xml": f'<Types xmlns="{OFFICE}package/2006/content-types">{types}'
        '<Override PartName="/docProps/core.xml" ContentType='
        '"application/vnd.openxmlformats-package.core-properties+xml"/></Types>',
        "docProps/core.xml": f'<c:coreProperties xmlns:c="{OFFICE}package/2006/metadata/core-'
        f'properties" xmlns:dc="http://purl.org/dc/elements/1.1/">{core}</c:coreProperties>',
    }
    return zipped({**members, **parts})


def word(content: str, **others: str) -> bytes:
    """Return a Word file; `others` are parts such as styles, by name."""
    namespaces = (
        f'xmlns:w="{OFFICE}wordprocessingml/2006/main" {A} '
        f'xmlns:wp="{OFFICE}drawingml/2006/wordprocessingDrawing"'
    )
    core = others.pop("core", "")
    parts = {
        f"word/{name}.xml": f"<w:{name} {namespaces}>{part}</w:{name}>"
        for name, part in ({"document": content} | others).items()
    }
    return office_file(parts, core)


def presentation(slide: str, parts: dict[str, str] | None = None, core: str = "") -> bytes:
    """Return a PowerPoint file with the shapes of one slide."""
    return office_file(
        {
            "ppt/presentation.xml": f'<p:presentation {P}><a:defRPr lang="en-US"/>'
            "</p:presentation>",
            "ppt/slides/slide1.xml": f"<p:sld {P}>{slide}</p:sld>",
            **(parts or {}),
        },
        core,
    )


P = f'xmlns:p="{OFFICE}presentationml/2006/main" {A}'
S = f'xmlns="{OFFICE}spreadsheetml/2006/main"'


def workbook(strings: str, sheet: str = "", parts: dict[str, str] | None = None) -> bytes:
    """Return an Excel file with shared strings and the content of a sheet."""
    return office_file(
        {
            "xl/workbook.xml": f'<workbook {S}><sheets><sheet name="Data"/></sheets>'
            '<calcPr calcId="1"/></workbook>',
            "xl/worksheets/sheet1.xml": f"<worksheet {S}>{sheet}</worksheet>",
            "xl/sharedStrings.xml": f"<sst {S}>{strings}</sst>",
            **(parts or {}),
        }
    )


def open_document(suffix: str, body: str, styles: str = "", automatic: str = "") -> bytes:
    """Return an OpenDocument file."""
    return zipped(
        {
            "mimetype": f"application/vnd.oasis.opendocument.{ODF_KINDS[suffix]}",
            "content.xml": f"<office:document-content {ODF_NAMESPACES}><office:automatic-styles>"
            f"{automatic}</office:automatic-styles><office:body>{body}</office:body>"
            "</office:document-content>",
            "styles.xml": f"<office:document-styles {ODF_NAMESPACES}>{styles}"
            "</office:document-styles>",
            "meta.xml": f"<office:document-meta {ODF_NAMESPACES}><dc:title>my title</dc:title>"
            "<dc:language>en-GB</dc:language></office:document-meta>",
        }
    )


def book(pages: dict[str, str], extra: dict[str, str | bytes] | None = None) -> bytes:
    """Return a book with XHTML pages."""
    items = "".join(
        f'<item id="p{i}" href="{name}" media-type="application/xhtml+xml"/>'
        for i, name in enumerate(pages)
    )
    return zipped(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:'
            'container"><rootfiles><rootfile full-path="OEBPS/a.opf"/></rootfiles></container>',
            "OEBPS/a.opf": '<package xmlns="http://www.idpf.org/2007/opf" xml:lang="en">'
            '<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>my book</dc:title>'
            "<dc:creator>jane doe</dc:creator><dc:language>en</dc:language></metadata><manifest>"
            f'{items}<item id="ncx" href="toc.ncx" media-type="application/x-dtbncx+xml"/>'
            "</manifest></package>",
            "OEBPS/toc.ncx": '<!DOCTYPE ncx PUBLIC "-//NISO//DTD ncx 2005-1//EN" '
            '"http://www.daisy.org/z3986/2005/ncx-2005-1.dtd">\n'
            '<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/"><docTitle><text>my book</text>'
            "</docTitle><docAuthor><text>jane doe</text></docAuthor><navMap><navPoint><navLabel>"
            "<text>first</text></navLabel></navPoint></navMap></ncx>",
            **{f"OEBPS/{name}": page for name, page in pages.items()},
            **(extra or {}),
        }
    )


def page(body: str, lang: str = "en") -> str:
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<html xmlns="http://www.w3.org/1999/xhtml" '
        f'lang="{lang}" xml:lang="{lang}"><head><title/></head><body>{body}</body></html>'
    )


SAMPLES = {
    ".docx": word("<w:p><w:r><w:t>one two</w:t></w:r></w:p>"),
    ".pptx": presentation("<a:p><a:r><a:t>one two</a:t></a:r></a:p>"),
    ".xlsx": workbook("<si><t>one two</t></si>"),
    ".odt": open_document(".odt", "<text:p>one two</text:p>"),
    ".ods": open_document(".ods", "<text:p>one two</text:p>"),
    ".odp": open_document(".odp", "<text:p>one two</text:p>"),
    ".epub": book({"a.xhtml": page("<p>one two</p>")}),
}
"""A file of each format with the text "one two"."""


def structure(data: bytes) -> list[tuple[str, object]]:
    """Return all that is in a package but text: members, elements, attributes."""
    with ZipFile(io.BytesIO(data)) as file:
        return [(name, _structure(file.read(name))) for name in file.namelist()]


def _structure(content: bytes) -> object:
    try:
        root = etree.fromstring(content)
    except etree.XMLSyntaxError:
        return content
    return [(element.tag, dict(element.attrib)) for element in root.iter()]
