"""Recovery from translations that lost tokens, repeat themselves or are empty."""

import re
from dataclasses import replace

import pytest

from translator.engines import Decoding
from translator.text.casing import Casing
from translator.text.placeholders import Masker
from translator.text.protected_tokens import ProtectedTokens
from translator.verify.pair import Pair
from translator.verify.quality import (
    EMPTY,
    LANGUAGE,
    LOST,
    PARTS,
    REPETITION,
    SURPLUS,
    UNBALANCED,
    UNCHANGED,
    UNTRANSLATED,
)
from translator.verify.recovery import Recovery
from translator.verify.rules import Rules
from translator.verify.steps import Decode, Halve, Outcome, Split, TextOptions

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
LOOP = " ".join(["Siehe"] * 9)


def recovery(text: str, options: TextOptions = PLAIN, *, final: bool = False) -> Recovery:
    return Recovery(RULES, text, options, final=final)


def test_a_good_translation_is_accepted_at_once() -> None:
    segment = recovery("See 12 houses.")
    assert segment.first_step() == Decode("See 12 houses.", DEFAULT)
    assert segment.next_step(["Siehe 12 Häuser."]) == Outcome("Siehe 12 Häuser.")


def test_tokens_have_placeholders_from_the_start_and_another_form_the_second_time() -> None:
    segment = recovery(f"See {URL} and {{name}}.")
    assert segment.first_step() == Decode("See <1> and <2>.", DEFAULT)
    assert segment.next_step(["Siehe <1>."]) == Decode("See {1} and {2}.", DEFAULT)
    assert segment.next_step(["Siehe {2} und {1}."]) == Outcome(f"Siehe {{name}} und {URL}.")


def test_numbers_and_symbols_have_placeholders_once_one_is_lost_or_added() -> None:
    for wrong in ("Siehe 20 000 & Co.", "Siehe 2 000 und Co.", "Siehe 2 000 & Co. 5", "2 000 & (&"):
        segment = recovery("See 2 000 & co.")
        segment.first_step()
        assert segment.next_step([wrong]) == Decode("See <1> <2> co.", DEFAULT)
        assert segment.next_step(["Siehe <1> <2> Co."]) == Outcome("Siehe 2 000 & Co.")


@pytest.mark.parametrize("second", ["Siehe.", "Siehe {1}.", "Siehe {1} {2} {2}.", "{1} 1 {2}"])
def test_a_token_that_is_lost_twice_splits_the_segment(second: str) -> None:
    segment = recovery(f"See {URL}, born 1987.")
    segment.first_step()
    segment.next_step(["Siehe."])
    step = segment.next_step([second])
    assert isinstance(step, Split)
    assert [replacement.text for replacement in step.replacements] == [URL, "1987"]
    translation = f"Siehe {URL}, geboren 1987."
    assert segment.join(Outcome(translation), 1) == Outcome(translation)
    assert segment.join(Outcome(translation), 2) == Outcome(translation, (PARTS,))
    kept = Outcome(translation, (UNCHANGED,))
    assert segment.join(kept, 2) == Outcome(translation, (UNCHANGED, PARTS))


def test_the_source_is_better_than_pieces_without_a_token() -> None:
    segment = recovery(f"See {URL}, born 1987.")
    source = Outcome(f"See {URL}, born 1987.", (UNCHANGED,))
    assert segment.join(Outcome("Siehe, geboren 1987."), 2) == source
    assert segment.join(Outcome(f"Siehe {URL}{URL}, geboren 1987."), 2) == source


def test_what_looks_like_a_token_is_not_accepted() -> None:
    for surplus in ("Hallo {x}", "Hallo <1>", "Hallo %s", "Hallo https://a.org/b"):
        segment = recovery("Hello to you.")
        segment.first_step()
        again = segment.next_step([surplus])
        assert isinstance(again, Decode)
        assert again.decoding.no_repeat_ngram == 3
        assert segment.next_step([surplus]) == Outcome("Hello to you.", (UNCHANGED,))


def test_a_name_may_be_spelt_otherwise() -> None:
    segment = recovery("Hello to Ios.")
    segment.first_step()
    assert segment.next_step(["Hallo an iOS."]) == Outcome("Hallo an iOS.")


def test_a_long_text_with_a_surplus_token_is_translated_in_halves() -> None:
    text = "I see the old house of my dear friends again."
    segment = recovery(text)
    segment.first_step()
    segment.next_step(["Ich {x}"])
    assert segment.next_step(["Ich {x}"]) == Halve(text)
    halves = Outcome("Ich sehe das alte Haus of my dear friends.", (UNCHANGED,))
    assert segment.join(halves, 2) == Outcome(halves.text, (UNCHANGED, PARTS))


