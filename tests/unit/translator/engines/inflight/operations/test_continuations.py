"""The kernels of the head against plain torch, and against all sums of log-probabilities."""

from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from tests.unit.translator.engines.inflight.operations.search_states import empty_state
from tests.unit.translator.engines.inflight.operations.states import DEVICE
from translator.engines.inflight.operations import continuations as plain
from translator.engines.inflight.operations.types import Continuations
from translator.engines.inflight.projection import COMMON, CommonHead, Part
from translator.engines.inflight.state import NEVER, Shape, SlotState

pytest.importorskip("triton", reason="kernels need Triton")
from translator.engines.inflight.operations.kernels import continuations as kernels

LENGTH = 40
TILE = kernels.tile_size(1, 60)
FEW_TOKENS = 7  # so that n-grams repeat


class GivenScores:
    """A head whose scores are given, `[n, K, V]`."""

    def __init__(self, scores: Tensor, factor: Tensor | None = None) -> None:
        self._scores, self._factor = scores, factor

    def scores(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        factor = self._factor
        return self._scores.clone(), None if factor is None else factor[: len(x)]


def random_state(slots: int, beams: int, seed: int) -> SlotState:
    """Return slots whose beams have sequences with repetitions, at all positions."""
    generator = torch.Generator().manual_seed(seed)
    state = empty_state(slots, beams, LENGTH)
    tokens = torch.randint(FEW_TOKENS, state.running.shape, generator=generator)
    state.running.copy_(tokens)
    state.position.copy_(torch.randint(LENGTH - 1, state.position.shape, generator=generator))
    state.running_score.copy_(-20 * torch.rand(state.running_score.shape, generator=generator))
    state.active[:slots] = True
    return state


def random_scores(slots: int, beams: int, vocabulary: int, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return (4 * torch.randn(slots, beams, vocabulary, generator=generator)).to(DEVICE)


def both(
    state: SlotState, scores: Tensor, no_repeat_ngram: int = 0, factor: Tensor | None = None
) -> tuple[Continuations, Continuations]:
    """Return what the kernels and plain torch find."""
    slots = len(scores)
    hidden, shape = torch.zeros(slots, state.beams, 1), Shape(slots, 1, LENGTH)
    found, expected = (
        rank(GivenScores(scores, factor), hidden, state, shape, no_repeat_ngram)
        for rank in (kernels.continuations, plain.continuations)
    )
    return found, expected


def sums(state: SlotState, scores: Tensor, no_repeat_ngram: int) -> Tensor:
    """Return the score of every continuation, `[n, K, V]`, in fp64."""
    values = scores.double()
    if state.beams > 1:
        values = values.log_softmax(dim=-1)
    slots = len(scores)
    for slot in range(slots if no_repeat_ngram else 0):
        for beam in range(state.beams):
            sequence = state.running[slot, beam, : int(state.position[slot]) + 1].tolist()
            last = sequence[len(sequence) + 1 - no_repeat_ngram :]
            for i in range(len(sequence) - no_repeat_ngram + 1):
                *before, token = sequence[i : i + no_repeat_ngram]
                if before == last:
                    values[slot, beam, token] = -torch.inf
    return values + state.running_score[:slots, :, None].double()


def check(
    state: SlotState,
    scores: Tensor,
    no_repeat_ngram: int = 0,
    factor: Tensor | None = None,
) -> None:
    """The scores are plain torch's; each continuation has its score, and none is found twice."""
    found, expected = both(state, scores, no_repeat_ngram, factor)
    torch.testing.assert_close(found.score, expected.score, rtol=1e-5, atol=1e-5)
    values = sums(state, scores if factor is None else scores * factor, no_repeat_ngram)
    vocabulary = scores.shape[-1]
    index = found.parent * vocabulary + found.token
    own = values.flatten(1).gather(1, index)
    torch.testing.assert_close(found.score.double(), own, rtol=1e-5, atol=1e-5)
    assert all(len(set(row)) == 2 * state.beams for row in index.tolist())


@pytest.mark.parametrize("beams", range(1, 9))
@pytest.mark.parametrize("no_repeat_ngram", [0, 2])
def test_all_beam_widths(beams: int, no_repeat_ngram: int) -> None:
    check(random_state(1, beams, beams), random_scores(1, beams, 60, beams), no_repeat_ngram)


@pytest.mark.parametrize("vocabulary", [511, 512, 513, TILE - 1, TILE, TILE + 1, 2 * TILE + 5])
def test_edges_of_tiles(vocabulary: int) -> None:
    scores = random_scores(1, 2, vocabulary, vocabulary)
    scores[..., -1] += 9  # the last token is among the best
    check(random_state(1, 2, 0), scores, 2)


@pytest.mark.parametrize("vocabulary", [8_191, 8_193])
def test_large_tiles(monkeypatch: pytest.MonkeyPatch, vocabulary: int) -> None:
    assert kernels.tile_size(128, vocabulary) == 8_192
    monkeypatch.setattr(kernels, "tile_size", lambda *_: 8_192)
    check(random_state(1, 2, 0), random_scores(1, 2, vocabulary, 0), 0)


def test_tiles_are_few_enough_for_a_program() -> None:
    assert {
        (rows, vocabulary): -(-vocabulary // kernels.tile_size(rows, vocabulary))
        for rows in (1, 128)
        for vocabulary in (60, 128_112, 256_206, 1_000_000)
    } == {
        (1, 60): 1, (1, 128_112): 63, (1, 256_206): 63, (1, 1_000_000): 62,
        (128, 60): 1, (128, 128_112): 16, (128, 256_206): 32, (128, 1_000_000): 62,
    }  # fmt: skip


@given(
    beams=st.integers(1, 8),
    vocabulary=st.integers(16, 2_500),
    seed=st.integers(0, 999),
    no_repeat_ngram=st.integers(0, 4),
    scale=st.sampled_from([0.01, 1.0, 30.0]),
    first=st.booleans(),
)
@settings(max_examples=8, deadline=None)
def test_random_scores(
    beams: int, vocabulary: int, seed: int, no_repeat_ngram: int, scale: float, first: bool
) -> None:
    state = random_state(1, beams, seed)
    if first:  # the first step, in which only beam 0 counts
        state.running_score[:, 1:] = NEVER
    check(state, scale * random_scores(1, beams, vocabulary, seed), no_repeat_ngram)


@pytest.mark.parametrize("beams", [1, 4])
def test_factors_of_rows(beams: int) -> None:
    factor = (0.01 + torch.rand(2, beams, 1)).to(DEVICE)
    scores = random_scores(2, beams, 60, 0) / factor
    check(random_state(2, beams, 0), scores, 2, factor)


@pytest.mark.parametrize("beams", [1, 3])
def test_equal_scores_come_in_the_order_of_beams_and_tokens(beams: int) -> None:
    state = random_state(1, beams, 0)
    state.running_score[:] = -1.0
    scores = torch.zeros(1, beams, TILE + 100, device=DEVICE)
    scores[:, 0, TILE + 3 :: 9] = 1.0
    found, expected = both(state, scores)
    assert found.parent.tolist() == [[0] * 2 * beams]
    assert found.token.tolist() == [list(range(TILE + 3, TILE + 100, 9))[: 2 * beams]]
    torch.testing.assert_close(found.score, expected.score)


def spoil_beam(scores: Tensor) -> None:
    scores[1, -1] = torch.nan


def spoil_slot(scores: Tensor) -> None:
    scores[1] = torch.nan


def one_nan(scores: Tensor) -> None:
    scores[1, 0, 5] = -torch.nan


def one_infinite(scores: Tensor) -> None:
    scores[1, 0, 5] = torch.inf


def all_infinite(scores: Tensor) -> None:
    scores[1] = torch.inf


def none_possible(scores: Tensor) -> None:
    scores[1] = -torch.inf


@pytest.mark.parametrize(
    "spoil", [spoil_beam, spoil_slot, one_nan, one_infinite, all_infinite, none_possible]
)
@pytest.mark.parametrize(("beams", "no_repeat_ngram"), [(1, 0), (1, 1), (3, 1)])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of numpy, about NaN
def test_a_spoilt_slot_is_seen_and_alone(
    spoil: Callable[[Tensor], None], beams: int, no_repeat_ngram: int
) -> None:
    state, scores = random_state(2, beams, 1), random_scores(2, beams, 60, 1)
    state.running[1, 0, : int(state.position[1])] = 5
    spoil(scores)
    found, expected = both(state, scores, no_repeat_ngram)
    assert not expected.score[1, 0].isfinite()
    assert not found.score[1, 0].isfinite()
    assert 0 <= int(found.parent.min()) <= int(found.parent.max()) < beams
    assert 0 <= int(found.token.min()) <= int(found.token.max()) < 60
    for name in ("score", "parent", "token"):
        torch.testing.assert_close(getattr(found, name)[0], getattr(expected, name)[0])


@pytest.mark.parametrize("beams", [1, 3])
def test_some_tokens_may_be_impossible(beams: int) -> None:
    scores = random_scores(1, beams, 60, 1)
    scores[..., 7::2] = -torch.inf
    check(random_state(1, beams, 1), scores)


@pytest.mark.parametrize(("beams", "no_repeat_ngram"), [(1, 0), (1, 2), (2, 0), (2, 2)])
@pytest.mark.parametrize("scaled", [False, True])
def test_tokens_in_other_scripts_are_left_out(
    beams: int, no_repeat_ngram: int, *, scaled: bool
) -> None:
    """A tile may have no token that is allowed, and the last one is at its edge."""
    state, vocabulary = random_state(2, beams, 4), 2 * TILE + 5
    state.scripts[:2] = torch.tensor([0, 2])
    drawn = torch.randint(4, (vocabulary,), generator=torch.Generator().manual_seed(4))
    bits = torch.tensor([COMMON, 1, 2, 4], dtype=torch.int32)[drawn]
    bits[TILE : 2 * TILE] = 1
    bits = bits.to(DEVICE)
    others = (bits & torch.tensor([[COMMON], [COMMON | 2]], device=DEVICE)) == 0
    scores = random_scores(2, beams, vocabulary, 4)
    scores += 40 * others[:, None]  # better than any that is allowed
    factor = torch.full((2, beams, 1), 0.5, device=DEVICE) if scaled else None
    whole = GivenScores(scores, factor)
    head = CommonHead(whole, Part(whole, torch.arange(vocabulary), 0), bits)
    left = scores.masked_fill(others[:, None], -torch.inf)
    _, expected = both(state, left, no_repeat_ngram, factor)
    hidden, shape = torch.zeros(2, beams, 1), Shape(2, 1, LENGTH)
    for rank in (plain.continuations, kernels.continuations):
        found = rank(head, hidden, state, shape, no_repeat_ngram)
        torch.testing.assert_close(found.score, expected.score, rtol=1e-5, atol=1e-5)
        assert torch.equal(found.token, expected.token)
        assert torch.equal(found.parent, expected.parent)


@pytest.mark.parametrize("no_repeat_ngram", [0, 2])
def test_a_slot_that_is_not_active_is_not_read(no_repeat_ngram: int) -> None:
    state, scores = random_state(3, 2, 2), random_scores(3, 2, 60, 2)
    state.active[1] = False
    state.position[1] = LENGTH - 1
    scores[1] = torch.nan
    found, expected = both(state, scores, no_repeat_ngram)
    for name in ("score", "parent", "token"):
        assert not getattr(found, name)[1].any()
        torch.testing.assert_close(getattr(found, name)[::2], getattr(expected, name)[::2])
