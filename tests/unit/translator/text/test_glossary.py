"""Terms are found in texts, and placeholders are restored."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.text.glossary import find_terms, lacks_term
from translator.text.placeholders import Masked, Masker, Replacement, joined

ENTRIES = (("pool", "Becken"), ("GPU pool", "GPU-Pool"), ("C++", "C++"), ("U.S.", "USA"))
TEXTS = st.text(st.sampled_from("ab <1>2{}_ "), max_size=20)


def found(text: str, entries: tuple[tuple[str, str], ...], language: str = "en") -> list[str]:
    terms = find_terms(text, entries, language)
    return [f"{text[term.start : term.end]}={term.text}" for term in terms]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The GPU pool.", ["GPU pool=GPU-Pool"]),
        ("gpu  POOL, pool", ["gpu  POOL=GPU-Pool", "pool=Becken"]),
        ("pools, carpool, pool-side", ["pool=Becken"]),
        ("In C++ and C++17?", ["C++=C++", "C++=C++"]),
        ("The U.S. economy", ["U.S.=USA"]),
        ("", []),
    ],
)
def test_terms_are_whole_words_and_the_longest_wins(text: str, expected: list[str]) -> None:
    assert found(text, ENTRIES) == expected


def test_terms_of_languages_without_spaces_are_found_anywhere() -> None:
    assert found("新しい電話帳と電話", (("電話", "phone"), ("電話帳", "phone book")), "ja") == [
        "電話帳=phone book",
        "電話=phone",
    ]


def test_empty_terms_and_no_terms_match_nothing() -> None:
    assert found("a b", (("", "x"), (" ", "y"))) == []
    assert found("a b", ()) == []


def test_a_translation_must_have_each_term_as_often_as_the_source() -> None:
    terms = find_terms("pool and pool", ENTRIES, "en")
    assert not lacks_term(terms, "Becken und Becken")
    assert lacks_term(terms, "Becken")
    assert not lacks_term([], "")


def spans(text: str, cuts: list[int]) -> list[Replacement]:
    ordered = sorted({cut for cut in cuts if cut <= len(text)})
    pairs = zip(ordered[::2], ordered[1::2], strict=False)
    return [Replacement(start, end, text[start:end]) for start, end in pairs]


@given(TEXTS, st.lists(st.integers(0, 20), max_size=6), st.integers(0, 1))
def test_masked_text_is_restored(text: str, cuts: list[int], attempt: int) -> None:
    masked = Masker(lambda _: True).mask(text, spans(text, cuts), attempt)
    assert masked.is_intact(masked.text)
    assert masked.restored(masked.text) == text


def test_each_attempt_uses_a_form_that_the_vocabulary_spells() -> None:
    term = [Replacement(0, 1, "x")]
    masker = Masker(lambda text: "<" not in text)
    assert [masker.mask("a", term, attempt).text for attempt in range(3)] == ["{1}", "_1_", "{1}"]
    assert Masker(lambda _: False).mask("a", term, 0).text == "_1_"
    assert Masker(lambda _: True).mask("a <1>", term, 0).text == "<2> <1>"


def test_a_placeholder_must_occur_once() -> None:
    masked = Masked("<1>", (("<1>", "{name}"),))
    assert masked.is_intact("Hallo <1>!")
    assert not masked.is_intact("Hallo!")
    assert not masked.is_intact("<1> <1>")
    assert Masked("<1> <2>", (("<1>", "<2>"), ("<2>", "b"))).restored("<2> <1>") == "b <2>"


def test_adjacent_replacements_are_merged() -> None:
    assert joined([Replacement(0, 1, "a"), Replacement(1, 3, "bc"), Replacement(4, 5, "d")]) == [
        Replacement(0, 3, "abc"),
        Replacement(4, 5, "d"),
    ]
