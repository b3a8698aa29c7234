"""Apple's strings files."""

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

STRINGS = document_of(".strings")
FILE = r"""/* A "comment"; */
"a b" = "Say \"hello\"\n to %@ \U00e9";
// another = "comment";
plain.key="it's"; 'single' = 'don\'t';
"same";  "unquoted" = value;
"lines" = "one
two	three";
"emoji" = "\ud83d\ude00 smile";
"old" = "caf\351";
"""
UPPER = r"""/* A "comment"; */
"a b" = "SAY \"HELLO\"\n TO %@ É";
// another = "comment";
plain.key="IT'S"; 'single' = 'DON\'T';
"same";  "unquoted" = value;
"lines" = "ONE
TWO	THREE";
"emoji" = "😀 SMILE";
"old" = "caf\351";
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_values_of_strings_are_translated(encoding: str, newline: str) -> None:
    data, upper = (text.replace("\n", newline).encode(encoding) for text in (FILE, UPPER))
    assert translate_identity(STRINGS(data)) == data
    assert translate_upper(STRINGS(data)) == upper


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_a_written_string_can_be_read_again(text: str) -> None:
    written = FakeTranslator(lambda _: text).translate(STRINGS(b'"k" = "a";'))
    translator = FakeTranslator(str.upper)
    translator.translate(STRINGS(written))
    expected = text.strip()
    is_text = any(map(str.isalpha, expected)) and "\0" not in expected
    assert translator.rounds == ([[expected]] if is_text else [])


def test_strings_are_chosen_by_name() -> None:
    data = b'"menu.open" = "open";\n"menu.id" = "id";\n'
    assert translate_upper(STRINGS(data, exclude=("*.id",))) == data.replace(b'"open"', b'"OPEN"')


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'"a" = "b"\n"c" = "d";', "line 2 lacks a semicolon"),
        (b'"a" = "secret', "line 1 has a value that is not a string"),
        (b'"a" = "b";\n/* secret', "line 2 does not begin with a name"),
        (b'"a" = { "b" = "c"; };', "line 1 has a value that is not a string"),
        (b'"a" = <0fbd>;', "line 1 has a value that is not a string"),
        (b'{ "a" = "b"; }', "line 1 does not begin with a name"),
        (b"bplist00secret", "property list"),
        (b'<?xml version="1.0"?><plist/>', "property list"),
    ],
)
def test_damaged_strings(data: bytes, message: str) -> None:
    with pytest.raises(DocumentError, match=message) as caught:
        translate_identity(STRINGS(data))
    assert "secret" not in str(caught.value)
