"""Protected tokens, glossary terms and alternatives."""

import re

import pytest

from tests.unit.translator.submitting import translated
from translator import Translator
from translator.verify.quality import LOST

TOKENS = [
    "https://example.org/a/b?c=1", "anna.b@example.org", "`make test`", "{name}", "{{x}}", "%s",
    "$1", "<b>", "😀", "👩‍👩‍👧", "1987", "12,450", "Владимир", "田中", "ᚠᚢᚦᚨᚱᚲ",
]  # fmt: skip


@pytest.mark.parametrize("token", TOKENS)
def test_tokens_survive_in_any_position(int8: Translator, token: str) -> None:
    """In positions in which the model alone loses most of them."""
    if token.isalpha() and int8.checkpoint.tokenizer().has_words(token):
        pytest.skip("this vocabulary has letters of it, so that it may be translated")
    words = ["Tom", "wrote", "that", "he", "will", "come", "to", "the", "house", "today"]
    texts = [" ".join([*words[:i], token, *words[i:]]) for i in range(len(words) + 1)]
    found = translated(int8, texts)
    if token == "12,450":  # German writes it in its own way
        assert all(re.search("12[.,]?450", result.text or "") for result in found)
    else:
        assert all(token in (result.text or "") for result in found)
    assert all(LOST not in result.warnings for result in found)


GLOSSARY = (("GPU pool", "GPU-Pool"), ("station", "Haltestelle"), ("Tom", "Thomas"))


def test_terms_are_translated_as_in_the_glossary(translator: Translator) -> None:
    texts = [
        "Where is the station?", "The GPU pool is full.", "the gpu pool and the Station", "Tom",
        "THE STATION IS VERY BIG.", "Tom and Tom went to the station. The GPU pool is not there.",
    ]  # fmt: skip
    for text, result in zip(texts, translated(translator, texts, glossary=GLOSSARY), strict=True):
        for term, expected in GLOSSARY:
            count = len(re.findall(rf"\b{term}\b", text, re.IGNORECASE))
            assert (result.text or "").count(expected) == count, result
        assert LOST not in result.warnings
    assert translated(translator, ["Where are the stations?"], glossary=GLOSSARY)[0].text == (
        translator.translate("Where are the stations?", "en", "de")
    )


@pytest.mark.parametrize("wanted", [1, 3, 10])
def test_alternatives_are_distinct_and_keep_tokens(translator: Translator, wanted: int) -> None:
    text = "Where is Tom? Write to {name} today!"
    (result,) = translated(translator, [text], alternatives=wanted)
    assert 1 <= len(result.alternatives) <= wanted
    all_texts = [result.text or "", *result.alternatives]
    assert len(set(all_texts)) == len(all_texts)
    assert all("{name}" in text for text in all_texts)
    assert "?" in all_texts[0]


def test_the_best_is_the_same_with_alternatives_and_without(reference: Translator) -> None:
    texts = ["Where is the station?", "Tom is happy.", "I do not know."]
    found = translated(reference, texts, alternatives=2)
    assert [result.text for result in found] == reference.batch(texts, ["en"] * 3, ["de"] * 3)
    assert all(1 <= len(result.alternatives) <= 2 for result in found)


@pytest.mark.parametrize("wanted", [-1, 11])
def test_too_many_alternatives_are_refused(int8: Translator, wanted: int) -> None:
    with pytest.raises(ValueError, match="alternatives must be 0 to 10"):
        int8.submit(1, "Hello!", "en", "de", alternatives=wanted)
    assert int8.translate("Hello!", "en", "de")
