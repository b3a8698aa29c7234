"""Markdown: text is translated; everything else parses the same before and after."""

from collections import Counter
from collections.abc import Callable

import pytest
import yaml
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
    "kept",
    [
        "$x_1 + y$", "$$a*b*c$$", ":tada:", "{{ site.title }}", "{% link a.md %}", "{: .note}",
        "{{< ref >}}",
    ],
)  # fmt: skip
def test_markup_of_other_programs_stays_in_its_line(kept: str) -> None:
    source = f"an old {kept} is here, at 10:30:15 for $5 or $6"
    expected = source.upper().replace(kept.upper(), kept)
    assert translate_upper(MD(source.encode())).decode() == expected
    translator = FakeTranslator(lambda text: "neu")
    assert translator.translate(MD(source.encode())).decode().count(kept) == 1


@pytest.mark.parametrize(
    "kept",
    [
        "$$\na^2\n\n+ b\n$$", "{% highlight ruby %}\nputs 'x'\n\n  y\n{% endhighlight %}",
        "import Tabs from '@theme/Tabs';", "export const x = 1", "[[toc]]", "[TOC]", "{:toc}",
        "```\n$$\nimport x from 'y'\n```", "---\ntitle: x\n...",
    ],
)  # fmt: skip
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_lines_of_other_programs_stay(kept: str, newline: str) -> None:
    source = f"{kept}\nOne *more*\n\n- two\n".replace("\n", newline)
    translated = f"{kept}\nONE *MORE*\n\n- TWO\n".replace("\n", newline)
    assert translate_upper(MD(source.encode())).decode() == translated


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


NAMES = ("[HTML]", "Foo", "Tabs", "TabItem", "onClick", "[[_TOC_]]", "[[Page name|label]]")


