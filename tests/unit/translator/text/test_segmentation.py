"""A text and its segments have the same content and spacing."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.text.placeholders import Replacement
from translator.text.segmentation import SegmentedText, Segmenter, Splitting

TEXTS = st.text(
    st.one_of(
        st.sampled_from(" \t\n\r.!?,;:。、-–()\u2028\u00a0"),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=80,
)

SPLITTINGS = st.sampled_from(get_args(Splitting))


def segmenter(limit: int = 100) -> Segmenter:
    """Return one that counts a token for each character."""
    return Segmenter(lambda text: range(len(text) - 2), limit, lambda _: True)


def texts(document: SegmentedText) -> list[str]:
    return [segment.text for segment in document.segments]


@given(TEXTS, st.sampled_from(["en", "de", "ja", "zh", "ceb"]), SPLITTINGS)
def test_joining_the_segments_gives_the_text_back(
    text: str, language: str, splitting: Splitting
) -> None:
    document = segmenter().split(text, language, splitting)
    joined = "".join(
        gap + segment for gap, segment in zip(document.gaps, [*texts(document), ""], strict=True)
    )
    assert joined == text
    assert all(segment == segment.strip() != "" for segment in texts(document))


@given(TEXTS, st.integers(8, 20), SPLITTINGS)
def test_no_segment_exceeds_the_limit(text: str, limit: int, splitting: Splitting) -> None:
    document = segmenter(limit).split(text, "en", splitting)
    assert all(len(segment) <= limit for segment in texts(document))


@given(TEXTS)
def test_halving_loses_nothing(text: str) -> None:
    document = segmenter().halve(text)
    if document is None:
        assert len(text) <= 1
    else:
        parts = zip(document.gaps, [*texts(document), ""], strict=True)
        assert "".join(gap + part for gap, part in parts) == text


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Hello. How are you?", ["Hello.", "How are you?"]),
        ("It costs 3.50 dollars. Dr. Smith paid.", ["It costs 3.50 dollars.", "Dr. Smith paid."]),
        ("Yes. Yes. Yes.", ["Yes.", "Yes.", "Yes."]),
        ("one\ntwo", ["one", "two"]),
        ("- one\n  * two\n3. three\n> # four", ["one", "two", "three", "four"]),
        ("-5 degrees. 3.5 metres.", ["-5 degrees.", "3.5 metres."]),
        ("It grew by 0.5. Then by 1.25 %!", ["It grew by 0.5.", "Then by 1.25 %!"]),
        ("Mr. and Mrs. Jones live here.", ["Mr. and Mrs. Jones live here."]),
        ("We eat fruit, e.g. apples. Good.", ["We eat fruit, e.g. apples.", "Good."]),
        ("See www.example.org. It is free.", ["See www.example.org.", "It is free."]),
        ("Version 2.0.1 is out. Get it.", ["Version 2.0.1 is out.", "Get it."]),
    ],
)
def test_sentences(text: str, sentences: list[str]) -> None:
    assert texts(segmenter().split(text, "en")) == sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a) one\nb) two", ["one", "two"]),
        ("(iv) four\nii. two\n(3) three", ["four", "two", "three"]),
        ("- [ ] buy\n* [x] call", ["buy", "call"]),
        ("• one\n  ◦ two\n– three", ["one", "two", "three"]),
        (">> one\n> > two", ["one", "two"]),
        ("-Yes.\n–No.", ["Yes.", "No."]),
        ("-rf is a flag", ["-rf is a flag"]),
        ("name\tage of\n| one | two |\n|---|---|", ["name", "age of", "one", "two"]),
        ("one     two", ["one", "two"]),
        ("{price | currency} is much", ["{price | currency} is much"]),
        ("🙂 one ❤️", ["one"]),
        ("\u200fone\u200e", ["one"]),
        ("‼️one two", ["one two"]),
        ("Run `a. b` now", ["Run `a. b` now"]),
        ("Use $t(a. b) or. Then go", ["Use $t(a. b) or.", "Then go"]),
        ("{n, plural, one {one a} other {two b}}", ["one a", "two b"]),
        ("_Open", ["_Open"]),
        ("{name}: {x} 12 km, INV-1!", []),
        ("https://a.org/b", []),
    ],
)
def test_only_language_reaches_the_model(text: str, expected: list[str]) -> None:
    document = segmenter().split(text, "en")
    assert texts(document) == expected
    assert document.join(texts(document), "de") == text


@pytest.mark.parametrize("unit", [" ", "a", "a ", ". ", "\u00a0"])
def test_a_line_without_sentences_comes_back(unit: str) -> None:
    text = unit * 10_000
    document = segmenter().split(text, "en")
    assert document.join(texts(document), "de") == text


def test_a_long_line_has_the_same_sentences() -> None:
    sentences = [f'She said "number {i}" to Dr. Smith, and left.' for i in range(400)]
    assert texts(segmenter().split(" ".join(sentences), "en")) == sentences


def test_no_token_is_cut_in_two() -> None:
    text = "Look at DE89 3704 0044 0532 0130 00 again"
    assert texts(segmenter(30).split(text, "en")) == ["Look at", "again"]


def test_layout_is_kept() -> None:
    text = "  # Title\r\n\r\n\t- one. two!  \r\n\r\n"
    document = segmenter().split(text, "en")
    assert document.join([s.upper() for s in texts(document)], "de") == text.upper()


@pytest.mark.parametrize("blank", ["", " ", "\n\n", "\t \r\n", "\u2028"])
def test_blank_text_has_no_segments_and_is_returned(blank: str) -> None:
    document = segmenter().split(blank, "en")
    assert document.segments == ()
    assert document.join([], "de") == blank


def test_text_without_words_is_not_translated() -> None:
    letters_only = Segmenter(
        lambda text: [*map(ord, text)], 22, lambda ids: any(chr(i).isalpha() for i in ids)
    )
    document = letters_only.split("- One. 12! Two.\n  ☃☃ \n12 345\nThree?", "en")
    assert texts(document) == ["One.", "Two.", "Three?"]
    assert document.join(["Eins.", "Zwei.", "Drei?"], "de") == (
        "- Eins. 12! Zwei.\n  ☃☃ \n12 345\nDrei?"
    )
    assert letters_only.split("1" * 50, "en").segments == ()


def test_segments_carry_the_ids_of_their_text() -> None:
    split = Segmenter(lambda text: [*map(ord, text)], 30, lambda _: True).split
    for text in (
        "One. Two!",
        "  - one 5\tthree",
        "🙂 One",
        "When it rains, I stay at home and read",
    ):
        segments = split(text, "en").segments
        assert segments
        assert all([*map(chr, segment.ids)] == [*segment.text] for segment in segments)
        assert all(segment.tokens == len(segment.text) + 2 <= 30 for segment in segments)
        assert all(segment.plain is (text[:3] in ("One", "Whe")) for segment in segments)


def test_text_between_replacements_is_translated() -> None:
    text = "Write to {name}, {other} today."
    document = segmenter().around(text, [Replacement(9, 15, "{name}"), Replacement(17, 24, "Anna")])
    assert texts(document) == ["Write to", "today"]
    assert document.join(["Schreib", "heute"], "de") == "Schreib {name}, Anna heute."
    assert segmenter().around("{x}", [Replacement(0, 3, "{x}")]) == SegmentedText((), ("{x}",))


def test_long_sentences_are_split_at_clauses_first() -> None:
    text = "When it rains, I stay at home and read"
    assert texts(segmenter(30).split(text, "en")) == ["When it rains,", "I stay at home and read"]


def test_long_sentences_are_split_at_spaces_next_then_anywhere() -> None:
    assert texts(segmenter(12).split("aaaa bbbb cccc dddd", "en")) == ["aaaa bbbb", "cccc dddd"]
    assert texts(segmenter(10).split("a" * 16, "en")) == ["a" * 8, "a" * 8]


def test_spaces_between_sentences_are_those_of_the_target() -> None:
    japanese = segmenter().split("これはペンです。あれは本です。", "ja")
    assert japanese.join(["This is a pen.", "That is a book."], "en") == (
        "This is a pen. That is a book."
    )
    english = segmenter().split("This is a pen. That is a book.", "en")
    assert english.join(["これはペンです。", "あれは本です。"], "ja") == (
        "これはペンです。あれは本です。"
    )


def test_join_needs_one_translation_per_segment() -> None:
    document = segmenter().split("One. Two.", "en")
    with pytest.raises(ValueError, match="zip"):
        document.join(["Eins."], "de")


@pytest.mark.parametrize(
    ("splitting", "expected"),
    [
        ("lines", ["A train is", "late.", "We wait.", "You too"]),
        ("sentences", ["A train is\nlate.", "We wait.", "You too"]),
        ("none", ["A train is\nlate. We wait.\n\nYou too"]),
    ],
)
def test_where_a_text_is_split(splitting: Splitting, expected: list[str]) -> None:
    text = "A train is\nlate. We wait.\n\nYou too\n"
    split = segmenter().split(text, "en", splitting)
    assert [segment.text for segment in split.segments] == expected
    assert split.join(expected, "en") == text


def test_a_text_that_is_not_split_still_fits_the_model() -> None:
    text = "one two three. " * 20
    split = segmenter(50).split(text, "en", "none")
    assert len(split.segments) > 1
    assert all(segment.tokens <= 50 for segment in split.segments)
    assert split.join([segment.text for segment in split.segments], "en") == text
