"""XML: only text changes; lists of names say which elements split, and which stay as they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.core.tag_rules import TagRules
from documents.pages.xml_markup import translate_xml
from tests.unit.documents.translators import (
    FakeTranslator,
    by_dictionary,
    identity,
    reverse,
    translate_identity,
    translate_upper,
)

PLAIN = TagRules()


@pytest.mark.parametrize(
    ("markup", "translated"),
    [
        ("plain text", "PLAIN TEXT"),
        ('<doc>good <x id="1"/> morning.</doc>', '<doc>GOOD <x id="1"/> MORNING.</doc>'),
        (
            "<?xml version='1.0'?><!DOCTYPE a><!-- no --><a b='c > d'\n>x</a >",
            "<?xml version='1.0'?><!DOCTYPE a><!-- no --><a b='c > d'\n>X</a >",
        ),
        ("<p>a &lt; b &amp; c</p>", "<p>A &lt; B &amp; C</p>"),
        ("a &#60; b &amp; c &apos;d&apos;", "A &#60; B &amp; C &apos;D&apos;"),
        ("<![CDATA[a < b & c]]> d", "<![CDATA[A < B & C]]> D"),
        ("<n:p xml:lang='en'>a</n:p><P-1.x/>", "<n:p xml:lang='en'>A</n:p><P-1.x/>"),
        ("a < b & c", "A &lt; B &amp; C"),
        ("<title>a</title><br>b</br><script>c</script>",
         "<title>A</title><br>B</br><script>C</script>"),
    ],
)  # fmt: skip
def test_only_text_changes(markup: str, translated: str) -> None:
    assert translate_upper(translate_xml(markup, PLAIN)) == translated


@given(
    st.lists(
        st.sampled_from(
            [
                "<a>",
                "</a>",
                "<b/>",
                "x",
                " ",
                "&lt;",
                "<!--",
                "-->",
                "<![CDATA[",
                "]]>",
                "<",
                ">",
                "&",
                "'",
            ]
        )
    )
)
def test_an_untranslated_text_is_the_same(parts: list[str]) -> None:
    markup = "".join(parts)
    assert translate_identity(translate_xml(markup, PLAIN)) == markup


@pytest.mark.parametrize(
    ("markup", "translated"),
    [
        ("<x>a b</x> c", "<x>a b</x> C"),
        ("<x>a <i>b</i> <x>c</x> d</x> e", "<x>a <i>b</i> <x>c</x> d</x> E"),
        ("<doc><x>a</x><p>b</p></doc>", "<doc><x>a</x><p>B</p></doc>"),
        ("<x/>a <x />b", "<x/>A <x />B"),
        ("a <x><![CDATA[b]]></x>", "A <x><![CDATA[b]]></x>"),
        ("a <X>b</X> <xx>c</xx>", "A <X>B</X> <xx>C</xx>"),
        ("</x>a <x>b", "</x>A <x>b"),
        ("<x>" + "a" * 300 + "</x> b", "<x>" + "a" * 300 + "</x> B"),
    ],
)
@pytest.mark.parametrize("outline", [True, False])
def test_the_content_of_ignored_elements_stays(
    markup: str, translated: str, *, outline: bool
) -> None:
    tags = TagRules(ignored=frozenset({"x"}), outline=outline)
    assert translate_upper(translate_xml(markup, tags)) == translated


def test_an_ignored_element_is_part_of_its_sentence() -> None:
    translator = by_dictionary({"Press Enter now": "Jetzt Enter drücken"})
    tags = TagRules(ignored=frozenset({"key"}))
    assert translator.translate(translate_xml("<p>Press <key>Enter</key> now</p>", tags)) == (
        "<p>Jetzt <key>Enter</key> drücken</p>"
    )


@pytest.mark.parametrize(
    ("markup", "tags", "sent"),
    [
        # Structure is what never stands beside text.
        ("<doc><t>one two</t><p>a <b>c</b></p></doc>", PLAIN, ["one two", "a c", "c"]),
        ("<g>one</g> <g>two</g>", PLAIN, ["one", "two"]),
        (
            "<g>one</g> <g>two</g>",
            TagRules(non_splitting=frozenset({"g"})),
            ["one two", "one", "two"],
        ),
        ("<g>one</g> <g>two</g>", TagRules(outline=False), ["one two", "one", "two"]),
        ("<p>a <i>b</i></p><i>c</i> <i>d</i>", PLAIN, ["a b", "b", "c d", "c", "d"]),
        ("one<par/>two", PLAIN, ["one", "two"]),
        ("a <b>c</b> d", TagRules(splitting=frozenset({"b"})), ["a", "c", "d"]),
        ("a <b>c</b> d", TagRules(splitting=frozenset({"b"}), outline=False), ["a", "c", "d"]),
    ],
)
def test_which_elements_end_a_sentence(markup: str, tags: TagRules, sent: list[str]) -> None:
    translator = FakeTranslator(identity)
    assert translator.translate(translate_xml(markup, tags)) == markup
    assert [text for texts in translator.rounds for text in texts] == sent


@pytest.mark.parametrize(
    "markup",
    ["<a>" * 5_000, "<a>x" * 2_000, "</a>" * 5_000, "<!--" * 5_000, "<![CDATA[" * 5_000,
     "<?" * 5_000, "<a b='" * 5_000, '<a b="c' * 5_000, "<a " * 5_000, "&a" * 5_000],
)  # fmt: skip
def test_the_cost_of_malformed_markup_is_linear(markup: str) -> None:
    translator = FakeTranslator(reverse)
    assert len(translator.translate(translate_xml(markup, PLAIN))) >= len(markup) - 1
