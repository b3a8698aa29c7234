"""ALL CAPS and single capitalised words are translated in the case that the model knows."""

import pytest

from translator.text.casing import Casing, is_all_caps

KNOWN = {"kitchen", "paris", "Paris", "hello", "hello!"}
CASING = Casing(lambda text: 1 if text in KNOWN else 2)


@pytest.mark.parametrize("text", ["WHERE IS THE STATION?", "ICH BIN MÜDE", "A BIG 42 {NAME}!"])
def test_all_caps(text: str) -> None:
    assert is_all_caps(text)
    assert CASING.normalised(text) == text[0] + text[1:].lower()
    assert CASING.restored(text, "Grüße") == "GRÜSSE"


@pytest.mark.parametrize(
    "text", ["", "NASA", "USA!", "I am", "Where IS", "12 34", "你好 世界", "X 1"]
)
def test_not_all_caps(text: str) -> None:
    assert not is_all_caps(text)
    assert CASING.normalised(text) == text
    assert CASING.restored(text, "Grüße") == "Grüße"


@pytest.mark.parametrize(
    ("text", "normalised"),
    [("Kitchen", "kitchen"), ("Hello!", "hello!"), ("Paris", "Paris"), ("Xyz", "Xyz"),
     ("kitchen", "kitchen"), ("KITCHEN", "KITCHEN"), ("Kitchen sink", "Kitchen sink"), ("K", "K")],
)  # fmt: skip
def test_a_capitalised_word_is_spelt_as_in_the_vocabulary(text: str, normalised: str) -> None:
    assert CASING.normalised(text) == normalised
    assert CASING.restored(text, "¡hola") == ("¡Hola" if normalised != text else "¡hola")
