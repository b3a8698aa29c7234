"""Lost tokens are found; tokens that were kept, moved or written differently are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.text.protected_tokens import ProtectedTokens

LATIN = ProtectedTokens(lambda text: all(character < "\u0250" for character in text))


def test_emoji_are_protected_even_if_the_vocabulary_has_them() -> None:
    assert ProtectedTokens(lambda _: True).lost("Good 👍", "Gut") == [(5, 6)]


def test_a_missing_letter_does_not_make_a_latin_word_foreign() -> None:
    latin = ProtectedTokens(lambda text: "Ö" not in text)
    assert latin.lost("Öffne sie, ŒÖÖÖ!", "Open it!") == []
    assert latin.lost("Take Ö or А.", "Nimm es.") == [(5, 6)]


def test_excluded_spans_are_not_checked() -> None:
    assert LATIN.lost("iPhone 15 {x}", "Telefon", [(0, 9)]) == [(10, 13)]


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
        ("Pay $1 to $2.", "Zahle $2.", ["$1"]),
        ("It costs $250, or $1.50.", "Es kostet 250 $ oder 1,50 $.", []),
        ("Wait %.2f s, %@!", "Warte!", ["%.2f", "%@"]),
        ("See https://a.org/b now.", "Siehe https://a.org/b/b jetzt.", ["https://a.org/b"]),
        ("Ask a@b.org now.", "Frage anna@b.org jetzt.", ["a@b.org"]),
        ("https://a.org/b を見て", "https://a.org/bを見て", []),
        ("$1/month", "$1/Monat", []),
        ("Click <1>here</1>!", "Klicke <1>hier!", ["</1>"]),
        ("Born in 1987.", "وُلد عام ١٩٨٧.", []),
        ("It is sunny ☀", "Es ist sonnig", ["☀"]),
        ("“Yes” – she said…", '"Ja", sagte sie.', []),
        ("", "", []),
    ],
)
def test_lost_tokens(source: str, translation: str, expected: list[str]) -> None:
    assert lost(source, translation) == expected


@given(st.text(max_size=60))
def test_a_copy_loses_nothing(text: str) -> None:
    assert lost(text, text) == []


@given(st.text(max_size=60), st.text(max_size=20))
def test_spans_are_in_order_and_do_not_overlap(text: str, translation: str) -> None:
    position = 0
    for start, end in LATIN.lost(text, translation):
        assert position <= start < end <= len(text)
        position = end
