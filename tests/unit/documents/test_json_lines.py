"""JSON Lines: the strings of each line are translated as those of JSON files."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents import DocumentError
from tests.unit.documents.translators import (
    FakeTranslator,
    document_of,
    translate_identity,
    translate_upper,
)

JSONL = document_of(".jsonl")
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
LINES = st.lists(st.dictionaries(TEXTS, TEXTS, max_size=2).map(json.dumps), max_size=4)


@given(LINES, st.sampled_from(["\n", "\r\n", "\n\n"]))
def test_an_identical_translation_changes_nothing(lines: list[str], newline: str) -> None:
    data = newline.join(lines).encode()
    assert translate_identity(JSONL(data)) == data


@pytest.mark.parametrize(
    ("options", "translated"),
    [
        ({}, b'{"id": "a-1", "q": "THE HOUSE", "a": {"b": "OLD"}}\r\n \r\n["TWO"]\n'),
        ({"keys": ("q",)}, b'{"id": "a-1", "q": "THE HOUSE", "a": {"b": "old"}}\r\n \r\n["two"]\n'),
        ({"exclude": ("a.*",)},
         b'{"id": "a-1", "q": "THE HOUSE", "a": {"b": "old"}}\r\n \r\n["TWO"]\n'),
    ],
)  # fmt: skip
@pytest.mark.parametrize("suffix", [".jsonl", ".ndjson"])
def test_the_user_chooses_values(
    suffix: str, options: dict[str, tuple[str, ...]], translated: bytes
) -> None:
    data = b'{"id": "a-1", "q": "the house", "a": {"b": "old"}}\r\n \r\n["two"]\n'
    assert translate_upper(document_of(suffix)(data, **options)) == translated


def test_a_translation_stays_on_its_line() -> None:
    translator = FakeTranslator(lambda text: 'a\n"b" ü')
    assert translator.translate(JSONL(b'"x\\u00e9"\n')) == b'"a\\n\\"b\\" \\u00fc"\n'


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'{"a": 1}\n{"secret"\n', "line 2, column 10"),
        (b'{"a": 1} {"secret": 2}', "line 1, column 10"),
        (b"[" * 100_000, "line 1"),
        (b"1\n\n" + b"9" * 5_000, "line 3"),
        (b"\xff", "not UTF-8"),
    ],
)
def test_damaged_files(data: bytes, message: str) -> None:
    with pytest.raises(DocumentError, match=message) as caught:
        translate_identity(JSONL(data))
    assert "secret" not in str(caught.value)
