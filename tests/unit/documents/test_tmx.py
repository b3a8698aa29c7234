"""TMX: units get a variant in the target language."""

import pytest

from documents import DocumentError
from tests.unit.documents.translators import (
    FakeTranslator,
    document_of,
    file_of,
    translate_identity,
    translate_upper,
)

TMX = document_of(".tmx")


def memory(units: str, language: str = "en") -> bytes:
    return (
        '<?xml version="1.0"?>\n<!DOCTYPE tmx SYSTEM "tmx14.dtd">\n<tmx version="1.4">'
        f'<header srclang="{language}"/><body>{units}</body></tmx>\n'
    ).encode()


@pytest.mark.parametrize(
    ("unit", "filled"),
    [
        (
            '<tu>\r\n <tuv xml:lang="EN-US" creationid="x"><prop>p</prop>\r\n  <seg>a</seg>\r\n '
            '</tuv>\r\n <tuv xml:lang="fr"><seg>b</seg></tuv>\r\n</tu>',
            '<tu>\r\n <tuv xml:lang="EN-US" creationid="x"><prop>p</prop>\r\n  <seg>a</seg>\r\n '
            '</tuv>\r\n <tuv xml:lang="de">\r\n  <seg>A</seg>\r\n </tuv>\r\n '
            '<tuv xml:lang="fr"><seg>b</seg></tuv>\r\n</tu>',
        ),
        (
            '<tu><tuv lang="en"><seg>a</seg></tuv></tu>',
            '<tu><tuv lang="en"><seg>a</seg></tuv><tuv lang="de"><seg>A</seg></tuv></tu>',
        ),
        (
            '<tu><tuv xml:lang="de-AT"><seg/></tuv><tuv xml:lang="en"><seg>a</seg></tuv></tu>',
            '<tu><tuv xml:lang="de-AT"><seg>A</seg></tuv><tuv xml:lang="en"><seg>a</seg></tuv>'
            "</tu>",
        ),
        (
            '<tu srclang="fr"><tuv xml:lang="en"><seg>a</seg></tuv><tuv xml:lang="fr"><seg>b</seg>'
            "</tuv></tu>",
            '<tu srclang="fr"><tuv xml:lang="en"><seg>a</seg></tuv><tuv xml:lang="fr"><seg>b</seg>'
            '</tuv><tuv xml:lang="de"><seg>B</seg></tuv></tu>',
        ),
    ],
)
def test_missing_variants_are_added(unit: str, filled: str) -> None:
    assert translate_upper(TMX(memory(unit))).decode() == memory(filled).decode()


def test_existing_variants_stay() -> None:
    data = memory(
        '<tu><tuv xml:lang="en"><seg>a</seg></tuv><tuv xml:lang="DE"><seg>b</seg></tuv></tu>'
    )
    assert translate_upper(TMX(data)) == data


def test_any_variant_may_be_the_source_where_the_header_says_so() -> None:
    unit = '<tu><tuv xml:lang="fr"><seg>a</seg></tuv><tuv xml:lang="en"><seg>b</seg></tuv></tu>'
    for source, text in ((None, b"A"), ("en", b"B")):
        translated = translate_upper(TMX(memory(unit, "*all*"), source=source))
        assert b'<tuv xml:lang="de"><seg>%s</seg></tuv>' % text in translated


def test_a_unit_without_its_source_stays_with_a_notice() -> None:
    data = memory('<tu><tuv xml:lang="fr"><seg>a</seg></tuv></tu>')
    result = FakeTranslator(str.upper).translate(file_of(".tmx")(data))
    assert result.data == data
    assert result.notices == ("units without a text in the source language: 1",)


def test_inline_elements_stay_with_their_words() -> None:
    segment = (
        '<bpt i="1">&lt;b></bpt>{}<ept i="1">&lt;/b></ept> {} <hi>{}</hi> <ph x="2"/> {}'
        '<it pos="end">x<sub>note</sub></it>'
    )
    words = ("bold", "and", "high", "end")
    translator = FakeTranslator(str.upper)
    data = memory(f'<tu><tuv xml:lang="en"><seg>{segment.format(*words)}</seg></tuv></tu>')
    translated = translator.translate(TMX(data)).decode()
    assert f"<seg>{segment.format(*map(str.upper, words))}</seg>" in translated
    assert translator.rounds[0][0] == "bold and high {{x2}} end"


@pytest.mark.parametrize("data", [b"<xliff/>", b"<tmx><body/></tmx>", b"<tmx><header/></tmx>"])
def test_other_files_are_refused(data: bytes) -> None:
    with pytest.raises(DocumentError, match="not TMX with a header and a body"):
        translate_identity(TMX(data))
