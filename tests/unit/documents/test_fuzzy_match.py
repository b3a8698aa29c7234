"""Where a span went whose words have other endings, or another order, in the sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents import translate_html
from documents.fuzzy_match import closest
from tests.unit.documents.translators import by_dictionary


@pytest.mark.parametrize(
    ("text", "within", "found"),
    [
        ("großer Hund", "Der große Hund schläft.", "große Hund"),
        ("kaufen Sie ein Buch", "Er will morgen ein Buch kaufen.", "ein Buch kaufen"),
        ("Sie wollen", "Ich weiß nicht, was Sie tun wollen.", "Sie tun wollen"),
        ("Rot", "Das rote Auto", "rote"),
        ("rot", "rote und roten", None),  # two are as like
        ("Hund", "Die Katze schläft.", None),
        ("an", "am Abend", None),  # too short to be a form of one word
        ("ein großer Hund", "ein Haus und noch ein Baum", None),  # too little in common
        ("日本語", "日本語です", None),  # words without blanks between them
        ("", "Hund", None),
        ("Hund", "", None),
        ("Hund", "Hund " + "und " * 400, None),  # too long to search
    ],
)
def test_closest(text: str, within: str, found: str | None) -> None:
    place = closest(text, within)
    assert (within[slice(*place)] if place else None) == found


@given(st.text("abcä .,'", max_size=30), st.text("abcä .,'", max_size=60))
def test_a_place_is_within_the_text_and_of_whole_words(text: str, within: str) -> None:
    place = closest(text, within)
    if place:
        start, end = place
        assert 0 <= start < end <= len(within)
        around = within[max(0, start - 1) : start] + within[end : end + 1]
        assert not any(character.isalnum() for character in around)


def test_a_form_of_the_word_is_good_enough() -> None:
    translator = by_dictionary(
        {"The big dog sleeps.": "Der große Hund schläft.", "big dog": "großer Hund"}
    )
    translated = translator.translate(translate_html("The <b>big dog</b> sleeps."))
    assert translated == "Der <b>große Hund</b> schläft."


@pytest.mark.parametrize("kept", ["<code>cat</code>", "<i translate=no>cat</i>"])
def test_what_is_kept_takes_the_place_of_its_translation(kept: str) -> None:
    translator = by_dictionary({"The cat is here": "Hier ist die Katze", "cat": "Katze"})
    assert translator.translate(translate_html(f"The {kept} is here")) == f"Hier ist die {kept}"
    assert translator.rounds == [["The cat is here", "cat"]]
