"""The texts of a message are its branches and what is around them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.text.icu_message import message_texts


@pytest.mark.parametrize(
    ("text", "texts"),
    [
        ("{n, plural, one {# file} other {# files}}", ["# file", "# files"]),
        ("You have {n, plural, =0 {none} other {#}} left.", ["You have ", "none", "#", " left."]),
        ("{n, plural, offset:1 one {a {x} b} other {c}}", ["a {x} b", "c"]),
        (
            "{g, select, male {He has {n, plural, one {a cat} other {# cats}}} other {They}}",
            ["He has ", "a cat", "# cats", "They"],
        ),
        ("{n, selectordinal, two {#nd '{x}'} other {#th}}", ["#nd '{x}'", "#th"]),
    ],
)
def test_branches(text: str, texts: list[str]) -> None:
    spans = message_texts(text)
    assert spans is not None
    assert [text[start:end] for start, end in spans] == texts


@pytest.mark.parametrize(
    "text",
    ["Hello {name}", "{n, number, integer}", "{n, plural, one {x}", "{n, plural, one x}", "",
     "{n, plural, one {x}} }"],
)  # fmt: skip
def test_other_texts(text: str) -> None:
    assert message_texts(text) is None


@given(st.text(st.sampled_from("{},'#ab "), max_size=40))
def test_spans_are_in_order(text: str) -> None:
    position = 0
    for start, end in message_texts("{n, plural, one {" + text) or ():
        assert position <= start < end
        position = end
