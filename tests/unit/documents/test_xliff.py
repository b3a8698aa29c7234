"""XLIFF: targets are filled, and everything else stays."""

import pytest

from documents import DocumentError
from tests.unit.documents.translators import (
    FakeTranslator,
    document_of,
    file_of,
    identity,
    translate_identity,
    translate_upper,
)

XLF = document_of(".xlf")
MACHINE = 'state="needs-review-translation" state-qualifier="mt-suggestion"'


def one(unit: str, language: str = ' target-language="de"') -> bytes:
    """Return a file of version 1.2 with one unit."""
    return (
        f'<xliff version="1.2"><file source-language="en"{language}><body>{unit}</body></file>'
        "</xliff>"
    ).encode()


def two(unit: str, languages: str = ' srcLang="en" trgLang="de"') -> bytes:
    """Return a file of version 2.1 with one unit."""
    return f'<xliff version="2.1"{languages}><file id="f">{unit}</file></xliff>'.encode()


@pytest.mark.parametrize(
    ("unit", "filled"),
    [
        (
            "<trans-unit>\r\n  <source>a &amp; b</source>\r\n  <note>n</note></trans-unit>",
            "<trans-unit>\r\n  <source>a &amp; b</source>\r\n  "
            f"<target {MACHINE}>A &amp; B</target>\r\n  <note>n</note></trans-unit>",
        ),
        (
            '<trans-unit><source>a</source><target state="new"/></trans-unit>',
            f"<trans-unit><source>a</source><target {MACHINE}>A</target></trans-unit>",
        ),
        (
            '<trans-unit><source>a</source><target xml:lang="x" state="new">a</target>'
            "</trans-unit>",
            f'<trans-unit><source>a</source><target xml:lang="de" {MACHINE}>A</target>'
            "</trans-unit>",
        ),
        (
            "<group><trans-unit><source>12</source><target></target></trans-unit></group>",
            f"<group><trans-unit><source>12</source><target {MACHINE}>12</target></trans-unit>"
            "</group>",
        ),
        (
            '<trans-unit><source>a. b.</source><seg-source><mrk mtype="seg" mid="1">a.</mrk> '
            '<mrk mtype="seg" mid="2">b.</mrk></seg-source></trans-unit>',
            '<trans-unit><source>a. b.</source><seg-source><mrk mtype="seg" mid="1">a.</mrk> '
            f'<mrk mtype="seg" mid="2">b.</mrk></seg-source><target {MACHINE}>'
            '<mrk mtype="seg" mid="1">A.</mrk> <mrk mtype="seg" mid="2">B.</mrk></target>'
            "</trans-unit>",
        ),
    ],
)
def test_empty_targets_of_version_1_are_filled(unit: str, filled: str) -> None:
    assert translate_upper(XLF(one(unit))).decode() == one(filled).decode()


@pytest.mark.parametrize(
    ("unit", "filled"),
    [
        (
            '<unit id="u"><segment state="initial" subState="x:y">\n <source>a</source>\n'
            "</segment></unit>",
            '<unit id="u"><segment state="translated">\n <source>a</source>\n <target>A</target>\n'
            "</segment></unit>",
        ),
        (
            "<unit><segment><source>a</source><target/></segment>"
            "<ignorable><source> x </source></ignorable></unit>",
            '<unit><segment state="translated"><source>a</source><target>A</target></segment>'
            "<ignorable><source> x </source></ignorable></unit>",
        ),
        (
            '<unit><segment state="initial"><source>a</source><target>a</target></segment></unit>',
            '<unit><segment state="translated"><source>a</source><target>A</target></segment>'
            "</unit>",
        ),
        (
            "<unit><notes><note>n</note></notes><segment><source>a <mrk id='m' translate='no'>b"
            "</mrk> c</source></segment></unit>",
            "<unit><notes><note>n</note></notes><segment state=\"translated\"><source>a <mrk id='m'"
            " translate='no'>b</mrk> c</source><target>A <mrk id='m' translate='no'>b</mrk> C"
            "</target></segment></unit>",
        ),
    ],
)
def test_empty_targets_of_version_2_are_filled(unit: str, filled: str) -> None:
    assert translate_upper(XLF(two(unit))).decode() == two(filled).decode()


@pytest.mark.parametrize(
    "data",
    [
        one("<trans-unit><source>a</source><target>b</target></trans-unit>"),
        one('<trans-unit translate="no"><source>a</source><target/></trans-unit>'),
        one('<group translate="no"><trans-unit><source>a</source></trans-unit></group>'),
        one("<trans-unit><source> </source></trans-unit>"),
        one("<trans-unit><source/><alt-trans><source>a</source></alt-trans></trans-unit>", ""),
        two("<unit><segment><source>a</source><target>b</target></segment></unit>"),
        two('<unit translate="no"><segment><source>a</source></segment></unit>', ' srcLang="en"'),
        two("<skeleton><segment><source>a</source></segment></skeleton>", ' srcLang="en"'),
    ],
)
def test_nothing_to_fill(data: bytes) -> None:
    assert translate_upper(XLF(data)) == data