def test_a_piece_that_ends_no_sentence_gets_no_full_stop() -> None:
    piece = recovery("See the house", final=True)
    piece.first_step()
    assert piece.next_step(["Siehe das Haus."]) == Outcome("Siehe das Haus")


def test_a_surplus_symbol_is_reported() -> None:
    segment = recovery("Hello to you.")
    segment.first_step()
    segment.next_step(["Hallo ["])
    assert segment.next_step(["Hallo ["]) == Outcome("Hallo [", (SURPLUS,))


def test_a_text_with_tokens_only_is_not_decoded() -> None:
    segment = recovery("a {name}")
    assert isinstance(segment.first_step(), Split)
    assert segment.decodings == 0


def test_an_accelerator_is_put_back() -> None:
    segment = recovery("_Open file")
    assert segment.first_step() == Decode("Open file", DEFAULT)
    assert segment.next_step(["Datei offen"]) == Outcome("Datei _offen")


def test_other_white_space_than_blanks_cannot_come_from_the_model() -> None:
    segment = recovery("See the house.")
    segment.first_step()
    assert segment.next_step([" Siehe\t das\n\nHaus. "]) == Outcome("Siehe das Haus.")


def test_a_long_text_that_loops_twice_is_translated_in_halves() -> None:
    text = "I see the old house of my dear friends again."
    segment = recovery(text)
    segment.first_step()
    segment.next_step([LOOP])
    assert segment.next_step([LOOP]) == Halve(text)
    good = Outcome("Ich sehe das alte Haus meiner Freunde wieder.")
    assert segment.join(good, 2) == Outcome(good.text, (PARTS,))
    for halves in (Outcome(LOOP), Outcome(good.text, (UNCHANGED,)), Outcome("")):
        joined = segment.join(halves, 2)
        assert (joined.text, joined.warnings[0]) == (LOOP, REPETITION)


def test_a_translation_in_another_language_is_decoded_again_and_reported() -> None:
    def is_other(pair: Pair, target: str) -> bool:
        return (pair.translation, target) == ("Hi you.", "de")

    rules = replace(RULES, in_other_language=is_other)
    segment = Recovery(rules, "Hello to you.", PLAIN, final=False)
    segment.first_step()
    again = segment.next_step(["Hi you."])
    assert isinstance(again, Decode)
    assert again.decoding.no_repeat_ngram == 3
    assert segment.next_step(["Hi you."]) == Outcome("Hi you.", (LANGUAGE,))


def test_lost_quotation_marks_get_placeholders_and_are_reported_if_that_fails() -> None:
    segment = recovery('He said "yes" today.')
    segment.first_step()
    assert segment.next_step(["Er sagte ja."]) == Decode("He said <1>yes<2> today.", DEFAULT)
    assert segment.next_step(["Er sagte <1>ja<2>."]) == Outcome('Er sagte "ja".')
    segment = recovery('He said "yes" today.')
    segment.first_step()
    segment.next_step(["Er sagte ja."])
    assert segment.next_step(["Er sagte <1>ja."]) == Outcome("Er sagte ja.", (UNBALANCED,))


def test_a_quotation_mark_within_a_token_is_no_token_of_its_own() -> None:
    segment = recovery('He said "yes" to {x["a"]} today.')
    assert segment.first_step() == Decode('He said "yes" to <1> today.', DEFAULT)
    again = segment.next_step(["Er sagte ja zu <1>."])
    assert again == Decode("He said {1}yes{2} to {3} today.", DEFAULT)


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
    assert again.text == "I see the house at {1} again."
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
    assert segment.join(Outcome("Der GPU-Pool ist voll."), 1).warnings == ()
    assert segment.join(Outcome("Der GPU Pool ist voll."), 1).warnings == (LOST,)


def test_a_term_within_a_token_is_no_term() -> None:
    options = TextOptions("en", "de", glossary=(("pool", "Becken"), ("v2.0", "V2")))
    segment = recovery("See https://pool.org/pool in the pool of v2.0.", options)
    assert segment.first_step() == Decode("See <1> in the <2> of <3>.", DEFAULT)
    expected = Outcome("Siehe https://pool.org/pool im Becken von V2.")
    assert segment.next_step(["Siehe <1> im <2> von <3>."]) == expected


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


@pytest.mark.parametrize("wrong", ["", LOOP, "Siehe 5.", "Siehe {x}.", "Siehe *."])
def test_a_piece_is_decoded_once_and_kept_if_that_fails(wrong: str) -> None:
    piece = recovery("See the house", final=True)
    piece.first_step()
    assert piece.next_step([wrong]) == Outcome("See the house", (UNCHANGED,))
    piece = recovery("See the house", final=True)
    piece.first_step()
    assert piece.next_step([wrong, "Siehe das Haus"]) == Outcome("Siehe das Haus")
