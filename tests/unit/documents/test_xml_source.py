"""XML files of which ranges are replaced."""

import codecs

import pytest

from documents import DocumentError
from documents.core.encoding import decode_declared
from documents.core.xml_source import parse_xml, with_attribute
from documents.core.xml_text import markup_items, write_markup


def test_the_ranges_of_elements() -> None:
    text = (
        "<?xml version='1.0'?><!-- <x> -->\n<a:r b=\"1>\"><c/>text<![CDATA[<c>]]><d>é</d ></a:r>\n"
    )
    text = text.replace("<a:r ", "<a:r xmlns:a='u' ")
    source = parse_xml(text.encode())
    root = source.root
    assert (root.name, root.prefix, root.attributes["b"]) == ("r", "a:", "1>")
    assert [source.text[child.start : child.end] for child in root.children] == [
        "<c/>",
        "<d>é</d >",
    ]
    assert source.plain(root) == "text<c>é"
    assert [element.name for element in root.all()] == ["r", "c", "d"]
    assert source.finish([]).data == text.encode()


def test_a_colon_in_an_attribute_is_no_prefix() -> None:
    assert parse_xml(b"<a b='a:a'/>").root.prefix == ""


def test_an_empty_element_gets_an_end_tag() -> None:
    source = parse_xml(b"<r><a b='1' /><c></c></r>")
    empty, other = source.root.children
    edits = [source.replace_inner(empty, "x"), source.replace_inner(other, "y", "<c d='2'>")]
    assert source.finish(edits).data == b"<r><a b='1'>x</a><c d='2'>y</c></r>"


@pytest.mark.parametrize(
    ("tag", "value", "expected"),
    [
        ("<a b='1' c = 'x'/>", "new", "<a b='1' c = \"new\"/>"),
        ("<a b='1' c = 'x'/>", None, "<a b='1'/>"),
        ("<a>", "n&w", '<a c="n&amp;w">'),
        ("<a b='1' d='2' />", "new", "<a b='1' c=\"new\" d='2' />"),
        ("<a b='1'>", None, "<a b='1'>"),
    ],
)
def test_attributes(tag: str, value: str | None, expected: str) -> None:
    assert with_attribute(tag, "c", value, after="b") == expected


@pytest.mark.parametrize(
    "data",
    [
        "<?xml version='1.0' encoding='iso-8859-1'?><r>é</r>".encode("latin-1"),
        "<?xml version='1.0' encoding='windows-1251'?><r>Ж</r>".encode("cp1251"),
        codecs.BOM_UTF8 + "<r>é</r>".encode(),
        codecs.BOM_UTF16_LE + "<?xml version='1.0' encoding='UTF-16'?><r>é</r>".encode("utf-16-le"),
        "<?xml version='1.0' encoding='UTF-16BE'?><r>é</r>".encode("utf-16-be"),
        "<?xml version='1.0' encoding='utf-16'?><r>é</r>".encode(),  # as some tools write it
    ],
)
def test_encodings_stay(data: bytes) -> None:
    source = parse_xml(data)
    assert source.finish([]).data == data
    assert source.plain(source.root) in ("é", "Ж")


def test_what_the_encoding_lacks_is_written_as_a_reference() -> None:
    data = b"<?xml version='1.0' encoding='iso-8859-1'?><r>\xe9</r>"
    source = parse_xml(data)
    finished = source.finish([source.replace_inner(source.root, "€é")])
    assert finished.data == data.replace(b"\xe9", b"&#8364;\xe9")
    assert finished.notices == ()


def test_a_section_of_character_data_has_no_references() -> None:
    items = markup_items("<![CDATA[a & b]]>")
    written = write_markup(items, [items[0], "ż & ]]>", items[-1]], "iso-8859-1")
    assert written == "<![CDATA[]]>&#380;<![CDATA[ & ]]]]><![CDATA[>]]>"


def test_characters_that_xml_lacks_are_dropped() -> None:
    assert write_markup(markup_items("a"), ["a\x00\x1f\ufffeb\n"]) == "ab\n"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not valid XML at line 1"),
        (b"<r>\n<a></r>", "not valid XML at line 2"),
        (b"<r>\n<secret", "not valid XML at line 2"),
        (b"<r>&nbsp;</r>", "not valid XML at line 1"),
        (b"\xff<r/>", "not UTF-8 at byte 0"),
        (b"<?xml version='1.0' encoding='ascii'?><r>\x81</r>", "not in its declared encoding"),
        (b"<?xml version='1.0' encoding='secret'?><r/>", "not in its declared encoding"),
        (b"<!DOCTYPE r [<!ENTITY a 'secret'>]><r>&a;</r>", "DOCTYPE has declarations"),
        (b"<!DOCTYPE r [<!ENTITY % a SYSTEM 'file:///etc/passwd'>%a;]><r/>", "has declarations"),
        (b"<!DOCTYPE r SYSTEM 'http://127.0.0.1/secret.dtd'><r/>", "names another file"),
        (b"<!DOCTYPE r SYSTEM '/etc/passwd'><r/>", "names another file"),
        (b"<r>" + b"<a/>" * 500_000 + b"</r>", "500,000 elements; split it"),
        (b"<r><:a/></r>", "names of elements"),
    ],
)
def test_files_that_are_refused(data: bytes, message: str) -> None:
    with pytest.raises(DocumentError, match=message) as caught:
        parse_xml(data)
    assert "secret" not in str(caught.value)


def test_known_document_types_are_read_without_their_definition() -> None:
    public = (
        b'PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd"'
    )
    for doctype in (b"", b'SYSTEM "tmx14.dtd"', public):
        assert parse_xml(b"<!DOCTYPE r " + doctype + b"><r/>").root.name == "r"


def test_deep_nesting_needs_no_recursion() -> None:
    data = b"<r>" * 20_000 + b"</r>" * 20_000
    assert sum(1 for _ in parse_xml(data).root.all()) == 20_000


@pytest.mark.parametrize("charset", ["punycode", "idna"])
def test_codecs_that_take_quadratic_time_are_no_charsets(charset: str) -> None:
    with pytest.raises(DocumentError, match="declared encoding"):
        decode_declared(b"a-b", charset)
