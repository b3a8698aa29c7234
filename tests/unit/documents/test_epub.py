"""Books: pages as XHTML, the table of contents, the title, encryption."""

import io
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile

import pytest

from documents import DocumentError
from tests.unit.documents.packages import book, member, page
from tests.unit.documents.translators import document_of, translate_identity, translate_upper

EPUB = document_of(".epub")
ENCRYPTION = (
    '<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container">'
    '<e:EncryptedData xmlns:e="http://www.w3.org/2001/04/xmlenc#"><e:EncryptionMethod '
    'Algorithm="{}"/></e:EncryptedData></encryption>'
)


def test_pages_keep_their_xml() -> None:
    markup = (
        '<p id="a">{}<a id="b"/> &#160;&amp; <br/><img src="x.png" alt="{}"/>'
        '<script src="s.js"/>{}</p>'
    )
    name = "text/page%201.xhtml"
    data = book(
        {name: page("")}, {"OEBPS/text/page 1.xhtml": page(markup.format("one", "two", "three"))}
    )
    new = translate_upper(EPUB(data))
    assert member(new, "OEBPS/text/page 1.xhtml") == page(
        markup.format("ONE", "TWO", "THREE"), "de"
    )


def test_the_table_of_contents_and_the_title() -> None:
    new = translate_upper(EPUB(book({"a.xhtml": page("<p>one</p>")})))
    package = member(new, "OEBPS/a.opf")
    assert 'xml:lang="de"' in package
    assert "<dc:title>MY BOOK</dc:title><dc:creator>jane doe</dc:creator>" in package
    assert "<dc:language>de</dc:language>" in package
    index = member(new, "OEBPS/toc.ncx")
    assert "<!DOCTYPE ncx PUBLIC" in index
    assert "<docTitle><text>MY BOOK<" in index
    assert "<docAuthor><text>jane doe<" in index
    assert "<navLabel><text>FIRST<" in index


def test_the_type_is_first_and_not_compressed() -> None:
    new = translate_upper(EPUB(book({"a.xhtml": page("<p>one</p>")})))
    with ZipFile(io.BytesIO(new)) as file:
        first = file.infolist()[0]
        assert (first.filename, first.compress_type) == ("mimetype", ZIP_STORED)
    assert new[30:58] == b"mimetypeapplication/epub+zip"


def test_a_book_without_a_new_text_keeps_its_language() -> None:
    data = book({"a.xhtml": page("<p>12</p>"), "b.xhtml": page("<p>one</p>")})
    assert translate_identity(EPUB(data)) == data


def test_encrypted_books_are_refused_but_not_those_with_hidden_fonts() -> None:
    def encrypted(method: str) -> bytes:
        extra = {"META-INF/encryption.xml": ENCRYPTION.format(method)}
        return book({"a.xhtml": page("<p>one</p>")}, {**extra})

    with pytest.raises(DocumentError, match="digital rights management"):
        translate_upper(EPUB(encrypted("http://www.w3.org/2001/04/xmlenc#aes128-cbc")))
    new = translate_upper(EPUB(encrypted("http://www.idpf.org/2008/embedding")))
    assert "<p>ONE</p>" in member(new, "OEBPS/a.xhtml")


def test_nothing_outside_of_a_book_is_read(tmp_path: Path) -> None:
    secret = tmp_path / "a.dtd"
    secret.write_text('<!ENTITY x "secret"><!ATTLIST ncx a CDATA "secret">')
    index = (
        f'<!DOCTYPE ncx SYSTEM "{secret.as_uri()}"><ncx '
        'xmlns="http://www.daisy.org/z3986/2005/ncx/"><text>one &x;</text></ncx>'
    )
    data = book({"a.xhtml": page("<p>one</p>")}, {"OEBPS/toc.ncx": index})
    new = member(translate_upper(EPUB(data)), "OEBPS/toc.ncx")
    assert "secret" not in new.replace(secret.as_uri(), "")
    assert "&x;" in new


def test_a_book_without_its_package_document() -> None:
    container = '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"/>'
    with pytest.raises(DocumentError, match="lacks the package document"):
        translate_upper(EPUB(book({}, {"META-INF/container.xml": container})))
