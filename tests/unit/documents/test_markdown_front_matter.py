"""Markdown: the front matter, which is translated on request."""

import pytest
import yaml

from tests.unit.documents.translators import FakeTranslator, document_of, translate_upper

MD = document_of(".md")


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
