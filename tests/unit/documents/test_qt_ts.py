"""Qt Linguist's .ts."""

import pytest

from documents import DocumentError
from tests.unit.documents.translators import (
    FakeTranslator,
    document_of,
    file_of,
    translate_identity,
    translate_upper,
)

TS = document_of(".ts")


def catalogue(message: str, language: str = ' language="de_DE"') -> bytes:
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE TS>\n'
        f'<TS version="2.1"{language}>\n<context>\n    <name>Window</name>\n{message}\n'
        "</context>\n</TS>\n"
    ).encode()


def message(source: str, translation: str) -> str:
    return (
        f"    <message>\n        <source>{source}</source>\n        <comment>menu</comment>\n"
        f"        {translation}\n    </message>"
    )


EMPTY = '<translation type="unfinished"></translation>'


@pytest.mark.parametrize(
    ("source", "empty", "filled"),
    [
        ("a", EMPTY, '<translation type="unfinished">A</translation>'),
        ("a", "<translation/>", '<translation type="unfinished">A</translation>'),
        ("a", "<translation></translation>", '<translation type="unfinished">A</translation>'),
        (
            "&amp;open &quot;a&quot;&apos;s",
            EMPTY,
            '<translation type="unfinished">&amp;OPEN &quot;A&quot;&apos;S</translation>',
        ),
        ("a\nb", EMPTY, '<translation type="unfinished">A\nB</translation>'),
        (
            'a<byte value="x1f"/>b',
            EMPTY,
            '<translation type="unfinished">A<byte value="x1f"/>B</translation>',
        ),
        (
            "&lt;html&gt;&lt;head/&gt;&lt;body&gt;&lt;p&gt;a&lt;/p&gt;&lt;/body&gt;&lt;/html&gt;",
            EMPTY,
            '<translation type="unfinished">&lt;html&gt;&lt;head/&gt;&lt;body&gt;&lt;p&gt;A'
            "&lt;/p&gt;&lt;/body&gt;&lt;/html&gt;</translation>",
        ),
        (
            "&lt;style&gt;\np, li { white-space: pre-wrap; }\n&lt;/style&gt;\n&lt;p&gt;a&lt;/p&gt;",
            EMPTY,
            '<translation type="unfinished">&lt;style&gt;\np, li { white-space: pre-wrap; }\n'
            "&lt;/style&gt;\n&lt;p&gt;A&lt;/p&gt;</translation>",
        ),
    ],
)
def test_empty_translations_are_filled_and_unfinished(source: str, empty: str, filled: str) -> None:
    translated = translate_upper(TS(catalogue(message(source, empty))))
    assert translated.decode() == catalogue(message(source, filled)).decode()


def numerus(*forms: str, kind: str = ' type="unfinished"') -> str:
    inner = "".join(f"            <numerusform>{form}</numerusform>\n" for form in forms)
    inner = f"\n{inner}        " if forms else ""
    return (
        '    <message numerus="yes">\n        <source>%n file(s)</source>\n'
        f"        <translation{kind}>{inner}</translation>\n    </message>"
    )


@pytest.mark.parametrize(
    ("language", "count"), [("de", 2), ("pl", 3), ("ja", 1), ("ar", 6), ("pt-BR", 2), ("sl", 4)]
)
@pytest.mark.parametrize("forms", [(), ("",), ("", "", "")])
def test_numerus_forms_are_those_of_the_language(
    language: str, count: int, forms: tuple[str, ...]
) -> None:
    translated = translate_upper(TS(catalogue(numerus(*forms), ""), language))
    expected = catalogue(
        numerus(*["%N FILE(S)"] * count), f' language="{language.replace("-", "_")}"'
    )
    assert translated.decode() == expected.decode()


def test_forms_with_a_translation_stay() -> None:
    translated = translate_upper(TS(catalogue(numerus("eine", "", kind=""))))
    assert translated == catalogue(numerus("eine", "%N FILE(S)"))


@pytest.mark.parametrize(
    "content",
    [
        message("a", "<translation>b</translation>"),
        message("a", '<translation type="unfinished">b</translation>'),
        message("a", '<translation type="vanished"></translation>'),
        message("a", '<translation type="obsolete"></translation>'),
        message("", EMPTY),
        numerus("eine", "zwei"),
    ],
)
def test_nothing_to_fill(content: str) -> None:
    assert translate_upper(TS(catalogue(content))) == catalogue(content)
    assert translate_upper(TS(catalogue(content, ""))) == catalogue(content, "")


@pytest.mark.parametrize(
    ("kind", "options", "expected"),
    [
        (' type="unfinished"', {"fuzzy": "again"}, "A"),
        ("", {"fuzzy": "again"}, "b"),
        ("", {"only_untranslated": False}, "A"),
        (' type="vanished"', {"only_untranslated": False}, "b"),
    ],
)
def test_options(kind: str, options: dict[str, object], expected: str) -> None:
    data = catalogue(message("a", f"<translation{kind}>b</translation>"))
    kind = ' type="unfinished"' if expected == "A" else kind
    translated = translate_upper(TS(data, **options))
    assert translated == catalogue(message("a", f"<translation{kind}>{expected}</translation>"))


def test_a_message_without_a_translation_gets_one() -> None:
    data = b"<TS><context><message>\n <source>a</source>\n</message></context></TS>"
    new = b'</source>\n <translation type="unfinished">A</translation>'
    expected = data.replace(b"</source>", new).replace(b"<TS>", b'<TS language="de">')
    assert translate_upper(TS(data)) == expected


def test_translations_into_another_language_are_replaced_with_a_notice() -> None:
    data = catalogue(message("a", "<translation>b</translation>"), ' language="fr"')
    result = FakeTranslator(str.upper).translate(file_of(".ts")(data))
    assert result.data == catalogue(
        message("a", '<translation type="unfinished">A</translation>'), ' language="de"'
    )
    assert result.notices == ("translations into another language were replaced",)


@pytest.mark.parametrize(
    "data",
    [b"export const a: string = 'b';", b"G@\x00\x10" + bytes(184), b"<xliff/>", b"import a"],
)
def test_other_files_with_the_suffix_are_refused(data: bytes) -> None:
    with pytest.raises(DocumentError, match="TypeScript"):
        translate_identity(TS(data))
