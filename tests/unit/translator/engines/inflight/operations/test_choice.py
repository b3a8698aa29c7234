"""A kernel serves if it gives what plain torch gives, and where it is the fastest."""

import logging
import math
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.unit.translator.engines.inflight.tiny import VOCABULARY, make_network, tiny_model
from translator.engines.inflight.operations import attempt
from translator.engines.inflight.operations import choice as choices
from translator.engines.inflight.operations.candidates import CANDIDATES, Candidate, candidates_for
from translator.engines.inflight.operations.choice import Choice, choose, difference
from translator.engines.inflight.operations.plain import PLAIN
from translator.engines.inflight.operations.sublayers import embed
from translator.engines.inflight.operations.table import PLAIN_TABLE, OperationTable
from translator.engines.inflight.operations.trial import Model, Trial
from translator.engines.inflight.operations.types import Operations
from translator.engines.inflight.state import NEVER, Shape

LARGEST = Shape(64, 24, 40)
OPERATIONS = [field.name for field in fields(Operations)]


@pytest.fixture(params=[1, 4], ids=lambda beams: f"beams{beams}")
def model(request: pytest.FixtureRequest) -> Model:
    return Model(make_network(tiny_model(3)).weights, VOCABULARY, request.param, 2)


def equal_embed(*given: Any) -> Any:
    """Another implementation that is right."""
    return embed(*given)


def wrong_embed(*given: Any) -> Any:
    hidden, normed = embed(*given)
    return hidden, normed * 1.001


def other_shape(*given: Any) -> Any:
    hidden, normed = embed(*given)
    return hidden, normed[:1, :1, :5]


def candidate(implementation: object, operation: str = "embed") -> Candidate:
    return Candidate(operation, "kernel", lambda: implementation)


class Clock:
    """Says that each call, in the order of calls, takes so long."""

    def __init__(self, *seconds: float) -> None:
        self._seconds = list(seconds)

    def __call__(self, call: Callable[[], object]) -> float:
        call()
        return self._seconds.pop(0)


def test_the_fastest_serves_at_each_size(model: Model) -> None:
    # plain torch and the kernel for 1 slot, then for 32
    found = choose(model, LARGEST, [candidate(equal_embed)], Clock(2.0, 1.0, 2.0, 3.0))
    assert found.table.at(1).embed is equal_embed
    assert found.table.at(31).embed is equal_embed
    assert found.table.at(32).embed is embed
    assert found.table.at(1_024).embed is embed
    assert found.words == {"embed": "kernel from 1, torch from 32"}
    assert found.table.at(1).residual is PLAIN.residual


