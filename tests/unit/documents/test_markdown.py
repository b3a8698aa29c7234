"""Markdown: text is translated; everything else parses the same before and after."""

from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.unit.documents.translators import (
    MODELS,
    FakeTranslator,
    Model,
    by_dictionary,
    document_of,
    reverse,
    translate_identity,
    translate_upper,
)

MD = document_of(".md")
FRAGMENTS = [
    "one", "two.", " ", "  ", "\n", "\r\n", "\n\n", "  \n", "\\\n", "\t", "*", "**", "_", "~~",
    "`", "``", "[", "]", "(", ")", "](u)", "](<a b> 't')", "![", "[x]: /url 't'", "[x]", "[]",
    "<b>", "</b>", "<br>", "<!-- c -->", "<http://a.b>", "\\*", "\\", "&amp;", "&", "# ", "> ",
    "- ", "1. ", "    ", "```", "~~~", "---", "===", "|", "| a | b |\n|---|---|\n", "\\|",
    "<div>", "[^1]", ":::", "é😀",
]  # fmt: skip
MARKDOWN = st.lists(st.sampled_from(FRAGMENTS), max_size=25).map("".join)

WORDS = st.lists(st.sampled_from(["one", "two", "three,", "four."]), min_size=1, max_size=3)
INLINE = st.recursive(
    WORDS.map(" ".join),
    lambda inner: st.builds(
        str.format,
        st.sampled_from(
            ["**{}**", "*{}*", "~~{}~~", "[{}](/u)", "{} `code`", "![{}](i.png)", "<b>{}</b>"]
        ),
        inner,
    ),
    max_leaves=3,
)
PARAGRAPH = st.lists(INLINE, min_size=1, max_size=4).map(" ".join)
BLOCK = st.builds(
    str.format,
    st.sampled_from(
        [
            "{}",
            "# {}",
            "> {}",
            "- {}",
            "1. {}\n   {}",
            "{}\n===",
            "| {} | b |\n|---|---|\n| {} | d |",
        ]
    ),
    PARAGRAPH,
    PARAGRAPH,
)


def structure(markdown: str) -> tuple[list[str], Counter[tuple[str, str]]]:
    """Return the blocks, in order, and their inline tokens, in any order."""
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(markdown)
    inside = Counter(
        (token.type, str(token.attrs) or token.content)
        for block in tokens
        for token in block.children or ()
        if token.type not in ("text", "softbreak")
    )
    return [f"{token.type} {token.markup} {_code(token)}" for token in tokens], inside


def _code(token: Token) -> str:
    return token.content if token.type in ("fence", "code_block", "html_block") else ""


@given(MARKDOWN)
def test_an_identical_translation_changes_nothing(markdown: str) -> None:
    assert translate_identity(MD(markdown.encode())) == markdown.encode()


@given(MARKDOWN)
def test_any_markdown_survives(markdown: str) -> None:
    FakeTranslator(reverse).translate(MD(markdown.encode()))


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
@settings(max_examples=20)
@given(st.lists(BLOCK, max_size=4).map("\n\n".join))
def test_the_structure_stays_the_same(model: Callable[[], Model], markdown: str) -> None:
    assume("~~~" not in markdown)  # at the start of a line it begins code
    translated = FakeTranslator(model()).translate(MD(markdown.encode())).decode()
    assert structure(translated) == structure(markdown)


@given(st.text(st.sampled_from("abc *_`~[]()<>!#&;-+=|\\1.)\n:/"), max_size=12))
def test_a_translation_parses_as_plain_text(translation: str) -> None:
    for markdown in ("one", "# one", "- one", "| one | b |\n|---|---|\n"):
        translator = FakeTranslator(lambda text: translation.strip() or "x")
        translated = translator.translate(MD(markdown.encode())).decode()
        blocks, inside = structure(translated)
        assert (blocks, sorted(inside)) == (structure(markdown)[0], [])


TRANSLATED = """---
title: front matter
---
# THE *TITLE* #

SETEXT
===

A PARAGRAPH WITH `code`, [A LINK](https://a.b/c "TITLE") AND ![A PICTURE](p.png).<br>
NEXT LINE\\
NEXT LINE. <span class="x">MARKED</span><br>TEXT <!-- no -->

> QUOTED **TEXT**
> > - [x] A TASK
>
> [!NOTE]

1. ONE
   - TWO

     THREE

```python
no = "text"
```

    no text

| HEAD | `code` |
|:-----|-------:|
| *CELL* | 12 |

<div align="center">
A BLOCK OF <b>HTML</b>
</div>

<http://a.b> REFERENCE [TEXT][ref], [ref], [ref][] AND NOTE[^1].

{% no %} ::: A

[ref]: http://c.d "title"
[^1]: THE NOTE HAS <kbd>Ctrl</kbd>.
"""
SOURCE = "\n".join(
    line.lower().replace("ctrl", "Ctrl").replace("[!note]", "[!NOTE]")
    for line in TRANSLATED.split("\n")
)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_which_content_is_text(newline: str) -> None:
    source, translated = (text.replace("\n", newline) for text in (SOURCE, TRANSLATED))
    assert translate_upper(MD(source.encode())).decode() == translated


