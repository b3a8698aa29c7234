"""Shouted sentences and lone words are translated in the case that the model knows."""

import pytest

from translator.text.casing import Casing, is_shouted

KNOWN = {"kitchen", "paris", "Paris", "hello", "hello!"}
CASING = Casing(lambda text: 1 if text in KNOWN else 2)


@pytest.mark.parametrize("text", ["WHERE IS THE STATION?", "ICH BIN MÜDE", "A BIG 42 {NAME}!"])
def test_shouted(text: str) -> None:
    assert is_shouted(text)
    assert CASING.calmed(text) == text[0] + text[1:].lower()
    assert CASING.like(text, "Grüße") == "GRÜSSE"


@pytest.mark.parametrize(
    "text", ["", "NASA", "USA!", "I am", "Where IS", "12 34", "你好 世界", "X 1"]
)
def test_not_shouted(text: str) -> None:
    assert not is_shouted(text)
    assert CASING.calmed(text) == text
    assert CASING.like(text, "Grüße") == "Grüße"


@pytest.mark.parametrize(
    ("text", "calm"),
    [("Kitchen", "kitchen"), ("Hello!", "hello!"), ("Paris", "Paris"), ("Xyz", "Xyz"),
     ("kitchen", "kitchen"), ("KITCHEN", "KITCHEN"), ("Kitchen sink", "Kitchen sink"), ("K", "K")],
)  # fmt: skip
def test_a_lone_word_is_spelt_as_the_vocabulary_has_it(text: str, calm: str) -> None:
    assert CASING.calmed(text) == calm
    assert CASING.like(text, "¡hola") == ("¡Hola" if calm != text else "¡hola")
