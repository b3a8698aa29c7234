"""Placeholders are restored, with the blanks and punctuation of the source beside them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.text.placeholders import Masked, Masker, Replacement, joined

TEXTS = st.text(st.sampled_from("ab <1>2{}_ (.,日"), max_size=20)
MASKER = Masker(lambda _: True)


def masked(text: str, *tokens: str, attempt: int = 0) -> Masked:
    spans = [(text.index(token), token) for token in tokens]
    replacements = [Replacement(start, start + len(token), token) for start, token in spans]
    return MASKER.mask(text, replacements, attempt)


def cut(text: str, positions: list[int]) -> list[Replacement]:
    ordered = sorted({position for position in positions if position <= len(text)})
    pairs = zip(ordered[::2], ordered[1::2], strict=False)
    return [Replacement(start, end, text[start:end]) for start, end in pairs]


@given(TEXTS, st.lists(st.integers(0, 20), max_size=6), st.integers(0, 1))
def test_masked_text_is_restored(text: str, positions: list[int], attempt: int) -> None:
    result = MASKER.mask(text, cut(text, positions), attempt)
    assert result.is_intact(result.text)
    assert result.restored(result.text, "de") == text


def test_each_attempt_uses_a_form_that_the_vocabulary_spells() -> None:
    term = [Replacement(0, 1, "x")]
    masker = Masker(lambda text: "<" not in text)
    assert [masker.mask("a", term, attempt).text for attempt in range(3)] == ["{1}", "_1_", "{1}"]
    assert Masker(lambda _: False).mask("a", term, 0).text == "_1_"
    assert MASKER.mask("a <1>", term, 0).text == "<2> <1>"


def test_a_placeholder_must_occur_once() -> None:
    result = masked("{name}", "{name}")
    assert result.is_intact("Hallo <1>!")
    assert not result.is_intact("Hallo!")
    assert not result.is_intact("<1> <1>")


def test_an_original_may_look_like_a_placeholder() -> None:
    result = MASKER.mask("a b", [Replacement(0, 1, "<2>"), Replacement(2, 3, "b")], 0)
    assert result.restored("<2> <1>", "de") == "b <2>"


def test_adjacent_replacements_are_merged() -> None:
    assert joined([Replacement(0, 1, "a"), Replacement(1, 3, "bc"), Replacement(4, 5, "d")]) == [
        Replacement(0, 3, "abc"),
        Replacement(4, 5, "d"),
    ]


@pytest.mark.parametrize(
    ("source", "token", "translation", "target", "expected"),
    [
        ("It was X or later", "X", "Es war<1>oder später", "de", "Es war X oder später"),
        ("Run X, then", "X", "Starte <1> , dann", "de", "Starte X, dann"),
        ("Run X!", "X", "Lance <1> !", "fr", "Lance X !"),
        ("Run X!", "X", "Starte <1> !", "de", "Starte X!"),
        ("Run X and", "X", "<1>, und", "de", "X, und"),
        ("See (X) now", "X", "Siehe ( <1> ) jetzt", "de", "Siehe (X) jetzt"),
        ("See (X) now", "X", "Siehe<1>jetzt", "de", "Siehe X jetzt"),
        ("See X now", "X", "Siehe (<1>(jetzt", "de", "Siehe ( X (jetzt"),
        ('Say "X" now', "X", 'Sag " <1> " jetzt', "de", 'Sag "X" jetzt'),
        ("termsX and", "X", "Begriffe <1> und", "de", "BegriffeX und"),
        ("the Xterms", "X", "die <1> Begriffe", "de", "die XBegriffe"),
        ("请看X现在", "X", "See<1>now", "en", "See X now"),
        ("See X now", "X", "请看<1>现在", "zh", "请看X现在"),
    ],
)
def test_blanks_and_punctuation_beside_an_original(
    source: str, token: str, translation: str, target: str, expected: str
) -> None:
    assert masked(source, token).restored(translation, target) == expected


def test_what_the_model_sees_and_what_is_hidden() -> None:
    result = masked("See {x} and {y}.", "{x}", "{y}")
    assert result.text == "See <1> and <2>."
    assert result.without_placeholders(result.text) == "See   and  ."
    assert result.hidden() == "1 {x} 2 {y}"
