"""Timed text."""

import pytest

from documents import DocumentError
from tests.unit.documents.translators import (
    FakeTranslator,
    document_of,
    translate_identity,
    translate_upper,
)

TTML = document_of(".ttml")


def subtitles(paragraph: str, language: str = "en") -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<tt xmlns="http://www.w3.org/ns/ttml" '
        f'xml:lang="{language}"><head><metadata><ttm:title xmlns:ttm="t">title</ttm:title>'
        f'</metadata></head><body><div xml:lang="{language}">\n'
        f'<p begin="00:00:01.000" end="00:00:02.000" region="r">{paragraph}</p>\n'
        '<p xml:lang="la" begin="3s"/></div></body></tt>'
    ).encode()


@pytest.mark.parametrize(
    ("paragraph", "translated", "sent"),
    [
        ("a &amp; b", "A &amp; B", ["a & b"]),
        ("one two<br/>three four", "ONE TWO<br/>THREE FOUR", ["one two three four"]),
        ("one <span tts:c='x'>two<br />three</span>", "ONE <span tts:c='x'>TWO<br />THREE</span>",
         ["one two three", "two three"]),
        ("- one<br/>- two", "- ONE<br/>- TWO", ["- one", "- two"]),
        ("<span s='a'>one</span><br/>\n <span s='b'>two three</span>",
         "<span s='a'>ONE</span><br/>\n <span s='b'>TWO THREE</span>", ["one", "two three"]),
        ("one<metadata><x>y</x></metadata>", "ONE<metadata><x>y</x></metadata>", ["one"]),
        ("<![CDATA[a & b]]><br/>c", "<![CDATA[A & B]]><br/>C", ["a & b", "c"]),
    ],
)  # fmt: skip
def test_paragraphs(paragraph: str, translated: str, sent: list[str]) -> None:
    translator = FakeTranslator(str.upper)
    result = translator.translate(TTML(subtitles(paragraph)))
    assert result.decode() == subtitles(translated, "de").decode()
    assert translator.rounds == [sent]
    assert translate_identity(TTML(subtitles(paragraph))) == subtitles(paragraph)


def test_elements_with_a_prefix() -> None:
    data = b'<tt:tt xmlns:tt="u"><tt:body><tt:p>one two<tt:br/>three</tt:p></tt:body></tt:tt>'
    translated = data.replace(b"one two", b"ONE TWO").replace(b"three", b"THREE")
    translated = translated.replace(b'xmlns:tt="u"', b'xmlns:tt="u" xml:lang="de"')
    assert translate_upper(document_of(".dfxp")(data)) == translated


def test_other_files_are_refused() -> None:
    with pytest.raises(DocumentError, match="not timed text"):
        translate_identity(TTML(b"<html/>"))
