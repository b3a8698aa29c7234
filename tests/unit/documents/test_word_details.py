"""Word files: what real files have beside paragraphs."""

import re

import pytest

from tests.unit.documents.packages import OFFICE, A, member, office_file, word, zipped
from tests.unit.documents.translators import (
    FakeTranslator,
    by_dictionary,
    document_of,
    reverse,
    translate_identity,
    translate_upper,
)

DOCX = document_of(".docx")
GERMAN = by_dictionary({"one two three": "eins drei zwei", "two": "zwei"})


def run(text: str, properties: str = "") -> str:
    return f'<w:r>{properties}<w:t xml:space="preserve">{text}</w:t></w:r>'


def body(data: bytes, name: str = "document") -> str:
    """Return the content of a part, without its root."""
    found = re.search(r"<w:\w+ xmlns[^>]*>(.*)</w:\w+>\s*$", member(data, f"word/{name}.xml"), re.S)
    assert found
    return found[1]


def translated(content: str, translator: FakeTranslator, **others: str) -> str:
    data = word(f"<w:p>{content}</w:p>", **others)
    return body(translator.translate(DOCX(data))).removeprefix("<w:p>").removesuffix("</w:p>")


def test_the_strict_namespace_is_read() -> None:
    data = word(f"<w:p>{run('one')}</w:p>")
    strict = member(data, "word/document.xml").replace(OFFICE, "http://purl.oclc.org/ooxml/")
    strict = strict.replace("/2006/", "/")
    types = {"[Content_Types].xml": member(data, "[Content_Types].xml")}
    core = {"docProps/core.xml": member(data, "docProps/core.xml")}
    new = translate_upper(DOCX(zipped({**types, **core, "word/document.xml": strict})))
    assert member(new, "word/document.xml").endswith(
        strict.partition(">")[2]
        .replace("<w:t>", '<w:t xml:space="preserve">')
        .replace("one", "ONE")
    )


def test_blanks_beside_other_elements_stay() -> None:
    note = '<w:r><w:footnoteReference w:id="1"/></w:r>'
    bold = "<w:rPr><w:b/></w:rPr>"
    content = f"{run('one')}{note}{run(' two', bold)}{run(' three four')}"
    assert translated(content, FakeTranslator(str.upper)) == (
        f"{run('ONE')}{note}{run(' ')}{run('TWO', bold)}{run(' THREE FOUR')}"
    )


def test_blanks_that_are_layout_stay() -> None:
    line = "<w:rPr><w:u/></w:rPr>"
    content = f"{run('Name: ')}{run('        ', line)}{run('     Date')}"
    assert translated(content, FakeTranslator(str.upper)) == (
        f"{run('NAME: ')}{run('        ', line)}{run('     DATE')}"
    )


@pytest.mark.parametrize("name", ["bookmark", "commentRange", "perm"])
def test_ranges_stay_on_their_words(name: str) -> None:
    start, end = f'<w:{name}Start w:id="1"/>', f'<w:{name}End w:id="1"/>'
    content = f"{run('one ')}{start}{run('two')}{end}{run(' three')}"
    assert translated(content, GERMAN) == f"{run('eins drei ')}{start}{run('zwei')}{end}"


def test_the_sign_of_a_comment_follows_its_range() -> None:
    start, end = '<w:commentRangeStart w:id="1"/>', '<w:commentRangeEnd w:id="1"/>'
    sign = '<w:r><w:commentReference w:id="1"/></w:r>'
    content = f"{run('one ')}{start}{run('two')}{end}{sign}{run(' three')}"
    assert translated(content, GERMAN) == f"{run('eins drei ')}{start}{run('zwei')}{end}{sign}"


def test_a_range_that_goes_beyond_the_paragraph_stays_between_its_words() -> None:
    start, end = '<w:bookmarkStart w:id="1"/>', '<w:bookmarkEnd w:id="2"/>'
    content = f"{run('one ')}{start}{run('two')}{end}{run(' three')}"
    assert translated(content, FakeTranslator(str.upper)) == (
        f"{run('ONE ')}{start}{run('TWO')}{end}{run(' THREE')}"
    )


def test_an_empty_range_does_not_split_a_sentence() -> None:
    empty = '<w:bookmarkStart w:id="1" w:name="_GoBack"/><w:bookmarkEnd w:id="1"/>'
    translator = FakeTranslator(str.upper)
    content = f"{run('one ')}{empty}{run('two')}"
    assert translated(content, translator) == f"{empty}{run('ONE TWO')}"
    assert translator.rounds == [["one two"]]


