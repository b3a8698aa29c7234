"""OpenDocument files: spans, fields, ranges, notes, cells, languages."""

import re

import pytest

from documents import DocumentError
from tests.unit.documents.packages import member, open_document, zipped
from tests.unit.documents.translators import (
    FakeTranslator,
    by_dictionary,
    document_of,
    translate_identity,
    translate_upper,
)

ODT, ODS, ODP = map(document_of, (".odt", ".ods", ".odp"))
AUTOMATIC = (
    '<style:style style:name="B" style:family="text"><style:text-properties fo:font-weight="bold"/>'
    '</style:style><style:style style:name="R" style:family="text"><style:text-properties '
    'officeooo:rsid="1" fo:language="en" fo:country="GB"/></style:style>'
    '<style:style style:name="P1" style:family="paragraph" '
    'style:parent-style-name="Preformatted_20_Text"/>'
)


def body(data: bytes) -> str:
    found = re.search("<office:body>(.*)</office:body>", member(data, "content.xml"), re.DOTALL)
    assert found
    return found[1]


def translated(content: str, translator: FakeTranslator) -> str:
    """Translate a paragraph with this content; return the new content."""
    data = open_document(".odt", f"<text:p>{content}</text:p>", automatic=AUTOMATIC)
    return body(translator.translate(ODT(data))).removeprefix("<text:p>").removesuffix("</text:p>")


def span(text: str, style: str = "B") -> str:
    return f'<text:span text:style-name="{style}">{text}</text:span>'


def test_spans_follow_their_text() -> None:
    translator = by_dictionary({"The red car": "Das Auto ist rot", "red": "rot"})
    assert translated(f"The {span('red')} car", translator) == f"Das Auto ist {span('rot')}"


def test_spans_that_nobody_sees_do_not_split_words() -> None:
    translator = FakeTranslator(str.upper)
    assert translated(f"one t{span('w', 'R')}o", translator) == "ONE TWO"
    assert translator.rounds == [["one two", "my title"]]


def test_nested_spans_and_links() -> None:
    link = f'<text:a xmlns:x="y" x:href="z">{span("b" + span("c"))}</text:a>'
    assert translated(f"a {link} d", FakeTranslator(str.upper)) == (
        "A " + re.sub(r"(?<=>)[bc](?=<)", lambda found: found[0].upper(), link) + " D"
    )
    deep = '<text:span text:style-name="B">' * 150 + "one" + "</text:span>" * 150
    assert translated(deep, FakeTranslator(str.upper)) == deep.replace("one", "ONE")


@pytest.mark.parametrize("element", ['<text:s text:c="2"/>', "<text:tab/>", "<text:line-break/>"])
def test_blanks_tabs_and_breaks_stay(element: str) -> None:
    new = translated(
        f"{element}one{element}two {span(f'three{element}x')}", FakeTranslator(str.upper)
    )
    assert new == f"{element}ONE{element}TWO {span(f'THREE{element}X')}"


def test_fields_are_kept_in_their_sentence() -> None:
    field = "<text:database-display>Anna</text:database-display>"
    translator = by_dictionary({"Dear Anna, hello": "Hallo Anna, du"})
    assert translated(f"Dear {field}, hello", translator) == f"Hallo {field}, du"


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ('<text:bookmark-start text:name="x"/>', '<text:bookmark-end text:name="x"/>'),
        ('<text:change-start text:change-id="1"/>', '<text:change-end text:change-id="1"/>'),
        (
            '<office:annotation office:name="1"><text:p>Note</text:p></office:annotation>',
            '<office:annotation-end office:name="1"/>',
        ),
    ],
)
def test_ranges_stay_on_their_words(start: str, end: str) -> None:
    translator = by_dictionary({"one two three": "eins drei zwei", "two": "zwei"})
    new = translated(f"one {start}two{end} three", translator)
    assert new == f"eins drei {start.replace('Note', 'NOTE')}zwei{end}"


def test_points_do_not_split_a_sentence() -> None:
    translator = FakeTranslator(str.upper)
    point = '<text:bookmark text:name="x"/>'
    assert translated(f"one {point}two", translator) == f"{point}ONE TWO"
    assert translator.rounds == [["one two", "my title"]]


def test_notes_frames_and_alternative_texts() -> None:
    note = (
        '<text:note text:id="1"><text:note-citation>1</text:note-citation><text:note-body>'
        "<text:p>{}</text:p></text:note-body></text:note>"
    )
    frame = (
        '<draw:frame draw:name="name"><draw:text-box><text:p>{}</text:p></draw:text-box>'
        "<svg:title>{}</svg:title><svg:desc>{}</svg:desc></draw:frame>"
    )
    new = translated(
        f"one{note.format('two')}{frame.format('three', 'four', 'five')}",
        FakeTranslator(str.upper),
    )
    assert new == f"ONE{note.format('TWO')}{frame.format('THREE', 'FOUR', 'FIVE')}"


