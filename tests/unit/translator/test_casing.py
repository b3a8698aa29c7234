"""Shouted sentences are translated as ordinary ones, and shouted again."""

import pytest

from translator.casing import calmed, is_shouted, like


@pytest.mark.parametrize("text", ["WHERE IS THE STATION?", "ICH BIN MÜDE", "A BIG 42 {NAME}!"])
def test_shouted(text: str) -> None:
    assert is_shouted(text)
    assert calmed(text) == text[0] + text[1:].lower()
    assert like(text, "Grüße") == "GRÜSSE"


@pytest.mark.parametrize(
    "text", ["", "NASA", "USA!", "I am", "Where IS", "12 34", "你好 世界", "X 1"]
)
def test_not_shouted(text: str) -> None:
    assert not is_shouted(text)
    assert calmed(text) == text
    assert like(text, "Grüße") == "Grüße"
