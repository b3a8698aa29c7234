"""Spans are aligned although their words are inflected or reordered in the sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents import translate_html
from documents.core.fuzzy_match import best_match
from tests.unit.documents.translators import by_dictionary


@pytest.mark.parametrize(
    ("query", "text", "match"),
    [
        ("großer Hund", "Der große Hund schläft.", "große Hund"),
        ("kaufen Sie ein Buch", "Er will morgen ein Buch kaufen.", "ein Buch kaufen"),
        ("Sie wollen", "Ich weiß nicht, was Sie tun wollen.", "Sie tun wollen"),
        ("Rot", "Das rote Auto", "rote"),
        ("rot", "rote und roten", None),  # two are equally similar
        ("Hund", "Die Katze schläft.", None),
        ("an", "am Abend", None),  # too short to share a stem
        ("ein großer Hund", "ein Haus und noch ein Baum", None),  # too little in common
        ("日本語", "日本語です", None),  # no blanks between words
        ("", "Hund", None),
        ("Hund", "", None),
        ("Hund", "Hund " + "und " * 400, None),  # too long to search
    ],
)
def test_best_match(query: str, text: str, match: str | None) -> None:
    found = best_match(query, text)
    assert (text[slice(*found)] if found else None) == match


@given(st.text("abcä .,'", max_size=30), st.text("abcä .,'", max_size=60))
def test_a_match_consists_of_whole_words(query: str, text: str) -> None:
    match = best_match(query, text)
    if match:
        start, end = match
        assert 0 <= start < end <= len(text)
        around = text[max(0, start - 1) : start] + text[end : end + 1]
        assert not any(character.isalnum() for character in around)


def test_an_inflected_span_is_aligned() -> None:
    translator = by_dictionary(
        {"The big dog sleeps.": "Der große Hund schläft.", "big dog": "großer Hund"}
    )
    translated = translator.translate(translate_html("The <b>big dog</b> sleeps."))
    assert translated == "Der <b>große Hund</b> schläft."


@pytest.mark.parametrize("atom", ["<code>cat</code>", "<i translate=no>cat</i>"])
def test_an_atom_replaces_its_translation(atom: str) -> None:
    translator = by_dictionary({"The cat is here": "Hier ist die Katze", "cat": "Katze"})
    assert translator.translate(translate_html(f"The {atom} is here")) == f"Hier ist die {atom}"
    assert translator.rounds == [["The cat is here", "cat"]]
