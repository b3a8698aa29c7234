"""Terms are found in texts."""

import pytest

from translator.text.glossary import find_terms, lacks_term

ENTRIES = (("pool", "Becken"), ("GPU pool", "GPU-Pool"), ("C++", "C++"), ("U.S.", "USA"))


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
