"""Problems of translations are found, except those that the source has too."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.corpus import DIRECTIONS, read_references
from translator.verify.pair import Pair
from translator.verify.quality import (
    CODES,
    EMPTY,
    LANGUAGE,
    LENGTH,
    REPETITION,
    UNBALANCED,
    UNTRANSLATED,
    problems,
)

LANGUAGES = st.sampled_from(["en", "de", "ja", "zh", "th", "ar"])
WORD = st.text(st.sampled_from("abcdefghij"), min_size=1, max_size=8)
COPIED = (UNTRANSLATED,)
ENGLISH = "The weather is nice and we will go to the park."
JAPANESE = "天気がいいので公園に行きます。"


@pytest.mark.parametrize(
    ("source", "translation", "languages", "expected"),
    [
        (ENGLISH, "Das Wetter ist schön, wir gehen in den Park.", ("en", "de"), ()),
        (ENGLISH, JAPANESE, ("en", "ja"), ()),
        (JAPANESE, ENGLISH, ("ja", "en"), ()),
        (ENGLISH, "", ("en", "de"), (EMPTY,)),
        (ENGLISH, " \n", ("en", "de"), (EMPTY,)),
        (ENGLISH, "Das Das Das Das Das Wetter ist schön.", ("en", "de"), (REPETITION,)),
        (ENGLISH, "Wir gehen, wir gehen, wir gehen in den Park.", ("en", "de"), (REPETITION,)),
        (ENGLISH, "Das Wetter ist sehr schön. " * 2, ("en", "de"), (REPETITION,)),
        (ENGLISH, "天気がいい天気がいい。公園に行きます。", ("en", "ja"), (REPETITION,)),
        (ENGLISH, "Das Wetter ist schöhöhöhöhöhöhöhön.", ("en", "de"), (REPETITION,)),
        ("No, no, no, no!", "Nein, nein, nein, nein!", ("en", "de"), ()),
        ("Ha ha ha ha ha ha!", "Ha ha ha ha ha ha!", ("en", "de"), ()),
        ("nananananananana", "nanananananananana", ("en", "de"), ()),
        ("The more, the better.", "Je mehr, desto besser.", ("en", "de"), ()),
        (ENGLISH, "Das Wetter ist schön und wir go to the park", ("en", "de"), ()),
        (ENGLISH, "The weather ist nice and we will go to einen Park.", ("en", "de"), COPIED),
        (ENGLISH, "Det er nice and we will go to parken.", ("en", "ru"), (LANGUAGE, UNTRANSLATED)),
        (ENGLISH, "Погода хорошая, и мы пойдём в парк.", ("en", "ru"), ()),
        (ENGLISH, "Погода хорошая, и мы пойдём в парк.", ("en", "de"), (LANGUAGE,)),
        (ENGLISH, "O tempo está bom e vamos ao parque.", ("en", "ru"), (LANGUAGE,)),
        ("I like Moskau.", "Я люблю Moskau.", ("en", "ru"), ()),
        ("I like IBM GmbH & Co.", "IBM GmbH & Co.", ("en", "ru"), ()),
        ('He said "yes".', "Er sagte „ja“.", ("en", "de"), ()),
        ('He said "yes".', "Er sagte ja.", ("en", "de"), (UNBALANCED,)),
        ('He said "yes".', "Er sagte „ja.", ("en", "de"), (UNBALANCED,)),
        ('"Yes, he said.', "„Ja, sagte er.", ("en", "de"), ()),
        (ENGLISH, ENGLISH, ("en", "de"), (UNTRANSLATED,)),
        (ENGLISH, ENGLISH.upper(), ("en", "de"), (UNTRANSLATED,)),
        (ENGLISH, ENGLISH, ("en", "en"), ()),
        (JAPANESE, JAPANESE, ("ja", "en"), (UNTRANSLATED,)),
        ("New York Times", "New York Times", ("en", "de"), ()),
        ("Dr. Anna Maria van Dyke", "Dr. Anna Maria van Dyke", ("en", "de"), ()),
        ("x = y + z_1; n--", "x = y + z_1; n--", ("en", "de"), ()),
        ("東京", "東京", ("ja", "zh"), ()),
        (ENGLISH, "Park.", ("en", "de"), (LENGTH,)),
        ("Yes.", "Ja, das ist alles genau so, wie sie es gesagt hat.", ("en", "de"), (LENGTH,)),
        ("Hi!", "Guten Tag, mein Herr!", ("en", "de"), ()),
        ("Schadenfreude", "joy at the misfortune of others", ("de", "en"), ()),
    ],
)  # fmt: skip
def test_problems(
    source: str, translation: str, languages: tuple[str, str], expected: tuple[str, ...]
) -> None:
    assert problems(Pair(source, translation), languages) == expected


def test_hardly_a_human_translation_is_suspected() -> None:
    """People leave out quotation marks now and then, and do nothing else that is suspected."""
    pairs = [
        (source, translation, languages)
        for languages in DIRECTIONS
        for source, translations in read_references("test")[languages].items()
        for translation in translations
    ]
    found = [code for pair in pairs for code in problems(Pair(*pair[:2]), pair[2])]
    assert {*found} <= {UNBALANCED}
    assert len(found) < len(pairs) / 1_000


@given(st.text(max_size=60), st.text(max_size=60), LANGUAGES, LANGUAGES)
def test_codes_are_in_order_and_distinct(source: str, translation: str, one: str, two: str) -> None:
    found = problems(Pair(source, translation), (one, two))
    assert list(found) == sorted(set(found), key=CODES.index)


@given(st.lists(WORD, min_size=1, max_size=3), st.integers(6, 20))
def test_a_loop_is_found_unless_its_source_has_it(unit: list[str], times: int) -> None:
    loop = " ".join(unit * times)
    assert REPETITION in problems(Pair("Tom is here.", f"Tom ist {loop}"), ("en", "de"))
    assert REPETITION not in problems(Pair(loop, f"Tom ist {loop}"), ("en", "de"))


@given(st.lists(WORD, unique=True, max_size=30))
def test_distinct_words_are_not_a_loop(words: list[str]) -> None:
    text = " ".join(words)
    assert REPETITION not in problems(Pair("Tom is here.", text), ("en", "de"))


@given(st.text(min_size=1, max_size=40), LANGUAGES, LANGUAGES)
def test_a_copy_neither_repeats_nor_is_empty(text: str, source: str, target: str) -> None:
    found = problems(Pair(text, text), (source, target))
    assert (EMPTY in found) == (not text.strip())
    if (source in ("ja", "zh", "th")) == (target in ("ja", "zh", "th")):
        assert REPETITION not in found
