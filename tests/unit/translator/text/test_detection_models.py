"""The parts of detection: words, scripts, and the n-gram model's file."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.models.languages import M2M100_CODES
from translator.models.scripts import script_of, uses
from translator.text.ngrams import MODEL, NgramModel, buckets_of
from translator.text.words import words_of

_MEGABYTE = 2**20


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Guten Tag, Welt!", ["Guten", "Tag", "Welt"]),
        ("l’été, don't 'so'", ["l'été", "don't", "so"]),
        ("he/she and/or", ["he", "she", "and", "or"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("2024年に東京で", ["年に東京で"]),
        ("Ｆｕｌｌ", ["Full"]),
        ("e\u0301te\u0301", ["été"]),
    ],
)
def test_words_keep_their_marks_and_apostrophes(text: str, words: list[str]) -> None:
    assert words_of(text) == words


@given(st.text(max_size=2_000))
def test_words_are_made_of_letters(text: str) -> None:
    assert all(word[0].isalpha() for word in words_of(text))


def test_a_text_without_letters_has_no_script() -> None:
    assert script_of("") == script_of("12 – 3!") == ""


def test_a_mixed_text_has_the_script_of_most_of_it() -> None:
    assert script_of("Привет from Москва") == "CYRILLIC"
    assert script_of("I love 寿司 and ramen") == "LATIN"
    assert script_of("我喜欢 OpenStreetMap，你呢？") == "CJK"


def test_each_language_has_a_script() -> None:
    latin = {language for language in M2M100_CODES if uses(language, "LATIN")}
    assert {"en", "vi", "sr", "uz"} <= latin
    assert not {"ru", "zh", "ja", "hi", "ar", "el"} & latin
    assert uses("ja", "KANA")
    assert uses("ja", "CJK")
    assert not uses("zh", "KANA")


def test_hashes_never_change() -> None:
    """The file was trained with them."""
    assert buckets_of(["Ab"], 15).tolist() == [
        *(5247, 18989, 264, 5247),  # " ", "a", "b", " "
        *(4938, 14445, 16488),
        *(10198, 20387),
        12143,
    ]


def test_the_file_is_small_and_has_languages_of_m2m100() -> None:
    assert MODEL.stat().st_size <= _MEGABYTE
    model = NgramModel()
    assert set(model.languages) <= set(M2M100_CODES)
    assert model.scores(["Pfannkuchen"]).shape == (len(model.languages),)
