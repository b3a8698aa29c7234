"""What is done with translations of a model that loses tokens, loops or says nothing."""

import re

import pytest

from translator.engines import Decoding
from translator.text.casing import Casing
from translator.text.placeholders import Masker
from translator.text.protected_tokens import ProtectedTokens
from translator.verify.quality import EMPTY, LOST, REPETITION, UNTRANSLATED
from translator.verify.recovery import Decode, Outcome, Recovery, Rules, Split, TextOptions

PLAIN = TextOptions("en", "de")
USUAL = Decoding(beams=4, max_length=200)
RULES = Rules(
    ProtectedTokens(lambda text: text.isascii()),
    Masker(lambda _: True),
    Casing(len),
    lambda text: bool(re.search("[a-z]{2}", text)),
    USUAL,
)
URL = "https://a.org/b"
LOOP = "Siehe " * 9


def recovery(text: str, request: TextOptions = PLAIN, *, final: bool = False) -> Recovery:
    return Recovery(RULES, text, request, final=final)


def test_a_good_translation_is_kept_at_once() -> None:
    segment = recovery(f"See {URL}.")
    assert segment.begin() == Decode(f"See {URL}.", USUAL)
    assert segment.judge([f"Siehe {URL}."]) == Outcome(f"Siehe {URL}.")


def test_a_lost_token_gets_a_stand_in_and_the_usual_decoding() -> None:
    segment = recovery(f"See {URL} and {{name}}.")
    segment.begin()
    assert segment.judge([f"Siehe {URL}."]) == Decode("See <1> and <2>.", USUAL)
    assert segment.judge(["Siehe <2> und <1>."]) == Outcome(f"Siehe {{name}} und {URL}.")


@pytest.mark.parametrize("second", ["Siehe.", "Siehe <1>.", "Siehe <1> <2> <2>."])
def test_what_is_lost_twice_is_cut_out(second: str) -> None:
    segment = recovery(f"See {URL}, born 1987.")
    segment.begin()
    segment.judge(["Siehe."])
    move = segment.judge([second])
    assert isinstance(move, Split)
    assert [replacement.text for replacement in move.replacements] == [URL, "1987"]
    joined = segment.join(Outcome(f"Siehe {URL}, geboren 1987."))
    assert joined == Outcome(f"Siehe {URL}, geboren 1987.")
    assert segment.join(Outcome("Siehe, geboren 1987.")).warnings == (LOST,)


def test_where_nothing_but_tokens_is_left_the_model_is_not_asked_again() -> None:
    segment = recovery("a {name}")
    segment.begin()
    assert isinstance(segment.judge(["ein"]), Split)
    assert segment.decodings == 1


def test_a_loop_is_decoded_again_without_repeats_and_the_better_one_kept() -> None:
    segment = recovery("I see the old house of my dear friends again.")
    segment.begin()
    again = segment.judge([LOOP])
    assert isinstance(again, Decode)
    assert (again.decoding.no_repeat_ngram, again.decoding.hypotheses) == (3, 4)
    good = "Ich sehe das alte Haus meiner Freunde wieder."
    assert segment.judge([LOOP, good]) == Outcome(good)


@pytest.mark.parametrize(
    ("first", "code", "expected"),
    [
        (LOOP, REPETITION, LOOP),
        ("", EMPTY, "I see the house again."),
        ("I see the house again.", UNTRANSLATED, "I see the house again."),
    ],
)
def test_what_stays_bad_is_said(first: str, code: str, expected: str) -> None:
    segment = recovery("I see the house again.")
    segment.begin()
    segment.judge([first])
    outcome = segment.judge([first])
    assert isinstance(outcome, Outcome)
    assert (outcome.text, outcome.warnings[0]) == (expected, code)
    assert segment.decodings == 2


def test_a_second_decoding_that_memory_forbids_leaves_the_first() -> None:
    segment = recovery("I see the house again.")
    segment.begin()
    segment.judge([LOOP])
    assert not segment.hopeless
    outcome = segment.judge([])
    assert isinstance(outcome, Outcome)
    assert outcome.text == LOOP


def test_a_lost_token_and_a_loop_are_mended_by_one_decoding() -> None:
    segment = recovery(f"I see the house at {URL} again.")
    segment.begin()
    again = segment.judge([LOOP])
    assert isinstance(again, Decode)
    assert again.text == "I see the house at <1> again."
    assert again.decoding.no_repeat_ngram == 3


def test_terms_have_stand_ins_from_the_start_and_others_the_second_time() -> None:
    request = TextOptions("en", "de", glossary=(("GPU pool", "GPU-Pool"),))
    segment = recovery("The GPU pool is full.", request)
    begun = segment.begin()
    assert begun == Decode("The <1> is full.", USUAL)
    assert segment.judge(["Der Pool ist voll."]) == Decode("The {1} is full.", USUAL)
    move = segment.judge(["Der Pool ist voll."])
    assert isinstance(move, Split)
    assert [replacement.text for replacement in move.replacements] == ["GPU-Pool"]
    assert segment.join(Outcome("Der GPU-Pool ist voll.")).warnings == ()
    assert segment.join(Outcome("Der GPU Pool ist voll.")).warnings == (LOST,)


def test_a_term_keeps_the_capitals_that_it_was_given() -> None:
    request = TextOptions("en", "de", glossary=(("gpu pool", "GPU-Pool"),))
    segment = recovery("THE GPU POOL IS VERY BIG.", request)
    assert segment.begin() == Decode("The <1> is very big.", USUAL)
    assert segment.judge(["Der <1> ist groß."]) == Outcome("DER GPU-Pool IST GROSS.")


def test_a_text_that_is_a_term_needs_no_model() -> None:
    segment = recovery("GPU pool", TextOptions("en", "de", glossary=(("GPU pool", "GPU-Pool"),)))
    move = segment.begin()
    assert isinstance(move, Split)
    assert move.replacements[0].text == "GPU-Pool"


def test_alternatives_are_whole_different_and_no_more_than_asked_for() -> None:
    segment = recovery(f"See {URL}.", TextOptions("en", "de", alternatives=2))
    begun = segment.begin()
    assert isinstance(begun, Decode)
    assert (begun.decoding.beams, begun.decoding.hypotheses) == (4, 4)
    found = [f"Siehe {URL}.", f"Siehe {URL}.", "Siehe!", "", f"Sieh {URL}.", f"Seht {URL}.", URL]
    assert segment.judge(found) == Outcome(
        f"Siehe {URL}.", (), (f"Sieh {URL}.", f"Seht {URL}.")
    )  # fmt: skip


@pytest.mark.parametrize(("alternatives", "beams"), [(0, 4), (3, 4), (4, 8), (10, 12)])
def test_many_alternatives_need_more_beams(alternatives: int, beams: int) -> None:
    begun = recovery("I see.", TextOptions("en", "de", alternatives=alternatives)).begin()
    assert isinstance(begun, Decode)
    assert begun.decoding.beams == beams
    assert begun.decoding.hypotheses == (beams if alternatives else 1)


def test_an_alternative_that_lost_nothing_stands_in_for_a_best_that_did() -> None:
    segment = recovery(f"See {URL}.", TextOptions("en", "de", alternatives=1))
    segment.begin()
    assert segment.judge(["Siehe.", f"Sieh {URL}."]) == Outcome(f"Sieh {URL}.")


def test_parts_are_taken_as_they_come() -> None:
    segment = recovery(f"See {URL}.", final=True)
    segment.begin()
    assert segment.judge([""]) == Outcome(f"See {URL}.")
    assert segment.join(Outcome("x", (REPETITION,))) == Outcome("x")
