"""Fluent."""

import pytest
from fluent.syntax import FluentParser, ast
from hypothesis import given
from hypothesis import strategies as st

from documents import DocumentError
from tests.unit.documents.translators import (
    MODELS,
    FakeTranslator,
    document_of,
    translate_identity,
    translate_upper,
)

FLUENT = document_of(".ftl")
FILE = """### A file
# a comment
hello = Hello { $name }, this is { -brand }.
block =
    One <b data-l10n-name="x">line</b>
    and one more.

    A paragraph.
    .title = A title
    .accesskey = T
-brand = Good Browser
    .gender = none
files = You have { $n ->
        [one] one file
       *[other] { NUMBER($n, minimumFractionDigits: 1) } files { $m ->
           *[x] in here
        }
    } there.
brace = Use { "{" } and {"}"} here
key = A
"""
UPPER = """### A file
# a comment
hello = HELLO { $name }, THIS IS { -brand }.
block =
    ONE <b data-l10n-name="x">LINE</b> AND ONE MORE.

    A PARAGRAPH.
    .title = A TITLE
    .accesskey = T
-brand = Good Browser
    .gender = none
files = YOU HAVE { $n ->
        [one] ONE FILE
       *[other] { NUMBER($n, minimumFractionDigits: 1) } FILES { $m ->
           *[x] IN HERE
        }
    } THERE.
brace = USE { "{" } AND {"}"} HERE
key = A
"""


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_text_of_fluent_is_translated(newline: str) -> None:
    data, upper = (text.replace("\n", newline).encode() for text in (FILE, UPPER))
    assert translate_identity(FLUENT(data)) == data
    model = FakeTranslator(
        lambda text: text.upper().replace("$NAME", "$name").replace("-BRAND", "-brand")
    )
    assert model.translate(FLUENT(data)) == upper


def shape(data: bytes) -> list[str]:
    """Return the entries and placeables of a file."""
    found: list[str] = []
    for entry in FluentParser().parse(data.decode()).body:
        assert not isinstance(entry, ast.Junk)
        found.append(entry.id.name if isinstance(entry, ast.Message) else type(entry).__name__)
    return found


@pytest.mark.parametrize("model", MODELS)
def test_whatever_the_model_returns_the_file_is_valid(model: str) -> None:
    translated = FakeTranslator(MODELS[model]()).translate(FLUENT(FILE.encode()))
    assert shape(translated) == shape(FILE.encode())
    for placeable in (
        "{ $name }",
        "{ -brand }",
        "{ NUMBER($n, minimumFractionDigits: 1) }",
        '{ "{" }',
    ):
        assert translated.count(placeable.encode()) == 1


@given(st.text(st.sampled_from('ab {}.[*"\n=-#')))
def test_syntax_in_a_translation_is_text(translation: str) -> None:
    data = b"a =\n    one\n    .b = two\nc = three\n"
    translated = FakeTranslator(lambda _: translation).translate(FLUENT(data))
    assert shape(translated) == ["a", "c"]


def test_messages_are_chosen_by_name() -> None:
    data = b"a = one\n    .title = two\nb = three\n"
    assert (
        translate_upper(FLUENT(data, exclude=("a",))) == b"a = one\n    .title = TWO\nb = THREE\n"
    )
    assert (
        translate_upper(FLUENT(data, keys=("title",))) == b"a = one\n    .title = TWO\nb = three\n"
    )


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"a = b\nsecret\nc = d\n", "entry at line 2 is not valid"),
        (b"a = b\nc = { secret", "entry at line 2 is not valid"),
        (b"a = " + b"{" * 100_000, "nested too deeply"),
    ],
)
def test_damaged_fluent(data: bytes, message: str) -> None:
    with pytest.raises(DocumentError, match=message) as caught:
        translate_identity(FLUENT(data))
    assert "secret" not in str(caught.value)