@pytest.mark.parametrize(
    ("markup", "translated", "sent"),
    [
        ('a <g id="1">b c</g> d', 'A <g id="1">B C</g> D', ["a b c d", "b c"]),
        ('a <x id="n"/> b', 'A <x id="n"/> B', ["a {{n}} b", "{{n}}"]),
        ("<bpt id='1'>&lt;b></bpt>a<ept id='1'>&lt;/b></ept> b",
         "<bpt id='1'>&lt;b></bpt>A<ept id='1'>&lt;/b></ept> B", ["a b", "a"]),
        ('<bx id="1" rid="7"/>a<ex id="2" rid="7"/> b',
         '<bx id="1" rid="7"/>A<ex id="2" rid="7"/> B', ["a b", "a"]),
        ('<sc id="1"/>a<ec startRef="1"/> b', '<sc id="1"/>A<ec startRef="1"/> B', ["a b", "a"]),
        ('<pc id="1">a</pc> b', '<pc id="1">A</pc> B', ["a b", "a"]),
        ('a<x id="lb" ctype="lb"/>b', 'A<x id="lb" ctype="lb"/>B', ["a", "b"]),
        ('a <it pos="begin">&lt;b></it>b', 'A <it pos="begin">&lt;b></it>B', ["a", "b"]),
        ('<x id="START_LINK_1"/>a<x id="CLOSE_LINK"/> b',
         '<x id="START_LINK_1"/>A<x id="CLOSE_LINK"/> B', ["a b", "a"]),
        ('a <ph id="1">{0}</ph> b', 'A <ph id="1">{0}</ph> B', ["a {{x1}} b", "{{x1}}"]),
        ("&lt;b>a&lt;/b> b", "&lt;b&gt;A&lt;/b&gt; B", ["a b", "a"]),
        ("{n, plural, one {&lt;b>a&lt;/b>} other {b}}",
         "{N, PLURAL, ONE {&lt;B&gt;A&lt;/B&gt;} OTHER {B}}",
         ["{n, plural, one {<b>a</b>} other {b}}"]),
        ("<![CDATA[a & b]]>", "<![CDATA[A & B]]>", ["a & b"]),
        ("a\n      b", "A B", ["a b"]),
        ("a\nb", "A\nB", ["a\nb"]),
        ("{n, plural, =1 {a day} other {<x id='N'/> days &amp; more}}",
         "{n, plural, =1 {A DAY} other {<x id='N'/> DAYS &amp; MORE}}",
         ["a day", "{{N}} days & more", "{{N}}"]),
    ],
)  # fmt: skip
def test_inline_elements_stay_with_their_words(
    markup: str, translated: str, sent: list[str]
) -> None:
    translator = FakeTranslator(str.upper)
    data = one(f"<trans-unit><source>{markup}</source><target/></trans-unit>")
    target = f"<target {MACHINE}>{translated}</target>".encode()
    assert translator.translate(XLF(data)) == data.replace(b"<target/>", target)
    assert translator.rounds == [sent]


def test_white_space_stays_where_the_file_says_so() -> None:
    data = one('<trans-unit xml:space="preserve"><source>a\n    b</source></trans-unit>')
    translator = FakeTranslator(identity)
    assert b">a\n    b</target>" in translator.translate(XLF(data))
    assert translator.rounds == [["a\n    b"]]


@pytest.mark.parametrize(
    ("target", "options", "expected"),
    [
        ('<target state="needs-review-translation">b</target>', {"fuzzy": "again"}, b"A"),
        ('<target state="needs-adaptation">b</target>', {}, b"b"),
        ('<target state="translated">b</target>', {"fuzzy": "again"}, b"b"),
        ('<target state="translated">b</target>', {"only_untranslated": False}, b"A"),
        ('<target state="final">b</target>', {"only_untranslated": False}, b"b"),
        ('<target state="new">b</target>', {}, b"b"),
        ('<target state="new">b</target>', {"fuzzy": "again"}, b"A"),
    ],
)
def test_options(target: str, options: dict[str, object], expected: bytes) -> None:
    data = one(f"<trans-unit><source>a</source>{target}</trans-unit>")
    assert b">%s</target>" % expected in translate_upper(XLF(data, **options))
    approved = data.replace(b"<trans-unit>", b'<trans-unit approved="yes">')
    assert translate_upper(XLF(approved, **options)) == approved


@pytest.mark.parametrize(
    ("declared", "expected"),
    [("", 'target-language="pt-BR"'), (' target-language="pt"', 'target-language="pt"')],
)
def test_the_target_language_is_named(declared: str, expected: str) -> None:
    data = one("<trans-unit><source>a</source></trans-unit>", declared)
    translated = translate_upper(XLF(data, "pt-BR")).decode()
    assert f'<file source-language="en" {expected}>' in translated
    new = two("<unit><segment><source>a</source></segment></unit>", ' srcLang="en"')
    assert b'srcLang="en" trgLang="pt-BR">' in translate_upper(XLF(new, "pt-BR"))


def test_translations_into_another_language_are_replaced_with_a_notice() -> None:
    unit = '<trans-unit approved="{}"><source>a</source><target{}>{}</target></trans-unit>'
    data = one(unit.format("yes", "", "b"), ' target-language="fr"')
    result = FakeTranslator(str.upper).translate(file_of(".xliff")(data))
    assert result.data == one(unit.format("no", f" {MACHINE}", "A"))
    assert result.notices == ("translations into another language were replaced",)


def test_elements_with_a_prefix() -> None:
    data = (
        b'<x:xliff xmlns:x="u" version="1.2"><x:file target-language="de"><x:body><x:trans-unit>'
        b"<x:source>a <x:g id='1'>b</x:g></x:source></x:trans-unit></x:body></x:file></x:xliff>"
    )
    target = f"</x:source><x:target {MACHINE}>A <x:g id='1'>B</x:g></x:target>".encode()
    assert translate_upper(XLF(data)) == data.replace(b"</x:source>", target)


@pytest.mark.parametrize("data", [b"<tmx/>", b'<xliff version="3.0"/>'])
def test_other_files_are_refused(data: bytes) -> None:
    with pytest.raises(DocumentError, match="not XLIFF 1 or 2"):
        translate_identity(XLF(data))