@pytest.mark.parametrize(
    "translated",
    [
        '!!! note "A TITLE"\n    TEXT\n\n    MORE *TEXT*\n\nAFTER',
        "??? warning\n    TEXT\nAFTER",
        '???+ tip inline end "A"\n\n    TEXT\n\n        code',
        '=== "ONE"\n\n    TEXT\n\n    - ITEM\n\n=== "TWO"\n\n    ```\n    code\n    ```',
        '- ITEM\n\n    !!! note "A"\n        TEXT\n\n    AFTER',
        ":::note\nTEXT\n:::",
        ":::tip A TITLE\n\nTEXT\n\n:::",
        "::::danger[A *TITLE*]\nTEXT\n::::",
        "> [!tip]- A TITLE\n> TEXT",
        "APPLE\n:   A FRUIT OF A TREE\n\n    MORE\n:   SECOND\n\nORANGE\n: ANOTHER",
        "TEXT[^1].\n\n[^1]: A NOTE\n\n    ITS SECOND PARAGRAPH\n\nAFTER",
        "{:.lead}\nTEXT\n{: .note #x}",
        "![PICTURE](a.png){ width=50% .cls } TEXT [B](u){ .md-button }",
        '## HEAD { #anchor data-x="y" }',
        "*[HTML]: HYPER TEXT\n\nTHE WORD",
        "{{% notice note %}}\nTEXT\n{{% /notice %}}",
        '{% include file.html param="text" %}\n\nTEXT',
        '--8<-- "file.md"\n\nTEXT {!file.md!}',
        "PRESS ++ctrl+alt+del++, SEE [[Page name|label]] AND ![[embed.png]]",
        "SEE {ref}`target` AND {doc}`/a/b`",
        "${toc}\n\n[[_TOC_]]\n\nTEXT",
        "import {\n  a,\n  b,\n} from 'c';\n\nTEXT",
        "export const meta = {\n  title: 'a',\n};\n\nTEXT",
        '<Tabs>\n  <TabItem value="a" label="APPLE">\n\nTEXT\n\n  </TabItem>\n</Tabs>',
        '<Foo bar={1 + 2} baz="x">TEXT</Foo> AND {/* a comment */} MORE',
        "<Foo onClick={() => go('a')}>\n  TEXT\n</Foo>\n\nTEXT",
        '{\n  "title": "a title"\n}\n\nTEXT',
        "+++\ntitle = 'a title'\n+++\nTEXT",
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_markup_of_dialects(translated: str, newline: str) -> None:
    source = translated.lower()
    for name in NAMES:
        source = source.replace(name.lower(), name)
    source, translated = (text.replace("\n", newline) for text in (source, translated))
    assert translate_upper(MD(source.encode())).decode() == translated
    assert translate_identity(MD(source.encode())).decode() == source


@pytest.mark.parametrize(
    ("suffix", "tag"), [(".mdx", "<div>"), (".md", '<div markdown="1">'), (".md", "<p markdown>")]
)
def test_markdown_within_html_keeps_its_lines(suffix: str, tag: str) -> None:
    source = f"{tag}\n  ## A *b*\n\n  * one\n  * two\n\n</div>\n\nmore\n"
    translated = source.replace("A *b*", "A *B*").replace("one", "ONE").replace("two", "TWO")
    translated = translated.replace("more", "MORE")
    assert translate_upper(document_of(suffix)(source.encode())).decode() == translated


def test_exports_of_mdx_stay() -> None:
    mdx = b"export {a as b} from './c'\nexport * from './d'\n\nText\n"
    assert translate_upper(document_of(".mdx")(mdx)) == mdx.replace(b"Text", b"TEXT")


def test_expressions_of_mdx_stay() -> None:
    mdx = b"Value {props.x} and {1 + 2}.\n"
    assert translate_upper(document_of(".mdx")(mdx)) == b"VALUE {props.x} AND {1 + 2}.\n"
    assert translate_upper(MD(mdx)) == b"VALUE {PROPS.X} AND {1 + 2}.\n"


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


@pytest.mark.parametrize(
    ("front", "translated"),
    [
        (
            '---\ntitle: the house\ndescription: "a \\"big\\" house"\n'
            "layout: post\ntags: [a, b]\n---\n",
            '---\ntitle: THE HOUSE\ndescription: "A \\"BIG\\" HOUSE"\n'
            "layout: post\ntags: [a, b]\n---\n",
        ),
        (
            "---\nsummary: 'it''s old' # why\nSubtitle: a # b\ntitle: {a: b}\n---\n",
            '---\nsummary: "IT\'S OLD" # why\nSubtitle: a # b\ntitle: {a: b}\n---\n',
        ),
        (
            "---\ndescription: >-\n  one\n  two\nnext: x\ntitle: a\n  b\nog:\n  title: no\n---\n",
            "---\ndescription: >-\n  ONE TWO\nnext: x\ntitle: a\n  b\nog:\n  title: no\n---\n",
        ),
        (
            '+++\ntitle = "the house"\nslug = "the-house"\nsummary = \'old\'\n+++\n',
            '+++\ntitle = "THE HOUSE"\nslug = "the-house"\nsummary = "OLD"\n+++\n',
        ),
        (
            '{\n "title": "the \\u0022house\\"",\n "slug": "a b"\n}\n',
            '{\n "title": "THE \\"HOUSE\\"",\n "slug": "a b"\n}\n',
        ),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_front_matter_is_translated_on_request(front: str, translated: str, newline: str) -> None:
    source, expected = (f"{text}One\n".replace("\n", newline) for text in (front, translated))
    translated = translate_upper(MD(source.encode(), include_front_matter=True)).decode()
    assert translated == expected.replace("One", "ONE")
    assert translate_upper(MD(source.encode())).decode() == source.replace("One", "ONE")


@pytest.mark.parametrize(
    ("translation", "written"),
    [
        ("Haus", "Haus"),
        ("Haus: alt", '"Haus: alt"'),
        ("- Haus", '"- Haus"'),
        ("Haus # 1", '"Haus # 1"'),
        ("nein: ", '"nein:"'),
        ("no", '"no"'),
        ('"Haus"', '"\\"Haus\\""'),
    ],
)
def test_values_of_yaml_are_quoted_where_needed(translation: str, written: str) -> None:
    translator = FakeTranslator(lambda text: translation)
    translated = translator.translate(MD(b"---\ntitle: a\n---\n", include_front_matter=True))
    assert translated.decode() == f"---\ntitle: {written}\n---\n"
    assert yaml.safe_load(written) == translation.strip()


def test_content_that_cannot_be_located_is_not_translated() -> None:
    assert translate_upper(MD(b"| a \\| b | c |\n|---|---|\n")) == (b"| a \\| b | C |\n|---|---|\n")
