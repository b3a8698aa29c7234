"""Tokens of the table, and what the vocabulary cannot spell, are found; symbols are counted."""

import re
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from translator.text import protected_tokens
from translator.text.numbers import whole_numbers
from translator.text.protected_tokens import (
    QUOTES,
    SYMBOLS,
    ProtectedTokens,
    is_plain,
    symbols_differ,
    table_tokens,
)

LATIN = ProtectedTokens(lambda text: all(character < "\u0250" for character in text))


def found(text: str, protection: ProtectedTokens = LATIN) -> list[str]:
    return [text[start:end] for start, end in protection.find(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I am Владимир, 田中 too.", ["Владимир", "田中"]),
        ("It is sunny ☀", ["☀"]),
        ("10 ℃, ™ and ①", ["℃", "™", "①"]),  # normalisation would change them
        ("“Yes” – she said…", []),
        ("", []),
    ],
)
def test_foreign_letters_and_symbols_are_tokens(text: str, expected: list[str]) -> None:
    assert found(text) == expected


def test_a_missing_letter_does_not_make_a_latin_word_foreign() -> None:
    latin = ProtectedTokens(lambda text: "Ö" not in text)
    assert found("Öffne sie, ŒÖÖÖ!", latin) == []
    assert found("Take Ö or a.", latin) == ["Ö"]


def test_a_currency_that_the_vocabulary_lacks_keeps_its_number() -> None:
    assert found("It is $1,299.00.", ProtectedTokens(lambda text: "$" not in text)) == ["$1,299.00"]


def test_excluded_spans_are_left_out() -> None:
    assert LATIN.find("iPhone 15 {x}", [(0, 9)]) == [(10, 13)]


@given(st.text(max_size=60))
def test_spans_are_in_order_and_do_not_overlap(text: str) -> None:
    position = 0
    for start, end in LATIN.find(text):
        assert position <= start < end <= len(text)
        position = end


@pytest.mark.parametrize(
    ("source", "translation", "differ"),
    [
        ("Tom & Jerry [2]", "Tom & Jerry [2]", False),
        ("Tom & Jerry", "Tom und Jerry", True),
        ("a (b)", "a（b）", False),
        ("a (b", "a (b)", False),
        ("a (b)", "a b", True),
        ("5 percent", "5 %", False),
        ("5 %", "5", True),
        ("gut", "gut}", True),
        ("gut", "gut\ufffd", True),
        ("a * b", "a b", True),
        ("Hello", "Hallo", False),
    ],
)
def test_symbols_occur_as_often(source: str, translation: str, differ: bool) -> None:
    assert symbols_differ(source, translation) is differ


_PARTS = """
    a I x X in km kg m h pm am AM p.m. Alt Ctrl IBAN v covid e.g. Dr. o' D P don't Tür the 8 3 12
    555 1984 000 1st , . ! ? … ’ - -- – ; : ( ) " « $ % ² ½ iOS getName ;D :) A.B -v
"""


@given(
    st.lists(
        st.tuples(
            st.sampled_from(_PARTS.split()), st.sampled_from(("", " ", " ", "  ", ", ", "\t", ". "))
        ),
        max_size=8,
    )
)
@settings(max_examples=1_000)
def test_short_cuts_find_what_the_patterns_do(parts: list[tuple[str, str]]) -> None:
    text = "".join(part + blank for part, blank in parts)
    if is_plain(text):
        assert table_tokens(text) == whole_numbers(text) == ProtectedTokens().find(text) == []
        assert not any(re.search("[\\s\\d]", character) for character in {*text} - {" "})
        assert SYMBOLS.search(text) is QUOTES.search(text) is None
    elif any(map(str.isdigit, text)):
        assert table_tokens(text) == [*all_tokens(text)]


def all_tokens(text: str) -> Iterator[tuple[int, int]]:
    """Yield what the pattern of all kinds finds, without short cuts."""
    for match in protected_tokens._token().finditer(text):
        kind = protected_tokens._KINDS.get(match.lastgroup or "")
        if kind is not None and kind.accepts(match[0]):
            yield match.span()


@pytest.mark.parametrize(
    "text", ["The house is old, isn't it?", "Die Tür … ist zu!", "Да, это так.", ""]
)
def test_plain_texts(text: str) -> None:
    assert is_plain(text)


@pytest.mark.parametrize(
    "text", ["iOS", "5", "a\tb", "(a)", "“a”", "a_b", "é²", "ⅷ", "a.b", "-v", "日本"]
)
def test_other_texts(text: str) -> None:
    assert not is_plain(text)
