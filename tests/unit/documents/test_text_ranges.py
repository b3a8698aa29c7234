"""Plain text and JSON."""

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

TXT, JSON = document_of(".txt"), document_of(".json")
CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


@given(st.text(CHARACTERS))
def test_an_identical_translation_of_plain_text_changes_nothing(text: str) -> None:
    assert translate_identity(TXT(text.encode())) == text.encode()


def test_cells_keep_their_tabs() -> None:
    translator = FakeTranslator(str.upper)
    assert translator.translate(TXT(b"name:\tthe house\t\n")) == b"NAME:\tTHE HOUSE\t\n"
    assert translator.rounds == [["name:", "the house"]]


@pytest.mark.parametrize(
    "value",
    [
        "3f2b8c1e-0000-4000-8000-000000000000", "images/house.png", "button-primary",
        "mt-4 text-lg", "btn btn-primary", "/old/house", "https://a.b/c", "me@example.com",
        "user_name", "MAX_SIZE", "camelCase", "#anchor", "README.md", "com.example.app",
        "text/html", "../up",
    ],
)  # fmt: skip
def test_identifiers_in_json_stay(value: str) -> None:
    data = json.dumps({"k": value}).encode()
    assert translate_upper(JSON(data)) == data


@pytest.mark.parametrize(
    "value",
    [
        "good",
        "Good morning.",
        "and/or",
        "See a.b",
        "the well-known man",
        "E-Mail",
        "Yes!",
        "a-b c d",
    ],
)
def test_words_in_json_are_translated(value: str) -> None:
    assert (
        translate_upper(JSON(json.dumps([value]).encode())) == json.dumps([value.upper()]).encode()
    )


def test_lines_keep_their_endings_and_indentation() -> None:
    data = b"\xef\xbb\xbf  one two \r\n\r\n\tthree\rfour\n---\n5"
    translator = FakeTranslator(str.upper)
    assert translator.translate(TXT(data)) == data.upper()
    assert translator.rounds == [["one two", "three", "four"]]


@pytest.mark.parametrize("suffix", [".txt", ".json", ".po", ".srt", ".vtt", ".md"])
def test_another_encoding_is_rejected(suffix: str) -> None:
    with pytest.raises(DocumentError, match="not UTF-8 at byte 3"):
        translate_identity(document_of(suffix)(b"\xef\xbb\xbf\xff\xfe"))


@given(
    value=VALUES, indent=st.sampled_from([None, 2, "\t"]), escaped=st.booleans(), bom=st.booleans()
)
def test_an_identical_translation_of_json_changes_nothing(
    value: object, indent: int | str | None, *, escaped: bool, bom: bool
) -> None:
    data = json.dumps(value, indent=indent, ensure_ascii=escaped).encode("utf-8", "replace")
    data = b"\xef\xbb\xbf" * bom + data
    assert translate_identity(JSON(data)) == data


@pytest.mark.parametrize(
    ("data", "translated"),
    [
        ('{"name" : "text",\n "b": [1, "x"]}\n', '{"name" : "TEXT",\n "b": [1, "X"]}\n'),
        (r'"say \"a\\b\"\n"', r'"SAY \"A\\B\"\n"'),
        (r'["\u00e9", "1", " a "]', r'["\u00c9", "1", " A "]'),
        (r'["\u0061", "é"]', '["A", "É"]'),
        (r'["\ud800 a", "a\u0000"]', r'["\ud800 a", "a\u0000"]'),
        ('{"a": "a", "a": {"a": "a"}}', '{"a": "A", "a": {"a": "A"}}'),
    ],
)
def test_json_values(data: str, translated: str) -> None:
    assert translate_upper(JSON(data.encode())).decode() == translated


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'{\n"secret": "text",}', "not valid JSON at line 2, column 1[78]"),  # Python 3.13: 17
        (b"", "not valid JSON at line 1, column 1"),
        (b'["secret', "not valid JSON at line 1, column 2"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[" + b"9" * 5_000 + b"]", "too many digits"),
    ],
)
def test_damaged_json(data: bytes, message: str) -> None:
    with pytest.raises(DocumentError, match=message) as caught:
        translate_identity(JSON(data))
    assert "secret" not in str(caught.value)
