"""YAML, and Rails' files in it."""

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from documents import DocumentError
from tests.unit.documents.translators import (
    FakeTranslator,
    document_of,
    translate_identity,
    translate_upper,
)

YAML = document_of(".yml")
FILE = """# é
a: &x
  tagged: !!str &b "h\\u00e9 é"   # a comment
  literal: |+
    one
     two

  folded: >-
    one
    two

    three
  # a comment

  mixed: >
    one
      two
  wrapped: plain
     text
  flow: [one, 'it''s', {k: "two"}]
  <<: *x
  ? complex
  : one
  ? [one, two]
  : two
  anchored: &z
    one
  list:
  - one
  - *z
empty: ''
symbol: :one
other: !ruby/object one
number: 12
date: 2024-01-01
boolean: yes
nothing: ~
id: btn-12
--- # another document
one
...
"""
UPPER = """# é
a: &x
  tagged: !!str &b "HÉ É"   # a comment
  literal: |+
    ONE
     TWO

  folded: >-
    ONE TWO

    THREE
  # a comment

  mixed: |
    ONE
      TWO
  wrapped: PLAIN TEXT
  flow: [ONE, 'IT''S', {k: "TWO"}]
  <<: *x
  ? complex
  : ONE
  ? [one, two]
  : TWO
  anchored: &z
    ONE
  list:
  - ONE
  - *z
empty: ''
symbol: :one
other: !ruby/object one
number: 12
date: 2024-01-01
boolean: yes
nothing: ~
id: btn-12
--- # another document
ONE
...
"""


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_values_of_yaml_are_translated(newline: str, encoding: str) -> None:
    data, upper = (text.replace("\n", newline).encode(encoding) for text in (FILE, UPPER))
    assert translate_identity(YAML(data)) == data
    assert translate_upper(YAML(data)) == upper


STYLES = [
    "k: a", "k: 'a'", 'k: "a"', "k: |\n  a\n", "k: >\n  a\n", "k: |-\n  a\n", "k: &x a", "k: [a]",
    "k: {l: a}", "- a", "k: a # comment", "k: |2\n   a\n", "k: !!str a", "k: a\n  b",
]  # fmt: skip


@pytest.mark.parametrize("source", STYLES)
@settings(max_examples=40)
@given(
    translation=st.text(st.characters(exclude_categories=["Cs"]))
    | st.text(st.sampled_from("a :#-'\"\n{}[],|>&*!%@\\\t")),
)
def test_a_written_scalar_is_read_as_its_text(source: str, translation: str) -> None:
    translated = FakeTranslator(lambda _: translation).translate(YAML(source.encode()))
    before, after = (values(yaml.safe_load(text)) for text in (source, translated.decode()))
    text = before.strip()
    expected = before.replace(text, translation.strip())
    assert after == expected


def test_a_question_in_a_list_in_brackets_gets_quotes() -> None:
    translated = FakeTranslator(lambda _: "what?").translate(YAML(b"k: [a]"))
    assert yaml.safe_load(translated) == {"k": ["what?"]}


def values(node: object) -> str:
    while not isinstance(node, str):
        (node,) = node.values() if isinstance(node, dict) else node  # type: ignore[misc]
    return node


@pytest.mark.parametrize(
    ("data", "source", "target", "translated"),
    [
        ("en:\n  a: one\n", "en", "de", "de:\n  a: ONE\n"),
        ("en:\n  a: one\n", None, "de", "de:\n  a: ONE\n"),
        ("---\nen-US: {a: one}\n", "en", "pt-BR", "---\npt-BR: {a: ONE}\n"),
        ("en_US:\n  a: one\n", "en", "pt-BR", "pt_BR:\n  a: ONE\n"),
        ('"en":\n  a: one\n', "en", "de", '"de":\n  a: ONE\n'),
        ("en:\n  a: one\n", "en", "no", '"no":\n  a: ONE\n'),
        ("en:\n  a: one\n", "fr", "de", "en:\n  a: ONE\n"),
        ("en: one\n", "en", "de", "en: ONE\n"),
        ("en:\n  a: one\nb: two\n", "en", "de", "en:\n  a: ONE\nb: TWO\n"),
        ("page:\n  a: one\n", None, "de", "page:\n  a: ONE\n"),
    ],
)
def test_the_language_at_the_top_becomes_the_target(
    data: str, source: str | None, target: str, translated: str
) -> None:
    assert translate_upper(YAML(data.encode(), target, source=source)).decode() == translated


@pytest.mark.parametrize(
    ("data", "translated"),
    [
        (
            "d:\n  one: a\n  other: b\nx: c\n",
            "d:\n  one: A\n  other: B\n  few: B\n  many: B\nx: C\n",
        ),
        ("d:\n  other: b # x\n  one: a", "d:\n  other: B # x\n  one: A\n  few: B\n  many: B"),
        ("d: {one: a, other: 'b'}\n", "d: {one: A, other: 'B', few: 'B', many: 'B'}\n"),
        ("one: a\nother: |\n  b\n", 'one: A\nother: |\n  B\nfew: "B\\n"\nmany: "B\\n"\n'),
        ("- one: a\r\n  other: b\r\n", "- one: A\r\n  other: B\r\n  few: B\r\n  many: B\r\n"),
        ("one: a\nother: b\nthird: c\n", "one: A\nother: B\nthird: C\n"),
        ("other: b\nmany: a\n", "other: B\nmany: A\n"),
    ],
)
def test_plurals_get_the_categories_of_the_target(data: str, translated: str) -> None:
    assert translate_upper(YAML(data.encode(), "pl")).decode() == translated


def test_plurals_that_are_complete_stay() -> None:
    data = b"d:\n  one: a b\n  other: c d\n"
    assert translate_identity(YAML(data, "de")) == data


def test_values_of_yaml_are_chosen_by_name() -> None:
    data = b"en:\n  a: one\n  b: [two, {a: three}]\n"
    assert b"[TWO, {a: three}]" in translate_upper(YAML(data, exclude=("a",)))
    assert (
        translate_upper(YAML(data, keys=("en.b.*",))) == b"de:\n  a: one\n  b: [two, {a: THREE}]\n"
    )


def test_aliases_cost_nothing() -> None:
    bomb = "a: &a [one, two]\n" + "".join(
        f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n"
        for old, new in zip("abcdefghij", "bcdefghijk", strict=True)
    )
    translator = FakeTranslator(str.upper)
    assert translator.translate(YAML(bomb.encode())).startswith(b"a: &a [ONE, TWO]\nb: &b [*a, *a,")
    assert translator.rounds == [["one", "two"]]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"a: b\n\tc: secret", "not valid YAML at line 2, column 1"),
        (b"a: [secret", "not valid YAML at line 2, column 1"),
        (b'a: "secret', "not valid YAML at line 1"),
        (b"[" * 100_000, "not valid YAML at line 1"),
        (b"a: \x01", "control character"),
    ],
)
def test_damaged_yaml(data: bytes, message: str) -> None:
    with pytest.raises(DocumentError, match=message) as caught:
        translate_identity(YAML(data))
    assert "secret" not in str(caught.value)
