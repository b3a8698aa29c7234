"""AsciiDoc: texts are translated, and what is doubtful stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.documents.translators import (
    FakeTranslator,
    by_dictionary,
    document_of,
    translate_identity,
    translate_upper,
)

ADOC = document_of(".adoc")
TRANSLATED = """= THE TITLE
author name <a@b.c>
v1.0, 2020
:toc:

A PARAGRAPH WITH *BOLD*, _ITALIC_, `code`, {attr}, https://a.b[A LINK], xref:x.adoc[A PAGE].
<<id,THE SECTION>>

== A SECTION

* ONE
** TWO
* [x] THREE

. FIRST
+
SECOND
+
----
code
----

TERM:: ITS MEANING
TERM::
  ITS MEANING

.TITLE
[source,ruby]
----
puts "x"
----

[source]
code

|===
| a | b
|===

====
EXAMPLE
====

[quote]
____
QUOTED
____

// comment
////
comment
////

image::a.png[text]

ifdef::x[]
INSIDE
endif::[]

 literal

an escaped \\*star*

LAST kbd:[ctrl] footnote:[no]
"""
BLOCKS = [
    "one two", "one *two* _three_", "`a`", "* one", ". one\n+\ntwo", "== Head", ".Title",
    "[source]",
    "----", "====", "|===", "a:: b", "NOTE: one", " literal", "// c", ":a: b", "https://a.b[c]",
    "<<a,b>>", "*a", "`a", "{a", "\\a", "image::a[b]", "```",
]  # fmt: skip
FILES = st.lists(st.sampled_from(BLOCKS), max_size=8).map("\n".join)


@given(FILES)
def test_an_identical_translation_changes_nothing(text: str) -> None:
    assert translate_identity(ADOC(text.encode())) == text.encode()


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_which_content_is_text(newline: str) -> None:
    source = TRANSLATED.lower().replace("\n", newline)
    joined = TRANSLATED.replace("PAGE].\n", "PAGE]. ").replace("\n", newline)
    assert translate_upper(ADOC(source.encode())).decode() == joined


def test_an_admonition_keeps_its_label() -> None:
    assert translate_upper(ADOC(b"NOTE: a text\nand more\n")) == b"NOTE: A TEXT AND MORE\n"


@pytest.mark.parametrize(
    ("source", "translation", "written"),
    [
        ("<<_the_head>>\n\n== The head!\n", "x", "<<_the_head>>\n\n[#_the_head]\n== x\n"),
        ("<<_head>>\n\n[#_head]\n== Head\n", "x", "<<_head>>\n\n[#_head]\n== x\n"),
        ("== Head\n", "x", "== x\n"),
        ("one\n", "* x", "one\n"),
        ("one\n", ". x", "one\n"),
        ("one\n", "== x", "one\n"),
        ("one\n", "x *y*", "one\n"),
        ("one\n", "x:: y", "one\n"),
        ("one\n", "NOTE: x", "one\n"),
        ("* one\ntwo\n", "x y", "* x y\n"),
    ],
)
def test_a_translation_is_written_as_text(source: str, translation: str, written: str) -> None:
    translator = FakeTranslator(lambda text: translation)
    assert translator.translate(ADOC(source.encode())).decode() == written


def test_marks_beside_letters_are_doubled() -> None:
    translator = by_dictionary({"the red car": "これは赤い車です", "red": "赤い"})
    assert translator.translate(ADOC(b"the *red* car\n")).decode() == "これは**赤い**車です\n"
    translator = by_dictionary({"the red car": "これはred車です", "red": "red"})
    assert translator.translate(ADOC(b"the `red` car\n")).decode() == "これは``red``車です\n"
