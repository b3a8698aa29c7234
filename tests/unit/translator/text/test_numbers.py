"""Numbers have the same values in a translation, in whatever notation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.text.numbers import numbers_differ, values_of, whole_numbers


@pytest.mark.parametrize(
    ("source", "translation"),
    [
        ("1,234.50 euros", "1.234,50 Euro"),
        ("1,234 euros", "1234 Euro"),
        ("1,234 euros", "1.234 Euro"),
        ("2 000 000 people", "2.000.000 Menschen"),
        ("2\u202f000", "2'000"),
        ("Born in 1987", "وُلد عام ١٩٨٧"),
        ("-12 degrees", "−12 Grad"),
        ("5-7 days", "5–7 Tage"),
        ("5-7 days", "5 - 7 Tage"),
        ("from 5 to 7", "5-7"),
        ("3 books and 1 dog", "drei Bücher und ein Hund"),
        ("twenty years", "20歳"),
        ("1st place", "1. Platz"),
        ("born 1987 and 1987", "1987 und 1987 geboren"),
        ("no numbers", "keine"),
    ],
)
def test_equal(source: str, translation: str) -> None:
    assert not numbers_differ(source, translation)


@pytest.mark.parametrize(
    ("source", "translation"),
    [
        ("2 000 000 people", "20 000 000 Menschen"),
        ("10.0", "100"),
        ("10.5", "105"),
        ("1.50", "1.5"),
        ("-12 degrees", "12 Grad"),
        ("12 degrees", "-12 Grad"),
        ("5-7 days", "5 7 Tage"),
        ("19 degrees", "199 Grad"),
        ("1987", "neunzehn"),
        ("3 books", "30 Bücher"),
        ("3 books", "3 3 Bücher"),
        ("12 and 12", "12"),
        ("06", "6"),
        ("no numbers", "12345"),
    ],
)
def test_different(source: str, translation: str) -> None:
    assert numbers_differ(source, translation)


def test_numbers_from_words_are_surplus_only_where_they_are_hidden_or_in_strict_mode() -> None:
    assert not numbers_differ("two dogs", "2 Hunde", values_of("15"))
    assert numbers_differ("two dogs", "2 Hunde", values_of("2"))
    assert numbers_differ("two dogs", "2 Hunde", strict=True)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("It costs $1,299.00 now", ["$1,299.00"]),
        ("up 12.5% to ±0.5 or -3", ["12.5%", "±0.5", "-3"]),
        ("1st of 2 000 000 in 5-7", ["1st", "2 000 000", "5-7"]),
        ("20 € or 5°C", ["20 €", "5°C"]),
        ("B42", ["42"]),
    ],
)
def test_whole_numbers(text: str, numbers: list[str]) -> None:
    assert [text[start:end] for start, end in whole_numbers(text)] == numbers


@given(st.text(st.sampled_from("0123456789.,- 'x%$\u0665"), max_size=30))
def test_a_copy_does_not_differ(text: str) -> None:
    assert not numbers_differ(text, text, strict=True)
