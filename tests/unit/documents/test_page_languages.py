"""The languages of pages: what the page says about itself is true after its translation."""

import pytest

from documents import translate_html
from tests.unit.documents.translators import (
    FakeTranslator,
    document_of,
    file_of,
    identity,
    translate_upper,
)

HTML, XHTML = document_of(".html"), document_of(".xhtml")


@pytest.mark.parametrize(
    ("source", "target", "translated"),
    [
        ("<html lang=en><p>a", "de", '<html lang="de"><p>A'),
        ("<!doctype html><html lang='en-GB' id=x><p>a", "de",
         '<!doctype html><html lang="de" id=x><p>A'),
        ('<html xml:lang="en" lang="en"><p>a', "de", '<html xml:lang="de" lang="de"><p>A'),
        ("<html><p>a", "de", "<html><p>A"),
        ('<html lang="{{ x | default: "en" }}"><p>a', "de",
         '<html lang="{{ x | default: "en" }}"><p>A'),
        ('<html lang=""><p>a', "de", '<html lang=""><p>A'),
        ('<html lang="en"><p lang="en-US">a', "de", '<html lang="de"><p lang="de">A'),
        ('<html lang="en"><q lang="la">ab</q> c', "de", '<html lang="de"><q lang="la">ab</q> C'),
        ('<html lang="en"><a lang="fr" title="b">a</a>', "de",
         '<html lang="de"><a lang="fr" title="b">a</a>'),
        ('<html lang="en"><body lang="it"><p>a', "de", '<html lang="de"><body lang="de"><p>A'),
        ('<html lang="en"><meta http-equiv="Content-Language" content="en"><p>a', "de",
         '<html lang="de"><meta http-equiv="Content-Language" content="de"><p>A'),
        ('<html lang="en"><link hreflang="en" href="x"><p>a', "de",
         '<html lang="de"><link hreflang="en" href="x"><p>A'),
        ('<html lang="en"><p>a', "ar", '<html lang="ar" dir="rtl"><p>A'),
        ("<html><p>a", "he", '<html dir="rtl"><p>A'),
        ('<html dir="ltr" lang="en"><p>a', "fa", '<html dir="rtl" lang="fa"><p>A'),
        ('<html lang="ar" dir="rtl"><p dir="ltr">a', "de",
         '<html lang="de" dir="ltr"><p dir="ltr">A'),
        ('<html lang="en" dir="auto"><p>a', "ar", '<html lang="ar" dir="auto"><p>A'),
        ('<p lang="fr">a', "de", '<p lang="fr">A'),
    ],
)  # fmt: skip
def test_the_page_has_the_language_of_its_translation(
    source: str, target: str, translated: str
) -> None:
    assert translate_upper(HTML(source.encode(), target)).decode() == translated


@pytest.mark.parametrize(
    ("source", "translated"),
    [
        ('<html lang="en"><p lang="fr">a', '<html lang="de"><p lang="de">A'),
        ('<p lang="fr">a', '<p lang="de">A'),
        ('<p lang="en">a', '<p lang="en">a'),
    ],
)
def test_the_language_of_the_request_is_one_of_the_page(source: str, translated: str) -> None:
    assert translate_upper(HTML(source.encode(), "de", source="fr")).decode() == translated


def test_a_part_in_another_language_is_a_word_of_its_sentence() -> None:
    translator = FakeTranslator(identity)
    page = b'<html lang="en"><p>The <i lang="la">a priori</i> case</p></html>'
    translated = translator.translate(file_of(".html")(page, "de"))
    assert translator.rounds == [["The a priori case", "a priori"]]
    assert translated.notices == ("parts that are marked as another language are not translated",)


def test_fragments_keep_their_language() -> None:
    assert translate_upper(translate_html('<html lang="en"><p>a')) == '<html lang="en"><p>A'


EMPTY = (
    '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE html [ <!ENTITY x "y"> ]>\n'
    '<html xmlns="http://www.w3.org/1999/xhtml"><head><title/><script src="a.js"/>'
    '<script type="text/javascript" src="a/b.js" /><style/></head>'
    '<body><p>{}<br/>{}<img src="a.png" alt="{}" /><a id="x"/>{}</p><textarea/>'
    '<div translate="no"/><p>{}&nbsp;&amp; {}</p><p><![CDATA[no < tag]]></p><p>{}<i/>{}</p>'
    "</body></html>"
)


def test_empty_elements_of_xhtml_have_no_content() -> None:
    source, translated = EMPTY.format(*"abcdefgh"), EMPTY.format(*"ABCDEFGH")
    assert translate_upper(XHTML(source.encode())).decode() == translated


@pytest.mark.parametrize(
    ("source", "translated"),
    [
        (b'<?xml version="1.0" encoding="iso-8859-1"?><p>caf\xe9</p>',
         b'<?xml version="1.0" encoding="iso-8859-1"?><p>CAF\xc9</p>'),
        (b"<meta charset=iso-8859-1><p>\xdfx", b"<meta charset=iso-8859-1><p>SSX"),
    ],
)  # fmt: skip
def test_a_declared_encoding_is_kept(source: bytes, translated: bytes) -> None:
    assert translate_upper(XHTML(source)) == translated


@pytest.mark.parametrize(
    ("charset", "written"),
    [("iso-8859-1", b"\xe4&#322;"), ("utf-8", "äł".encode()), ("utf-16", "äł".encode())],
)
def test_a_page_in_ascii_is_written_in_its_declared_encoding(charset: str, written: bytes) -> None:
    page = f"<meta charset={charset}><p>one".encode()
    translator = FakeTranslator(lambda text: "äł")
    assert translator.translate(HTML(page)) == page.replace(b"one", written)


def test_a_page_in_a_stateful_encoding_is_read_as_declared() -> None:
    page = "<meta charset=iso-2022-jp><p>家".encode("iso2022_jp")
    translator = FakeTranslator(identity)
    assert translator.translate(HTML(page)) == page
    assert translator.rounds == [["家"]]
