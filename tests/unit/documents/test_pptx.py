"""PowerPoint files: shapes, notes, masters, comments, languages."""

from tests.unit.documents.packages import OFFICE, P, member, presentation, zipped
from tests.unit.documents.translators import (
    FakeTranslator,
    by_dictionary,
    document_of,
    translate_upper,
)

PPTX = document_of(".pptx")
SLIDE = "ppt/slides/slide1.xml"


def run(text: str, properties: str = "") -> str:
    return f"<a:r>{properties}<a:t>{text}</a:t></a:r>"


def translated(content: str, translator: FakeTranslator) -> str:
    """Translate a paragraph with this content; return the new content."""
    new = member(translator.translate(PPTX(presentation(f"<a:p>{content}</a:p>"))), SLIDE)
    return new.partition("<a:p>")[2].partition("</a:p>")[0]


def test_runs_become_spans_and_their_languages_do_not_count() -> None:
    bold, english = '<a:rPr lang="{}" b="1"/>', '<a:rPr lang="{}" dirty="0"/>'
    content = (
        '<a:pPr algn="ctr"/>'
        f"{run('The ', english.format('en-US'))}{run('red', bold.format('en-US'))}"
        f'{run(" c")}{run("ar", english.format("en-GB"))}<a:endParaRPr lang="en-US"/>'
    )
    translator = by_dictionary({"The red car": "Das rote Auto", "red": "rote"})
    assert translated(content, translator) == (
        '<a:pPr algn="ctr"/>'
        f"{run('Das ', english.format('de'))}{run('rote', bold.format('de'))}"
        f'{run(" Auto", english.format("de"))}<a:endParaRPr lang="de"/>'
    )


def test_breaks_tabs_and_fields_stay() -> None:
    number = '<a:fld id="{1}" type="slidenum"><a:rPr lang="en-US"/><a:t>‹Nr.›</a:t></a:fld>'
    tab, new_tab = "b&#9;c", "B\tC"
    content = f"{run('a')}<a:br/>{run(tab)}{number}"
    translator = FakeTranslator(str.upper)
    assert translated(content, translator) == (
        f"{run('A')}<a:br/>{run(new_tab)}{number.replace('en-US', 'de')}"
    )


def shape(text: str, placeholder: str = "") -> str:
    return (
        f'<p:sp><p:nvSpPr><p:cNvPr id="1" name="Box 1" descr="a {text} box"/><p:nvPr>{placeholder}'
        f"</p:nvPr></p:nvSpPr><p:txBody><a:p>{run(text)}</a:p></p:txBody></p:sp>"
    )


def test_notes_comments_tables_and_the_title_are_translated() -> None:
    table = (
        "<p:graphicFrame><a:graphic><a:tbl><a:tr><a:tc><a:txBody>"
        f"<a:p>{run('cell')}</a:p></a:txBody></a:tc></a:tr></a:tbl></a:graphic></p:graphicFrame>"
    )
    notes = f"<p:notes {P}>{shape('note')}</p:notes>"
    comments = f"<p:cmLst {P}><p:cm><p:text>nice slide</p:text></p:cm></p:cmLst>"
    data = presentation(
        shape("one") + table,
        {"ppt/notesSlides/notesSlide1.xml": notes, "ppt/comments/comment1.xml": comments},
        core="<dc:title>my talk</dc:title>",
    )
    new = translate_upper(PPTX(data))
    for name, old, text in (
        (SLIDE, "<a:t>one<", "<a:t>ONE<"),
        (SLIDE, 'descr="a one box"', 'descr="A ONE BOX"'),
        (SLIDE, "<a:t>cell<", "<a:t>CELL<"),
        ("ppt/notesSlides/notesSlide1.xml", "<a:t>note<", "<a:t>NOTE<"),
        ("ppt/comments/comment1.xml", "nice slide", "NICE SLIDE"),
        ("docProps/core.xml", "my talk", "MY TALK"),
    ):
        assert old in member(data, name)
        assert text in member(new, name)
    assert 'name="Box 1"' in member(new, SLIDE)
    assert '<a:defRPr lang="de"/>' in member(new, "ppt/presentation.xml")


def test_placeholders_of_masters_stay() -> None:
    master = shape("click to edit", '<p:ph type="title"/>') + shape("our company")
    name = "ppt/slideMasters/slideMaster1.xml"
    data = presentation(shape("one"), {name: f"<p:sldMaster {P}>{master}</p:sldMaster>"})
    new = member(translate_upper(PPTX(data)), name)
    assert "<a:t>click to edit<" in new
    assert "<a:t>OUR COMPANY<" in new


def test_the_strict_namespace_is_read() -> None:
    data = presentation(shape("one"))
    strict = member(data, SLIDE).replace(OFFICE, "http://purl.oclc.org/ooxml/").replace("2006/", "")
    names = ("[Content_Types].xml", "ppt/presentation.xml")
    data = zipped({**{name: member(data, name) for name in names}, SLIDE: strict})
    assert "<a:t>ONE<" in member(translate_upper(PPTX(data)), SLIDE)
