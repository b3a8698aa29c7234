"""Alternatives are translations that lost nothing, as many as were asked for."""

import pytest

from tests.unit.translator.verify.test_recovery import URL, recovery
from translator.verify.steps import Decode, Outcome, TextOptions


def test_alternatives_are_lossless_distinct_and_limited() -> None:
    segment = recovery(f"See {URL}.", TextOptions("en", "de", alternatives=2))
    first = segment.first_step()
    assert isinstance(first, Decode)
    assert (first.decoding.beams, first.decoding.hypotheses) == (4, 4)
    found = ["Siehe <1>.", "Siehe <1>.", "Siehe!", "", "Sieh <1>.", "Seht <1>.", "<1>"]
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
    assert segment.next_step(["Siehe.", "Sieh <1>."]) == Outcome(f"Sieh {URL}.")
