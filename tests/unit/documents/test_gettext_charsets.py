"""gettext catalogues: the charset that the header declares."""

import pytest

from documents import DocumentError
from tests.unit.documents.catalogues import catalogue
from tests.unit.documents.translators import (
    FakeTranslator,
    document_of,
    file_of,
    identity,
    translate_identity,
    translate_upper,
)

PO = document_of(".po")


@pytest.mark.parametrize("charset", ["ISO-8859-2", "iso-8859-1", "KOI8-R", "Shift_JIS", "GBK"])
def test_a_declared_charset_is_kept_while_it_has_the_characters(charset: str) -> None:
    header = f"Language: de\nContent-Type: text/plain; charset={charset}\n"
    data = catalogue(header, 'msgid "caf"\nmsgstr ""\n').decode().encode(charset)
    assert translate_upper(PO(data)) == data.replace(
        b'msgid "caf', b'#, fuzzy\nmsgid "caf'
    ).replace(b'\nmsgstr ""\n', b'\nmsgstr "CAF"\n').replace(
        b'msgid ""\nmsgstr "CAF"', b'msgid ""\nmsgstr ""', 1
    )


def test_a_charset_that_lacks_a_character_becomes_utf_8() -> None:
    header = "Language: de\nContent-Type: text/plain; charset=ISO-8859-1\n"
    data = catalogue(header, '# für\nmsgid "a"\nmsgstr ""\n').decode().encode("latin-1")
    translator = FakeTranslator(lambda text: "“ł”")
    translated = translator.translate(file_of(".po")(data))
    assert translated.data.decode() == catalogue(
        header.replace("ISO-8859-1", "UTF-8"), '# für\n#, fuzzy\nmsgid "a"\nmsgstr "“ł”"\n'
    ).decode()  # fmt: skip
    assert len(translated.notices) == 1
    assert FakeTranslator(lambda text: "ß").translate(PO(data)).decode("latin-1").count("ß") == 1


def test_ascii_becomes_utf_8_where_it_must() -> None:
    data = catalogue(
        "Language: de\nContent-Type: text/plain; charset=ASCII\n", 'msgid "a"\nmsgstr ""\n'
    )
    assert b"charset=ASCII" in translate_upper(PO(data))
    assert b"charset=UTF-8" in FakeTranslator(lambda text: "ß").translate(PO(data))


def test_escapes_of_bytes_are_in_the_charset() -> None:
    translator = FakeTranslator(identity)
    data = rb'msgid "caf\303\251 \xc3\xa9\101"' + b'\nmsgstr ""\n'
    assert translator.translate(PO(data)) == b"#, fuzzy\n" + data.replace(
        b'msgstr ""', 'msgstr "café éA"'.encode()
    )
    assert translator.rounds == [["café éA"]]
    invalid = b'msgid "caf\\351"\nmsgstr ""\n'
    assert translate_upper(PO(invalid)) == invalid


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (catalogue("Content-Type: x; charset=secret", ""), "charset in the header is unknown"),
        (catalogue("Content-Type: x; charset=euc-jp", "") + b"\xff", "declared encoding"),
        (b'msgid "a"\nmsgstr "secret', "line 2 is neither"),
        (b'msgid "a"\nmsgstr[100] ""\n', "line 2 is neither"),
    ],
)  # fmt: skip
def test_a_damaged_charset(data: bytes, message: str) -> None:
    with pytest.raises(DocumentError, match=message) as caught:
        translate_identity(PO(data))
    assert "secret" not in str(caught.value)
