"""Translations in another language of the same script are found, and hardly any others."""

import pytest

from training.corpus import DIRECTIONS, LANGUAGES, read_references
from translator.verify.language import LanguageCheck
from translator.verify.pair import Pair

ENGLISH = "The weather is nice today and we go to the park."
GERMAN = "Das Wetter ist heute sehr schön und wir gehen in den Park."


@pytest.fixture(scope="module")
def check() -> LanguageCheck:
    return LanguageCheck(LANGUAGES, thorough=True)


@pytest.mark.parametrize(
    ("source", "translation", "target", "expected"),
    [
        (GERMAN, GERMAN, "fr", True),
        (ENGLISH, "Aber the weather is nice and we go to the park", "de", True),
        (ENGLISH, "Das Wetter is nice, und wir gehen heute alle in den schönen Park", "de", False),
        (ENGLISH, GERMAN, "de", False),
        (ENGLISH, GERMAN, "fr", True),
        ("New York Times Square Garden", "New York Times Square Garden", "de", False),
        ("", "", "fr", False),
    ],
)
def test_other_languages(
    check: LanguageCheck, source: str, translation: str, target: str, *, expected: bool
) -> None:
    assert check.is_other(Pair(source, translation), target) is expected


def test_beside_a_gpu_only_words_of_the_source_are_a_reason_to_ask() -> None:
    check = LanguageCheck(LANGUAGES, thorough=False)
    assert not check.is_other(Pair(ENGLISH, GERMAN), "fr")
    assert check.is_other(Pair(GERMAN, GERMAN), "fr")


def test_related_languages_are_not_told_apart() -> None:
    text = "Det er veldig fint vær i dag og vi skal gå i parken."
    assert LanguageCheck(["en", "no"], thorough=True).is_other(Pair(text, text), "en")
    assert not LanguageCheck(["da", "no"], thorough=True).is_other(Pair(text, text), "da")


def test_no_human_translation_is_suspected(check: LanguageCheck) -> None:
    suspected = [
        (text, translation, target)
        for source, target in DIRECTIONS
        for text, translations in read_references("test")[source, target].items()
        for translation in translations
        if check.is_other(Pair(text, translation), target)
    ]
    assert suspected == []


def test_most_sentences_that_are_left_as_they_are_are_found(check: LanguageCheck) -> None:
    sentences = [text for text in read_references("test")["de", "en"] if len(text.split()) > 6]
    found = sum(check.is_other(Pair(sentence, sentence), "en") for sentence in sentences)
    assert found > 0.75 * len(sentences)