def test_ranges_that_cross_are_all_kept() -> None:
    marks = [f'<w:bookmark{kind} w:id="{i}"/>' for kind in ("Start", "End") for i in (1, 2)]
    content = "".join(mark + run(f"word{i} ") for i, mark in enumerate(marks))
    new = translated(content, FakeTranslator(reverse))
    assert [new.count(mark) for mark in marks] == [1, 1, 1, 1]
    assert sorted(re.findall(r"WORD\d", new)) == ["WORD0", "WORD1", "WORD2", "WORD3"]


def field(instructions: str, result: str) -> str:
    return (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
        f"<w:r><w:instrText>{instructions}</w:instrText></w:r>"
        f'<w:r><w:fldChar w:fldCharType="separate"/></w:r>{run(result)}'
        '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )


@pytest.mark.parametrize(
    "merge",
    [
        field(" MERGEFIELD Name ", "«Name»"),
        f'<w:fldSimple w:instr="MERGEFIELD Name">{run("«Name»")}</w:fldSimple>',
    ],
)
def test_merge_fields_are_kept_in_their_sentence(merge: str) -> None:
    translator = by_dictionary({"Dear «Name», hello": "Hallo «Name», hallo"})
    new = translated(f"{run('Dear ')}{merge}{run(', hello')}", translator)
    assert new == f"{run('Hallo ')}{merge}{run(', hallo')}"
    assert translator.rounds == [["Dear «Name», hello", "«Name»"]]


def test_fields_in_fields_are_all_kept() -> None:
    inner = field("MERGEFIELD A", "a")
    content = field(f"IF </w:instrText></w:r>{inner}<w:r><w:instrText>=1", "one")
    new = translated(f"{run('x ')}{content}", FakeTranslator(str.upper))
    assert new == f"{run('X ')}{content.replace('one', 'ONE')}"


def test_deeply_nested_fields_and_links() -> None:
    begin, end = (f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>' for kind in ("begin", "end"))
    content = f"{begin * 3000}{run('one')}{end * 3000}"
    assert translated(content, FakeTranslator(str.upper)) == content.replace("one", "ONE")
    content = f"{'<w:hyperlink>' * 200}{run('one')}{'</w:hyperlink>' * 200}"
    assert translated(content, FakeTranslator(str.upper)) == content.replace("one", "ONE")


STYLES = (
    '<w:docDefaults><w:rPrDefault><w:rPr><w:lang w:val="en-US" w:eastAsia="en-US"/></w:rPr>'
    "</w:rPrDefault></w:docDefaults>"
    '<w:style w:type="paragraph" w:styleId="Code"><w:name w:val="Source Code"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="P2"><w:name w:val="x"/><w:basedOn w:val="Code"/>'
    '</w:style><w:style w:type="character" w:styleId="C"><w:name w:val="VerbatimChar"/></w:style>'
    '<w:style w:type="character" w:styleId="D"><w:name w:val="Postcode"/></w:style>'
)


def test_the_language_becomes_that_of_the_target() -> None:
    lang = '<w:rPr><w:lang w:val="en-GB"/></w:rPr>'
    data = word(
        f"<w:p>{run('one', lang)}</w:p>",
        styles=STYLES,
        settings='<w:themeFontLang w:val="en-US"/>',
        core="<dc:language>en</dc:language>",
    )
    new = translate_upper(DOCX(data))
    assert body(new) == f"<w:p>{run('ONE', lang.replace('en-GB', 'de'))}</w:p>"
    assert '<w:lang w:val="de" w:eastAsia="en-US"/>' in body(new, "styles")
    assert '<w:themeFontLang w:val="de"/>' in body(new, "settings")
    assert "<dc:language>de<" in member(new, "docProps/core.xml")
    new = translate_upper(DOCX(data, target="ja"))
    assert '<w:lang w:val="ja" w:eastAsia="ja"/>' in body(new, "styles")
    assert translate_identity(DOCX(data)) == data


@pytest.mark.parametrize("style", ["Code", "P2"])
def test_paragraphs_of_code_are_not_translated(style: str) -> None:
    code = f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr>{run("print this")}</w:p>'
    data = word(f"{code}<w:p>{run('one')}</w:p>", styles=STYLES)
    assert body(translate_upper(DOCX(data))) == f"{code}<w:p>{run('ONE')}</w:p>"


def test_code_in_a_sentence_is_kept() -> None:
    code = run("print", '<w:rPr><w:rStyle w:val="C"/></w:rPr>')
    translator = by_dictionary({"Use print now.": "Nutze jetzt print."})
    new = translated(f"{run('Use ')}{code}{run(' now.')}", translator, styles=STYLES)
    assert new == f"{run('Nutze jetzt ')}{code}{run('.')}"
    postcode = run("word", '<w:rPr><w:rStyle w:val="D"/></w:rPr>')
    assert "WORD" in translated(postcode, FakeTranslator(str.upper), styles=STYLES)


def test_alternative_texts_and_choices_are_translated() -> None:
    picture = (
        '<w:r><w:drawing><wp:docPr id="1" name="Picture 1" descr="a cat" title="{}"/></w:drawing>'
        "</w:r>"
    )
    choices = (
        '<w:sdt><w:sdtPr><w:dropDownList><w:listItem w:displayText="red" w:value="red"/>'
        "</w:dropDownList></w:sdtPr><w:sdtContent>{}</w:sdtContent></w:sdt>"
    )
    content = f"{picture.format('photo-12.png')}{choices.format(run('red'))}"
    new = translated(content, FakeTranslator(str.upper))
    assert 'name="Picture 1" descr="A CAT" title="photo-12.png"' in new
    assert '<w:listItem w:displayText="RED" w:value="red"/>' in new
    assert run("RED") in new


def test_smart_art_charts_and_the_title_are_translated() -> None:
    paragraph = '<a:p><a:r><a:rPr lang="en-US" b="1"/><a:t>{}</a:t></a:r></a:p>'
    dgm, c = (f"{OFFICE}drawingml/2006/{name}" for name in ("diagram", "chart"))
    chart = (
        "<c:title><c:tx><c:rich>{}</c:rich></c:tx></c:title>"
        "<c:cat><c:strRef><c:f>S!$A$1</c:f><c:strCache><c:pt idx='0'><c:v>{}</c:v></c:pt>"
        "</c:strCache></c:strRef></c:cat><c:val><c:numCache><c:pt><c:v>1e5</c:v></c:pt>"
        "</c:numCache></c:val>"
    )
    data = office_file(
        {
            "word/document.xml": member(word("<w:p/>"), "word/document.xml"),
            "word/charts/chart1.xml": f'<c:chartSpace xmlns:c="{c}" {A}>'
            f"{chart.format(paragraph.format('sales'), 'north')}</c:chartSpace>",
            "word/diagrams/data1.xml": f'<d:dataModel xmlns:d="{dgm}" {A}><d:t>'
            f"{paragraph.format('step one')}</d:t></d:dataModel>",
        },
        core="<dc:title>my report</dc:title><dc:creator>jane doe</dc:creator>",
    )
    new = translate_upper(DOCX(data))
    german = paragraph.replace("en-US", "de")
    assert german.format("STEP ONE") in member(new, "word/diagrams/data1.xml")
    written = member(new, "word/charts/chart1.xml").replace('idx="0"', "idx='0'")
    assert chart.format(german.format("SALES"), "NORTH") in written
    core = member(new, "docProps/core.xml")
    assert "<dc:title>MY REPORT</dc:title><dc:creator>jane doe</dc:creator>" in core


def test_parts_that_are_only_named_are_no_error() -> None:
    types = member(word("<w:p/>", styles=""), "[Content_Types].xml")
    data = zipped(
        {
            "[Content_Types].xml": types,
            "word/document.xml": member(word(f"<w:p>{run('one')}</w:p>"), "word/document.xml"),
        }
    )
    assert "ONE" in body(translate_upper(DOCX(data)))


@pytest.mark.parametrize("suffix", [".docm", ".dotx"])
def test_other_kinds_of_word_files(suffix: str) -> None:
    kind = {
        ".docm": "application/vnd.ms-word.document.macroEnabled.main+xml",
        ".dotx": "application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml",
    }[suffix]
    data = word(f"<w:p>{run('one')}</w:p>")
    types = re.sub(
        r'ContentType="[^"]*document.main\+xml"',
        f'ContentType="{kind}"',
        member(data, "[Content_Types].xml"),
    )
    data = zipped(
        {"[Content_Types].xml": types, "word/document.xml": member(data, "word/document.xml")}
    )
    assert "ONE" in body(translate_upper(document_of(suffix)(data)))
