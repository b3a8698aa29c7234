"""Recovery from translations that lost tokens, repeat themselves or are empty."""

import re

import pytest

from translator.engines import Decoding
from translator.text.casing import Casing
from translator.text.placeholders import Masker
from translator.text.protected_tokens import ProtectedTokens
from translator.verify.quality import EMPTY, LOST, REPETITION, UNTRANSLATED
from translator.verify.recovery import Decode, Outcome, Recovery, Rules, Split, TextOptions

PLAIN = TextOptions("en", "de")
DEFAULT = Decoding(beams=4, max_length=200)
RULES = Rules(
    ProtectedTokens(lambda text: text.isascii()),
    Masker(lambda _: True),
    Casing(len),
    lambda text: bool(re.search("[a-z]{2}", text)),
    DEFAULT,
)
URL = "https://a.org/b"
LOOP = "Siehe " * 9


def recovery(text: str, options: TextOptions = PLAIN, *, final: bool = False) -> Recovery:
    return Recovery(RULES, text, options, final=final)


def test_a_good_translation_is_accepted_at_once() -> None:
    segment = recovery(f"See {URL}.")
    assert segment.first_step() == Decode(f"See {URL}.", DEFAULT)
    assert segment.next_step([f"Siehe {URL}."]) == Outcome(f"Siehe {URL}.")


def test_a_lost_token_gets_a_placeholder_and_the_default_decoding() -> None:
    segment = recovery(f"See {URL} and {{name}}.")
    segment.first_step()
    assert segment.next_step([f"Siehe {URL}."]) == Decode("See <1> and <2>.", DEFAULT)
    assert segment.next_step(["Siehe <2> und <1>."]) == Outcome(f"Siehe {{name}} und {URL}.")


@pytest.mark.parametrize("second", ["Siehe.", "Siehe <1>.", "Siehe <1> <2> <2>."])
def test_a_token_that_is_lost_twice_splits_the_segment(second: str) -> None:
    segment = recovery(f"See {URL}, born 1987.")
    segment.first_step()
    segment.next_step(["Siehe."])
    step = segment.next_step([second])
    assert isinstance(step, Split)
    assert [replacement.text for replacement in step.replacements] == [URL, "1987"]
    joined = segment.join(Outcome(f"Siehe {URL}, geboren 1987."))
    assert joined == Outcome(f"Siehe {URL}, geboren 1987.")
    assert segment.join(Outcome("Siehe, geboren 1987.")).warnings == (LOST,)


def test_if_only_tokens_are_left_nothing_is_decoded_again() -> None:
    segment = recovery("a {name}")
    segment.first_step()
    assert isinstance(segment.next_step(["ein"]), Split)
    assert segment.decodings == 1


def test_a_loop_is_decoded_again_without_repetitions_and_the_better_result_is_chosen() -> None:
    segment = recovery("I see the old house of my dear friends again.")
    segment.first_step()
    again = segment.next_step([LOOP])
    assert isinstance(again, Decode)
    assert (again.decoding.no_repeat_ngram, again.decoding.hypotheses) == (3, 4)
    good = "Ich sehe das alte Haus meiner Freunde wieder."
    assert segment.next_step([LOOP, good]) == Outcome(good)


@pytest.mark.parametrize(
    ("first", "code", "expected"),
    [
        (LOOP, REPETITION, LOOP),
        ("", EMPTY, "I see the house again."),
        ("I see the house again.", UNTRANSLATED, "I see the house again."),
    ],
)
def test_remaining_problems_are_warnings(first: str, code: str, expected: str) -> None:
    segment = recovery("I see the house again.")
    segment.first_step()
    segment.next_step([first])
    outcome = segment.next_step([first])
    assert isinstance(outcome, Outcome)
    assert (outcome.text, outcome.warnings[0]) == (expected, code)
    assert segment.decodings == 2


