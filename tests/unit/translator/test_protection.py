"""What a translation lost is found; what it kept, moved or wrote in its own way is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.protection import Protection

LATIN = Protection(lambda text: all(character < "\u0250" for character in text))


def lost(source: str, translation: str) -> list[str]:
    return [source[start:end] for start, end in LATIN.lost(source, translation)]


@pytest.mark.parametrize(
    ("source", "translation", "expected"),
    [
        ("See https://a.org/b?c=1.", "Siehe https://a.org/b?c=1.", []),
        ("See https://a.org/b?c=1.", "Siehe https://a.org.", ["https://a.org/b?c=1"]),
        ("(see www.a.org)", "(siehe)", ["www.a.org"]),
        ("Ask anna.b@c-d.org, please.", "Bitte.", ["anna.b@c-d.org"]),
        ("Dear {name}, {{x}} %s %(n)d ${y}", "Lieber {name}, %s", ["{{x}}", "%(n)d", "${y}"]),
        ("Run `make test` <b>now</b>!", "Starte <b>jetzt!", ["`make test`", "</b>"]),
        ("100%", "100 %", []),
        ("I love you 😀👍🏽", "Ich liebe dich", ["😀👍🏽"]),
        ("A family: 👩‍👩‍👧.", "Eine Familie: 👩‍👩‍👧.", []),
        ("I am Владимир, 田中 too.", "Ich bin 田中.", ["Владимир"]),
        ("Born in 1987 and 1987.", "Geboren 1987.", ["1987"]),
        ("1,234.50 euros at 10:30", "1.234,50 Euro um 10.30 Uhr", []),
        ("1 or 2", "ein oder zwei", []),
        ("It is 19 degrees.", "Es sind 199 Grad.", ["19"]),
        ("https://a.org/2024", "https://a.org/2024", []),
        ("https://a.org/2024", "2024", ["https://a.org/2024"]),
        ("“Yes” – she said…", '"Ja", sagte sie.', []),
        ("", "", []),
    ],
)
def test_what_is_lost(source: str, translation: str, expected: list[str]) -> None:
    assert lost(source, translation) == expected


@given(st.text(max_size=60))
def test_a_copy_loses_nothing(text: str) -> None:
    assert lost(text, text) == []


@given(st.text(max_size=60), st.text(max_size=20))
def test_spans_are_in_order_and_apart(text: str, translation: str) -> None:
    position = 0
    for start, end in LATIN.lost(text, translation):
        assert position <= start < end <= len(text)
        position = end
