"""Whatever a model returns, no element of a paragraph is lost, doubled or left open."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from tests.unit.documents.packages import member, open_document, presentation, word
from tests.unit.documents.test_word_details import field, run
from tests.unit.documents.translators import MODELS, FakeTranslator, document_of

BOLD = "<w:rPr><w:b/></w:rPr>"
WORD = [
    run("one two. "), run("three", BOLD), run(" ", BOLD), run("four   five"),
    '<w:bookmarkStart w:id="1"/>', '<w:bookmarkEnd w:id="1"/>', '<w:bookmarkStart w:id="2"/>',
    '<w:bookmarkEnd w:id="2"/>', '<w:commentRangeStart w:id="1"/>', '<w:commentRangeEnd w:id="1"/>',
    '<w:r><w:commentReference w:id="1"/></w:r>', "<w:r><w:tab/></w:r>", "<w:del><w:r/></w:del>",
    f"<w:hyperlink>{run('six')}<w:bookmarkEnd w:id='2'/></w:hyperlink>",
    f"<w:ins>{run('seven ')}<w:bookmarkStart w:id='1'/>{run('eight')}</w:ins>",
    f"<w:sdt><w:sdtContent>{run('nine')}</w:sdtContent></w:sdt>",
    field("MERGEFIELD A", "«A»"), field("REF x", "ten"),
    '<w:r><w:fldChar w:fldCharType="end"/></w:r>', '<w:r><w:fldChar w:fldCharType="begin"/></w:r>',
]  # fmt: skip
TEXT = [
    "one two. ", "three", " ", "<text:s/>", "<text:span text:style-name='B'>four <text:tab/>five",
    "</text:span>", "<text:a>six", "</text:a>", "<text:bookmark-start text:name='x'/>",
    "<text:bookmark-end text:name='x'/>", "<text:bookmark text:name='y'/>",
    "<text:note><text:p>seven</text:p></text:note>", "<text:date>eight</text:date>",
    "<office:annotation office:name='1'/>", "<office:annotation-end office:name='1'/>",
]  # fmt: skip
SHAPE = [
    "<a:r><a:t>one two. </a:t></a:r>", "<a:r><a:rPr b='1'/><a:t>three</a:t></a:r>", "<a:br/>",
    "<a:r><a:t>four&#9;five</a:t></a:r>", "<a:fld><a:t>six</a:t></a:fld>",
]  # fmt: skip
# Runs and spans are made anew, and hold one format each.
_ANEW = frozenset({"r", "t", "rPr", "b", "span"})


def elements(xml: str) -> Counter[tuple[str, str]]:
    found = (
        (etree.QName(element).localname, element)
        for element in etree.fromstring(xml.encode()).iter()
    )
    return Counter(
        (name, repr(sorted(element.attrib.items()))) for name, element in found if name not in _ANEW
    )


def check(suffix: str, name: str, data: bytes, model: str) -> None:
    new = FakeTranslator(MODELS[model]()).translate(document_of(suffix)(data))
    assert elements(member(new, name)) == elements(member(data, name))


def contents(parts: list[str]) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(parts), max_size=12).map("".join)


@pytest.mark.parametrize("model", MODELS)
@settings(max_examples=25, deadline=None)
@given(content=contents(WORD))
def test_word(model: str, content: str) -> None:
    check(".docx", "word/document.xml", word(f"<w:p>{content}</w:p>"), model)


@pytest.mark.parametrize("model", MODELS)
@settings(max_examples=25, deadline=None)
@given(content=contents(TEXT))
def test_open_document(model: str, content: str) -> None:
    try:
        data = open_document(".odt", f"<text:p>{content}</text:p>")
        etree.fromstring(member(data, "content.xml").encode())
    except etree.XMLSyntaxError:
        return
    check(".odt", "content.xml", data, model)


@pytest.mark.parametrize("model", MODELS)
@settings(max_examples=15, deadline=None)
@given(content=contents(SHAPE))
def test_shapes(model: str, content: str) -> None:
    data = presentation(f"<a:p><a:pPr/>{content}<a:endParaRPr/></a:p>")
    check(".pptx", "ppt/slides/slide1.xml", data, model)
