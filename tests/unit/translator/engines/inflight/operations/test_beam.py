"""The kernel of beam search against plain torch, in states of all kinds."""

from dataclasses import dataclass
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from tests.unit.translator.engines.inflight.operations.search_states import (
    copy_of,
    empty_state,
    tensors,
)
from tests.unit.translator.engines.inflight.operations.states import DEVICE
from translator.engines.inflight.operations import beam as plain
from translator.engines.inflight.operations.types import Continuations
from translator.engines.inflight.state import NEVER, Shape, SlotState

pytest.importorskip("triton", reason="kernels need Triton")
from translator.engines.inflight.operations.kernels import beam as kernels

EOS, VOCABULARY = 2, 60
BLOCK = kernels.constants(1)["BLOCK"]
LENGTH = 2 * BLOCK + 7
_FIELDS = ("active", "finite", "position")  # all that counts in a spoilt slot


@dataclass(frozen=True)
class Slot:
    """What is drawn; `room` is how many tokens the sequence may still gain, `ending` those of
    the candidates that are the end, `done` how many sequences are finished.
    """

    position: int
    room: int
    active: bool
    spoilt: float
    ending: int
    done: int
    length_penalty: float
    early_stopping: bool | str


SLOTS = st.builds(
    Slot,
    position=st.one_of(
        st.integers(0, LENGTH - 2),
        st.sampled_from([0, 1, BLOCK - 2, BLOCK - 1, BLOCK, 2 * BLOCK - 1, LENGTH - 2]),
    ),
    room=st.one_of(st.integers(1, LENGTH), st.just(1)),
    active=st.sampled_from([True, True, True, False]),
    spoilt=st.sampled_from([0.0] * 7 + [torch.nan, torch.inf, -torch.inf]),
    ending=st.integers(0, 2**16 - 1),
    done=st.integers(0, 8),
    length_penalty=st.sampled_from([0.0, 0.6, 1.0, 2.0, -1.0]),
    early_stopping=st.sampled_from([True, False, "never"]),
)


def make(slots: list[Slot], beams: int, seed: int) -> tuple[SlotState, Continuations]:
    """Return a state as the engine could reach it, and continuations."""
    generator = torch.Generator().manual_seed(seed)
    n, state = len(slots), empty_state(len(slots), beams, LENGTH)
    fill: dict[str, Any] = {
        name: torch.randint(3, VOCABULARY, state.running.shape, generator=generator)
        for name in ("running", "finished")
    }
    for name, values in fill.items():
        getattr(state, name).copy_(values)
    score = -60 * torch.rand(n, 2 * beams, generator=generator)
    if beams == 1:
        score = -score  # of raw scores
    score = score.sort(descending=True).values
    parent = torch.randint(beams, (n, 2 * beams), generator=generator)
    token = torch.randint(3, VOCABULARY, (n, 2 * beams), generator=generator)
    own = torch.arange(beams)[:, None].expand(beams, LENGTH)
    for i, slot in enumerate(slots):
        state.position[i] = slot.position
        state.max_length[i] = min(slot.position + 1 + slot.room, LENGTH)
        state.active[i] = slot.active
        state.length_penalty[i] = slot.length_penalty
        state.stop_when_full[i] = slot.early_stopping is True
        state.length_bound_is_max[i] = slot.early_stopping == "never"
        past = torch.arange(LENGTH) < slot.position
        earlier = torch.randint(beams, (beams, LENGTH), generator=generator)
        state.ancestor[i] = torch.where(past, earlier, own)
        done = min(slot.done, beams)
        scores = 20 * torch.rand(done, generator=generator) - 20
        state.finished_score[i, :done] = scores.sort(descending=True).values
        state.is_finished[i, :done] = True
        if slot.spoilt:
            score[i, 0] = slot.spoilt
        # Each beam can end once, so that half of the candidates go on.
        for candidate in [c for c in range(2 * beams) if slot.ending >> c & 1][:beams]:
            token[i, candidate] = EOS
    found = Continuations(score.to(DEVICE), parent.to(DEVICE), token.to(DEVICE))
    return state, found


def check(slots: list[Slot], state: SlotState, found: Continuations) -> None:
    """Compare everything that is read later."""
    n, beams = len(slots), state.beams
    before, expected = tensors(state), copy_of(state)
    kernels.advance(state, found, Shape(n, 1, LENGTH), EOS)
    plain.advance(expected, found, Shape(n, 1, LENGTH), EOS)
    ours, theirs = tensors(state), tensors(expected)
    for i, slot in enumerate(slots):
        if not slot.active:
            assert all(torch.equal(ours[name][i], before[name][i]) for name in ours)
        names: tuple[str, ...] = _FIELDS
        end = slot.position + 2  # the new token is the last one that counts
        if slot.active and not slot.spoilt:
            names += ("running_score", "is_finished")
            torch.testing.assert_close(
                ours["finished_score"][i], theirs["finished_score"][i], rtol=1e-6, atol=0
            )
        if theirs["active"][i]:  # at the limit, all candidates have the score NEVER
            names += ("token", "ancestor")
            assert torch.equal(ours["running"][i, :, :end], theirs["running"][i, :, :end])
        for name in names:
            assert torch.equal(ours[name][i], theirs[name][i]), name
        for k in range(0 if slot.spoilt else beams):
            if theirs["is_finished"][i, k]:
                assert torch.equal(ours["finished"][i, k, :end], theirs["finished"][i, k, :end])
    for name in ours:  # the spare slot
        assert torch.equal(ours[name][n:], before[name][n:])


@pytest.mark.parametrize("beams", range(1, 9))
@given(slots=st.lists(SLOTS, min_size=1, max_size=6), seed=st.integers(0, 2**20))
@settings(max_examples=8, deadline=None)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of numpy, about NaN
def test_random_states(beams: int, slots: list[Slot], seed: int) -> None:
    check(slots, *make(slots, beams, seed))


@pytest.mark.parametrize("early_stopping", [True, False, "never"])
@pytest.mark.parametrize("length_penalty", [0.0, 0.6, 1.0, 2.0, -1.0])
def test_rules_for_stopping(early_stopping: bool | str, length_penalty: float) -> None:
    slots = [
        Slot(8, room, True, 0.0, ending, done, length_penalty, early_stopping)
        for room, ending, done in ((1, 0, 0), (1, 5, 3), (9, 7, 0), (9, 1, 3), (9, 0, 3), (9, 8, 2))
    ]
    check(slots, *make(slots, 3, 1))


def first_of_equals(scores: Tensor, count: int, dim: int) -> tuple[Tensor, Tensor]:
    values, index = scores.sort(dim=dim, descending=True, stable=True)
    return values[:, :count], index[:, :count]


@pytest.mark.parametrize("seed", range(6))
def test_the_first_of_equal_scores_is_chosen(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    slots = [Slot(6, room, True, 0.0, seed, seed % 4, 1.0, False) for room in (1, 9)]
    state, found = make(slots, 4, seed)
    found.score.copy_((found.score / 15).round() * 15)
    state.finished_score.copy_((state.finished_score / 4).round() * 4)
    monkeypatch.setattr(torch.Tensor, "topk", first_of_equals)
    check(slots, state, found)


def test_what_never_counts_stays_out_of_a_slot_that_is_not_finished() -> None:
    slots = [Slot(3, 9, True, 0.0, 0, 0, 1.0, False)]
    state, found = make(slots, 2, 0)
    check(slots, state, found)
    assert not state.is_finished.any()
    assert bool((state.finished_score[0] < NEVER / 2).all())