def test_ids_need_not_be_unique() -> None:
    content = '<text:p xml:id="x">{}</text:p><text:p xml:id="x">{}</text:p><text:p xml:id="1"/>'
    data = open_document(".odt", content.format("one", "two"))
    declared = f'<?xml version="1.0" encoding="UTF-8"?>{member(data, "content.xml")}'
    data = zipped({"mimetype": member(data, "mimetype"), "content.xml": declared})
    assert body(translate_upper(ODT(data))) == content.format("ONE", "TWO")


def test_deleted_text_and_code_stay() -> None:
    deleted = (
        "<text:tracked-changes><text:changed-region><text:deletion><text:p>old</text:p>"
        "</text:deletion></text:changed-region></text:tracked-changes>"
    )
    code = '<text:p text:style-name="P1">print this</text:p>'
    inline = span("print", "Source_20_Text")
    styles = (
        '<style:style style:name="Preformatted_20_Text" style:display-name="Preformatted Text" '
        'style:family="paragraph"/><style:style style:name="Source_20_Text" style:family="text"/>'
    )
    data = open_document(
        ".odt", f"{deleted}{code}<text:p>use {inline} now</text:p>", styles, AUTOMATIC
    )
    assert body(translate_upper(ODT(data))) == f"{deleted}{code}<text:p>USE {inline} NOW</text:p>"


def test_languages_become_that_of_the_target() -> None:
    styles = (
        '<style:default-style style:family="paragraph"><style:text-properties fo:language="en" '
        'fo:country="US" style:language-asian="zh"/></style:default-style>'
        '<style:style style:name="C"><style:text-properties fo:language="zxx" fo:country="none"/>'
        "</style:style><text:p>header</text:p>"
    )
    data = open_document(".odt", "<text:p>one</text:p>", styles)
    new = translate_upper(ODT(data, target="pt-BR"))
    assert 'fo:language="pt" fo:country="BR" style:language-asian="zh"' in member(new, "styles.xml")
    assert 'fo:language="zxx" fo:country="none"' in member(new, "styles.xml")
    assert "<text:p>HEADER</text:p>" in member(new, "styles.xml")
    assert "<dc:title>MY TITLE</dc:title><dc:language>pt-BR<" in member(new, "meta.xml")
    assert 'style:language-asian="ja"' in member(
        translate_upper(ODT(data, target="ja")), "styles.xml"
    )
    assert translate_identity(ODT(data)) == data


def cell(text: str, attributes: str = 'office:value-type="string"') -> str:
    return f"<table:table-cell {attributes}><text:p>{text}</text:p></table:table-cell>"


def test_cells_with_text_are_translated_and_others_stay() -> None:
    others = (
        cell("1.5 kg", 'office:value-type="float" office:value="1.5"')
        + cell("May", 'office:value-type="date" office:date-value="2001-05-01"')
        + cell("sum", 'office:value-type="string" table:formula="of:=IF([.A1]=&quot;Yes&quot;;1)"')
        + cell("yes")
    )
    value = 'office:value-type="string" office:string-value="{}"'
    data = open_document(
        ".ods",
        f'<table:table table:name="Data">{cell("one")}{others}{cell("two", value.format("two"))}'
        "</table:table>",
    )
    new = body(translate_upper(ODS(data)))
    assert new == (
        f'<table:table table:name="Data">{cell("ONE")}{others}{cell("TWO", value.format("TWO"))}'
        "</table:table>"
    )


def test_slides_and_their_notes() -> None:
    slide = (
        '<draw:page draw:name="page1"><draw:frame><draw:text-box><text:list><text:list-item>'
        "<text:p>{}</text:p></text:list-item></text:list></draw:text-box></draw:frame></draw:page>"
    )
    data = open_document(".odp", slide.format("one"))
    assert body(translate_upper(ODP(data))) == slide.format("ONE")


def test_another_kind_and_encrypted_files() -> None:
    data = open_document(".odt", "<text:p>one</text:p>")
    with pytest.raises(DocumentError, match=r"is not a \.ods"):
        translate_upper(ODS(data))
    manifest = (
        '<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><m:file-entry>'
        "<m:encryption-data/></m:file-entry></m:manifest>"
    )
    names = ("mimetype", "content.xml")
    encrypted = {name: member(data, name) for name in names} | {"META-INF/manifest.xml": manifest}
    with pytest.raises(DocumentError, match="encrypted with a password"):
        translate_upper(ODT(zipped({**encrypted})))
