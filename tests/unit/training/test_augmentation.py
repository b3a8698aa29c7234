"""Variants change both sides alike, and come in the kinds that people type."""

import random
import re
from collections.abc import Callable

import pytest

from training import augmentation
from training.augmentation import typed, variants
from training.corpus import LANGUAGES, SentencePair
from training.dictionary import word_pairs
from training.foreign import foreign_phrase, token
from training.names import name
from training.phrasebook import phrases, read_phrases

PAIR = ("Tom was born on the 24th.", "Tom wurde am 24. geboren.")
OTHER = ("I see.", "Ich sehe.")


def many(pair: SentencePair, times: int = 400) -> set[SentencePair]:
    rng = random.Random(0)
    return {variant for _ in range(times) for variant in variants(pair, [OTHER], rng)}


@pytest.mark.parametrize(
    "expected",
    [
        (PAIR[0].upper(), PAIR[1].upper()),
        (PAIR[0][:-1], PAIR[1][:-1]),
        (f"{OTHER[0]} {PAIR[0]}", f"{OTHER[1]} {PAIR[1]}"),
    ],
)
def test_kinds(expected: SentencePair) -> None:
    assert expected in many(PAIR)


@pytest.mark.parametrize(
    "expected",
    [
        ("où est mon frère, né le 24 ?", "Where is my brother, born on the 24th?"),
        ("où est mon frère né le 24", "Where is my brother, born on the 24th?"),
        ("Ou est mon frere, ne le 24 ?", "Where is my brother, born on the 24th?"),
        ("Où Est Mon Frère, Né Le 24 ?", "Where is my brother, born on the 24th?"),
        ("Where is my brother, born on the 24th?", "Where is my brother, born on the 24th?"),
    ],
)
def test_what_is_typed_in_haste_is_answered_as_if_it_were_not(expected: SentencePair) -> None:
    pair = ("Où est mon frère, né le 24 ?", "Where is my brother, born on the 24th?")
    rng = random.Random(0)
    assert expected in {variant for _ in range(400) for variant in typed(pair, rng)}


def test_several_sentences_are_joined_alike_on_both_sides() -> None:
    others = [(f"e{i}.", f"d{i}.") for i in range(5)]
    rng = random.Random(0)
    found = [v for _ in range(2000) for v in variants(("e9.", "d9."), others, rng) if " " in v[0]]
    joined = [pair for pair in found if re.fullmatch(r"(e\d\. )+e9\.", pair[0])]
    assert {pair[0].count(".") for pair in joined} == {2, 3, 4}
    assert all(pair[0].replace("e", "d") == pair[1] for pair in joined)


@pytest.mark.parametrize(
    "pattern", [r"\d+", r"^(\S+(?: \S+)?) w[au]", r"\S*[@{%/\U0001F300-\U0001F9FF]\S*"]
)
def test_numbers_names_and_tokens_are_the_same_on_both_sides(pattern: str) -> None:
    found = [[re.findall(pattern, side) for side in pair] for pair in many(PAIR)]
    with_any = [sides for sides in found if sides[0]]
    assert len(with_any) > 10
    assert all(str(a).lower() == str(b).lower() for a, b in with_any if "I see" not in str(a))


def test_numbers_that_differ_and_inflected_names_stay() -> None:
    pair = ("Tom's bus leaves at 2:30.", "Toms Bus fährt um 14.30 Uhr.")
    rng = random.Random(0)
    assert augmentation._renumbered(pair, rng) is None
    assert augmentation._renamed(pair, rng) is None


def test_one_word_comes_bare_too() -> None:
    pair = ("Hello!", "Hallo!")
    assert ("Hello", "Hallo") in list(variants(pair, [OTHER], random.Random(0)))
    assert ("hello", "Hallo") in list(typed(pair, random.Random(0)))


@pytest.mark.parametrize("make", [token, foreign_phrase])
def test_tokens_are_never_empty_and_repeat_with_the_seed(
    make: Callable[[random.Random], str],
) -> None:
    made = [make(random.Random(seed)) for seed in range(300)]
    assert all(text.strip() for text in made)
    assert made == [make(random.Random(seed)) for seed in range(300)]
    assert len(set(made)) > 200


def test_words_that_go_together_are_paired() -> None:
    pairs = [
        pair
        for noun, other in (("dog", "Hund"), ("house", "Haus"), ("tree", "Baum"), ("road", "Weg"))
        for pair in [(f"The {noun} is old.", f"Alt ist der {other}.")] * 10
    ]
    found = word_pairs(pairs)
    assert ("dog", "Hund") in found
    assert ("tree", "Baum") in found
    assert len({source for source, _ in found}) == len(found)
    assert word_pairs(pairs[:9]) == []  # too few to tell


def test_the_phrasebook_has_every_phrase_in_every_language() -> None:
    rows = read_phrases()
    assert len(rows) > 300
    for row in rows:
        assert set(row) == set(LANGUAGES)
        assert all(text and text == text.strip() for text in row.values()), row


def test_phrases_come_as_people_type_them_and_are_answered_alike() -> None:
    found = set(phrases(("en", "es")))
    for pair in (("Hello", "Hola"), ("hello", "Hola"), ("Hello!", "¡Hola!"), ("Hello.", "Hola.")):
        assert pair in found
    assert ("Good morning!", "Bonjour !") in set(phrases(("en", "fr")))
    assert ("How are you?!", "¿Cómo estás?!") not in found


def test_names_are_many_and_look_like_names() -> None:
    made = [name(random.Random(seed)) for seed in range(2_000)]
    assert len(set(made)) > 1_000
    assert all(re.fullmatch(r"[\w']+( [\w']+)?", each) for each in made)
    assert all(part[0].isupper() for each in made for part in each.split())
    assert made[:50] == [name(random.Random(seed)) for seed in range(50)]


def test_every_name_of_a_sentence_is_replaced_the_same_on_both_sides() -> None:
    rng = random.Random(0)
    pair = ("Tom met Mary in Boston.", "Tom hat Mary in Boston getroffen.")
    changed = augmentation._renamed(pair, rng)
    assert changed is not None
    first, second = changed
    assert not re.search("Tom|Mary|Boston", first + second)
    who, _, rest = first.partition(" met ")
    assert second.startswith(f"{who} hat ")
    assert f"in {rest.partition(' in ')[2][:-1]} " in second
    assert augmentation._renamed(("Tom left.", "Er ging."), rng) is None
