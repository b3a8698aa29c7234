r"""Android's strings.xml."""

import pytest

from documents import DocumentError
from tests.unit.documents.translators import (
    FakeTranslator,
    document_of,
    identity,
    translate_identity,
    translate_upper,
)

XML = document_of(".xml")


def resources(content: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<resources xmlns:xliff="urn:oasis:names:tc:xliff:'
        f'document:1.2">\n{content}\n</resources>\n'
    ).encode()


def string(value: str) -> bytes:
    return resources(f'    <string name="a">{value}</string>')


@pytest.mark.parametrize(
    ("value", "translated", "sent"),
    [
        (r"don\'t", r"DON\'T", ["don't"]),
        (r"say \"hi\"", r"SAY \"HI\"", ['say "hi"']),
        (r"a\nb", r"A\nB", ["a\nb"]),
        (r"caf\u00e9 \u2026", r"CAF\u00c9 \u2026", None),
        (r"\u0020a\u0020", r"\u0020A\u0020", ["a"]),
        (r"\@me", r"\@ME", ["@me"]),
        (r"\?", r"\?", None),
        ('"  a  b"', '"  A  B"', None),
        ('"isn\'t"', '"ISN\'T"', ["isn't"]),
        ("a &lt;b>b&lt;/b> &amp; c", "A &lt;b&gt;B&lt;/b&gt; &amp; C", None),
        ("<b>a</b> b", "<b>A</b> B", ["a b", "a"]),
        ('a <xliff:g id="n" example="x">%1$s</xliff:g> b',
         'A <xliff:g id="n" example="x">%1$s</xliff:g> B', ["a %1$s b", "%1$s"]),
        ("<![CDATA[<a href=\"x\">it\\'s</a> b]]>", "<![CDATA[<a href=\"x\">IT\\'S</a> B]]>", None),
        ('<![CDATA[<i class="x">a</i> \\"b\\"]]>', '<![CDATA[<i class="x">A</i> \\"B\\"]]>', None),
        (r"&lt;b>a&lt;/b>\n: b", r"&lt;b&gt;A&lt;/b&gt;\n: B", ["a", ": b"]),
        ("a\n        b", "A B", ["a b"]),
        (r"a \&quot;b\&quot;", r"A \&quot;B\&quot;", ['a "b"']),
        (r"\ud83d\ude00 a", r"\ud83d\ude00 A", ["😀 a"]),
        ("%1$d", "%1$d", None),
    ],
)  # fmt: skip
def test_escapes_and_tags(value: str, translated: str, sent: list[str] | None) -> None:
    translator = FakeTranslator(lambda text: text if text.startswith("%") else _upper(text))
    written = translator.translate(XML(string(value))).decode()
    assert written == string(translated.replace("\\u00c9", "É")).decode()
    assert sent is None or translator.rounds == [sent]
    assert translate_identity(XML(string(value))) == string(value)


def _upper(text: str) -> str:
    return text.upper().replace("%1$S", "%1$s")


@pytest.mark.parametrize(
    ("translation", "written"),
    [("it's", r"it\'s"), ('"x"', r"\"x\""), ("@x", r"\@x"), ("?x", r"\?x"), ("a\\b", r"a\\b")],
)
def test_what_android_would_misread_is_escaped(translation: str, written: str) -> None:
    translator = FakeTranslator(lambda text: translation)
    assert translator.translate(XML(string("word"))) == string(written)


@pytest.mark.parametrize(
    "content",
    [
        '<string name="a" translatable="false">word</string>',
        '<string name="a">@string/other</string>',
        '<string name="a">?attr/title</string>',
        '<string name="a">https://example.com/a</string>',
        '<string name="a">pref_key</string>',
        '<string-array name="a"><item>@string/x</item></string-array>',
        '<integer-array name="a"><item>word</item></integer-array>',
        '<string name="a"/><string name="b"></string>',
        '<plurals name="a" translatable="false"><item quantity="other">word</item></plurals>',
    ],
)
def test_what_is_no_text(content: str) -> None:
    assert translate_upper(XML(resources(content), "pl")) == resources(content)


def test_options_choose_by_name() -> None:
    data = resources(
        '<string name="a_x">a</string><string-array name="b"><item>b</item></string-array>'
    )
    assert translate_upper(XML(data, keys=("a_*",))) == data.replace(b">a<", b">A<")
    assert translate_upper(XML(data, exclude=("a_*",))) == data.replace(b">b<", b">B<")


PLURALS = """    <plurals name="files">
        <!-- a comment -->
        <item quantity="one">{one}</item>{added}
        <item quantity="other">{other}</item>
    </plurals>"""


def test_plurals_get_the_quantities_of_the_language() -> None:
    data = resources(PLURALS.format(one="%d file", other="%d files", added=""))
    added = "".join(
        f'\n        <item quantity="{quantity}">%D FILES</item>' for quantity in ("few", "many")
    )
    expected = PLURALS.format(one="%D FILE", other="%D FILES", added=added)
    assert translate_upper(XML(data, "pl")) == resources(expected)
    assert translate_identity(XML(data, "de")) == data


def test_a_percent_sign_is_no_placeholder() -> None:
    data = resources(PLURALS.format(one="A file", other="100% of files", added=""))
    assert b'"one">A FILE<' in translate_upper(XML(data, "ru"))


def test_one_is_no_quantity_without_a_number_where_it_stands_for_21() -> None:
    data = resources(PLURALS.format(one="A file", other="%d files", added=""))
    assert b'"one">%D FILES<' in translate_upper(XML(data, "ru"))
    assert b'"one">A FILE<' in translate_upper(XML(data, "de"))


def test_a_quantity_that_the_language_lacks_stays() -> None:
    data = resources(PLURALS.format(one="a file", other="files", added=""))
    assert translate_upper(XML(data, "ja")) == resources(
        PLURALS.format(one="A FILE", other="FILES", added="")
    )


def test_the_first_quantity_may_be_missing() -> None:
    data = resources('<plurals name="a">\n  <item quantity="other">x</item>\n</plurals>')
    added = b'<plurals name="a">\n  <item quantity="one">x</item>\n  <item quantity="other">'
    translated = FakeTranslator(identity).translate(XML(data))
    assert translated == data.replace(b'<plurals name="a">\n  <item quantity="other">', added)


@pytest.mark.parametrize("data", [b"<project/>", b"<xliff/>", b"<html><string>a</string></html>"])
def test_other_xml_is_refused(data: bytes) -> None:
    with pytest.raises(DocumentError, match=r"only Android's resources are read"):
        translate_identity(XML(data))