def test_if_the_second_decoding_runs_out_of_memory_the_first_counts() -> None:
    segment = recovery("I see the house again.")
    segment.first_step()
    segment.next_step([LOOP])
    assert segment.has_candidate
    outcome = segment.next_step([])
    assert isinstance(outcome, Outcome)
    assert outcome.text == LOOP


def test_a_lost_token_and_a_loop_need_one_more_decoding() -> None:
    segment = recovery(f"I see the house at {URL} again.")
    segment.first_step()
    again = segment.next_step([LOOP])
    assert isinstance(again, Decode)
    assert again.text == "I see the house at <1> again."
    assert again.decoding.no_repeat_ngram == 3


def test_terms_have_placeholders_from_the_start_and_another_form_the_second_time() -> None:
    options = TextOptions("en", "de", glossary=(("GPU pool", "GPU-Pool"),))
    segment = recovery("The GPU pool is full.", options)
    first = segment.first_step()
    assert first == Decode("The <1> is full.", DEFAULT)
    assert segment.next_step(["Der Pool ist voll."]) == Decode("The {1} is full.", DEFAULT)
    step = segment.next_step(["Der Pool ist voll."])
    assert isinstance(step, Split)
    assert [replacement.text for replacement in step.replacements] == ["GPU-Pool"]
    assert segment.join(Outcome("Der GPU-Pool ist voll.")).warnings == ()
    assert segment.join(Outcome("Der GPU Pool ist voll.")).warnings == (LOST,)


def test_a_term_keeps_the_case_of_the_glossary() -> None:
    options = TextOptions("en", "de", glossary=(("gpu pool", "GPU-Pool"),))
    segment = recovery("THE GPU POOL IS VERY BIG.", options)
    assert segment.first_step() == Decode("The <1> is very big.", DEFAULT)
    assert segment.next_step(["Der <1> ist groß."]) == Outcome("DER GPU-Pool IST GROSS.")


def test_a_text_that_is_a_term_is_not_decoded() -> None:
    segment = recovery("GPU pool", TextOptions("en", "de", glossary=(("GPU pool", "GPU-Pool"),)))
    step = segment.first_step()
    assert isinstance(step, Split)
    assert step.replacements[0].text == "GPU-Pool"


def test_alternatives_are_lossless_distinct_and_limited() -> None:
    segment = recovery(f"See {URL}.", TextOptions("en", "de", alternatives=2))
    first = segment.first_step()
    assert isinstance(first, Decode)
    assert (first.decoding.beams, first.decoding.hypotheses) == (4, 4)
    found = [f"Siehe {URL}.", f"Siehe {URL}.", "Siehe!", "", f"Sieh {URL}.", f"Seht {URL}.", URL]
    assert segment.next_step(found) == Outcome(
        f"Siehe {URL}.", (), (f"Sieh {URL}.", f"Seht {URL}.")
    )  # fmt: skip


@pytest.mark.parametrize(("alternatives", "beams"), [(0, 4), (3, 4), (4, 8), (10, 12)])
def test_many_alternatives_need_more_beams(alternatives: int, beams: int) -> None:
    first = recovery("I see.", TextOptions("en", "de", alternatives=alternatives)).first_step()
    assert isinstance(first, Decode)
    assert first.decoding.beams == beams
    assert first.decoding.hypotheses == (beams if alternatives else 1)


def test_a_lossless_alternative_replaces_a_best_that_lost_a_token() -> None:
    segment = recovery(f"See {URL}.", TextOptions("en", "de", alternatives=1))
    segment.first_step()
    assert segment.next_step(["Siehe.", f"Sieh {URL}."]) == Outcome(f"Sieh {URL}.")


def test_parts_are_accepted_without_checks() -> None:
    segment = recovery(f"See {URL}.", final=True)
    segment.first_step()
    assert segment.next_step([""]) == Outcome(f"See {URL}.")
    assert segment.join(Outcome("x", (REPETITION,))) == Outcome("x")