def test_the_lines_of_a_paragraph_are_one_text() -> None:
    translator = FakeTranslator(str.upper)
    assert translator.translate(MD(b"> - one\n>   two\n> three\n")) == b"> - ONE TWO THREE\n"
    assert translator.rounds == [["one two three"]]


def test_escapes_and_references_are_decoded() -> None:
    translator = FakeTranslator(str.upper)
    assert translator.translate(MD(b"\\*a\\* &lt;b&gt; c\\_d &copy;")).decode() == (
        "\\*A\\* \\<B> C_D ©"
    )
    assert translator.rounds == [["*a* <b> c_d ©"]]


@pytest.mark.parametrize(
    ("source", "translation", "written"),
    [
        ("a", "# b", "\\# b"),
        ("a", "- b", "\\- b"),
        ("a", "1. b", "1\\. b"),
        ("a", "> b", "\\> b"),
        ("# a", "1. b", "# 1. b"),
        ("[a](u) b", "x \\", "[x \\\\](u)"),
        ("a", "2 * 3 = snake_case", "2 * 3 = snake_case"),
        ("a", "*b* `c` [d](e) <f> &amp; \\*", "\\*b\\* \\`c\\` [d\\](e) \\<f> \\&amp; \\\\\\*"),
        ("a  \nb", "1. x", "1\\. x  \n1\\. x"),
        ("| a |\n|-|", "x | y", "| x \\| y |\n|-|"),
    ],
)
def test_markup_in_a_translation_is_escaped(source: str, translation: str, written: str) -> None:
    translator = FakeTranslator(lambda text: translation)
    assert translator.translate(MD(source.encode())).decode() == written


def test_marks_follow_their_text() -> None:
    translator = by_dictionary(
        {
            "The red car is on GitHub": "Auf GitHub ist das rote Auto",
            "red car": "rote Auto",
            "GitHub": "GitHub",
        }
    )
    translated = translator.translate(MD(b"The **red car** is on [GitHub](/x)"))
    assert translated == b"Auf [GitHub](/x) ist das **rote Auto**"


@pytest.mark.parametrize(
    ("source", "translated"),
    [
        ("Term\n: meaning *it*\n: more", "TERM\n: MEANING *IT*\n: MORE"),
        ("$$ is money", "$$ IS MONEY"),
        ("{% raw %} is open", "{% raw %} IS OPEN"),
        (
            '<p align="center">a</p>\n\n<details><summary>b</summary>\n\nc\n\n</details>',
            '<p align="center">A</p>\n\n<details><summary>B</summary>\n\nC\n\n</details>',
        ),
        ("- <div>\n  a\n  </div>\n\nb", "- <div>\n  a\n  </div>\n\nB"),
    ],
)
def test_text_beside_other_markup_is_translated(source: str, translated: str) -> None:
    assert translate_upper(MD(source.encode())).decode() == translated


@pytest.mark.parametrize(
    ("source", "translated"),
    [
        (
            "[go](#the-house)\n\n# the `House`!\n\n## other",
            '[GO](#the-house)\n\n# <a id="the-house"></a>THE `House`!\n\n## OTHER',
        ),
        (
            "[a](#x-1)\n\n# x\n\n# x\n\n# x",
            '[A](#x-1)\n\n# X\n\n# <a id="x-1"></a>X\n\n# X',
        ),
        ('<a href="#b">a</a>\n\nb\n===', '<a href="#b">A</a>\n\n<a id="b"></a>B\n==='),
        ("[a](#b)\n\n# b {#b}", "[A](#b)\n\n# B {#b}"),
        ("[12](#12)\n\n# 12", "[12](#12)\n\n# 12"),
    ],
)
def test_links_to_headings_still_work(source: str, translated: str) -> None:
    assert translate_upper(MD(source.encode())).decode() == translated


@pytest.mark.parametrize(
    ("source", "translation", "written"),
    [
        ('[a](u "b")', 'x "y" (z) \\', '[x "y" (z) \\\\](u "x \\"y\\" \\(z\\) \\\\")'),
        ("![a](u 'b')", "it's", "![it's](u 'it\\'s')"),
        ("[12](<u v> (b))", "x", "[12](<u v> (x))"),
        ('[a](u "12")', "x", '[x](u "12")'),
    ],
)
def test_titles_of_links(source: str, translation: str, written: str) -> None:
    translator = FakeTranslator(lambda text: translation)
    assert translator.translate(MD(source.encode())).decode() == written


def test_content_that_cannot_be_located_is_not_translated() -> None:
    assert translate_upper(MD(b"| a \\| b | c |\n|---|---|\n")) == (b"| a \\| b | C |\n|---|---|\n")
