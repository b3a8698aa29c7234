"""Markdown: what other programs read in it stays, and the text beside it is translated."""

import pytest

from tests.unit.documents.translators import (
    FakeTranslator,
    document_of,
    translate_identity,
    translate_upper,
)

MD = document_of(".md")
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