@pytest.mark.parametrize(
    ("implementation", "reason"),
    [(wrong_embed, "result 1 differs"), (other_shape, "result 1 is torch.float32 (1, ")],
)
def test_what_is_wrong_does_not_serve(
    model: Model, implementation: object, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        found = choose(model, LARGEST, [candidate(implementation)], Clock())
    assert found.table.at(1) == PLAIN
    assert found.words["embed"].startswith("torch (kernel: ")
    assert reason in found.words["embed"]
    [line] = [record for record in caplog.records if "kernels" in record.message]
    assert line.levelno == logging.WARNING
    assert reason in line.message


def test_what_cannot_be_made_does_not_serve(model: Model) -> None:
    def missing() -> object:
        raise ModuleNotFoundError("No module named 'triton'")

    found = choose(model, LARGEST, [Candidate("rank", "triton", missing)], Clock())
    assert found.words == {"rank": "torch (triton: ModuleNotFoundError No module named 'triton')"}
    assert found.table.at(5) == PLAIN


def test_what_comes_after_the_time_limit_is_not_tried(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choices, "SECONDS", -1)
    found = choose(model, LARGEST, [candidate(equal_embed)], Clock())
    assert found.words == {"embed": "torch (kernel: no time was left to try it)"}


def test_weights_in_8_bits_are_read_by_kernels_alone() -> None:
    made = make_network(tiny_model(3), dtype=torch.bfloat16, narrow=torch.int8).weights
    names = {each.name for each in candidates_for(made) if each.operation == "residual"}
    assert names == {"fused_linear"}
    whole = make_network(tiny_model(3)).weights
    assert candidates_for(whole) == CANDIDATES


def test_every_operation_has_a_kernel() -> None:
    assert {each.operation for each in CANDIDATES} == set(OPERATIONS)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("dtype", "narrow"),
    [(torch.float32, None), (torch.bfloat16, None), (torch.bfloat16, torch.int8)],
)
@pytest.mark.parametrize(("beams", "ngram"), [(1, 0), (3, 2)])
def test_the_check_accepts_all_kernels(
    dtype: torch.dtype,
    narrow: torch.dtype | None,
    beams: int,
    ngram: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("triton")
    monkeypatch.setattr(choices, "SECONDS", math.inf)  # a CPU interprets them
    weights = make_network(tiny_model(3), dtype=dtype, narrow=narrow).weights
    model = Model(weights, VOCABULARY, beams, ngram)
    found = choose(model, Shape(8, 24, 40), seconds=lambda _: 1.0)
    assert set(found.words.values()) == {"torch"}, "as fast, and none refused"


@pytest.mark.parametrize("operation", OPERATIONS)
def test_trials_of_plain_torch_agree_with_themselves(model: Model, operation: str) -> None:
    for shape in (Shape(8, 20, 16), Shape(2, 24, 40)):
        trial = Trial(model, shape)
        plain = getattr(PLAIN, operation)
        first, second = (trial.outputs(operation, plain) for _ in range(2))
        assert difference(first, second) is None
        trial.call(operation, plain)()


@pytest.mark.parametrize("operation", OPERATIONS)
def test_trials_notice_each_result_that_is_wrong(model: Model, operation: str) -> None:
    trial, plain = Trial(model, Shape(8, 20, 16)), getattr(PLAIN, operation)
    expected = trial.outputs(operation, plain)
    assert all(result.numel() for result in expected if model.beams > 1)
    spoilt = [~result if result.dtype == torch.bool else result + 1 for result in expected]
    for i, result in enumerate(spoilt):
        changed = [*expected]
        changed[i] = result
        assert difference(expected, changed) is not None


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_differences_are_measured_in_units_of_the_largest_value(dtype: torch.dtype) -> None:
    right = torch.tensor([1.0, 1e-9, torch.nan], dtype=dtype)
    tolerance = max(4 * torch.finfo(dtype).eps, 1e-5)
    assert difference([right], [right + tolerance / 2]) is None
    assert difference([right], [right + tolerance * 2]) is not None
    assert difference([right], [torch.zeros(3, dtype=dtype)]) is not None
    nothing = torch.tensor([1.0, 1e-9, 0.0], dtype=dtype)
    assert difference([right], [nothing]) is not None, "NaN is a result, too"
    assert difference([torch.tensor([1])], [torch.tensor([2])]) == "result 0 differs"


def test_scores_of_what_must_not_be_chosen_hide_no_difference() -> None:
    right = torch.tensor([NEVER, NEVER - 3, -2.0])
    assert difference([right], [right.clone()]) is None
    assert difference([right], [torch.tensor([NEVER, NEVER - 3, -2.1])]) is not None
    assert difference([right], [torch.tensor([NEVER, -3, -2.0])]) is not None


def test_a_table_takes_the_largest_size_that_is_not_larger() -> None:
    one, many = PLAIN, PLAIN_TABLE.at(1)
    table = OperationTable({32: many, 4: one})
    assert table.at(100) is many
    assert table.at(4) is one
    assert table.at(1) is one


class TestAttempt:
    """A kernel that ends its process ends one process, not each that follows."""

    def test_a_start_after_a_crash_uses_no_kernels(
        self, model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        chosen = Choice(PLAIN_TABLE, {"embed": "kernel"})

        def crash(*_: object) -> Choice:
            raise RuntimeError("CUDA error: an illegal memory access was encountered")

        monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path))  # restored afterwards
        monkeypatch.setattr(attempt, "choose", lambda *_: chosen)
        assert attempt.try_kernels(model, LARGEST, "cuda:0", tmp_path) is chosen
        monkeypatch.setattr(attempt, "choose", crash)
        with pytest.raises(RuntimeError, match="illegal memory access"):
            attempt.try_kernels(model, LARGEST, "cuda:0", tmp_path)
        monkeypatch.setattr(attempt, "choose", lambda *_: chosen)
        assert attempt.try_kernels(model, LARGEST, "cuda:1", tmp_path) is chosen, "another device"
        without = attempt.try_kernels(model, LARGEST, "cuda:0", tmp_path)
        assert without.table.at(8) == PLAIN
        assert all(word.startswith("torch (the last process") for word in without.words.values())
        assert attempt.try_kernels(model, LARGEST, "cuda:0", tmp_path) is chosen, "once more"

    def test_a_cache_that_cannot_be_written_is_no_obstacle(
        self, model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        chosen = Choice(PLAIN_TABLE)
        (tmp_path / "kernels").write_text("a file where the folder would be")
        monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path))
        monkeypatch.setattr(attempt, "choose", lambda *_: chosen)
        assert attempt.try_kernels(model, LARGEST, "cuda:0", tmp_path) is chosen
