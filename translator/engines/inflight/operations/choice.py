"""Chooses the implementation of each operation: the fastest that gives what plain torch gives.

A kernel may fail on a card where nobody tried it: it does not compile (an old card, no C compiler),
or computes something else. So each runs on random slots of the real sizes at a worker's start.
"""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from translator.engines.inflight.operations.candidates import TORCH, Candidate, candidates_for
from translator.engines.inflight.operations.plain import PLAIN
from translator.engines.inflight.operations.table import OperationTable
from translator.engines.inflight.operations.timing import seconds_on_gpu
from translator.engines.inflight.operations.trial import Model, Trial
from translator.engines.inflight.state import NEVER, Shape

_log = logging.getLogger(__name__)
SECONDS = 17.0  # after which nothing more is compiled; what was is cached for the next start
SLOTS = (1, 32, 128)  # sizes that are timed; the table has an entry for each
_TOKENS = 32  # source and length of timed steps: a typical sentence
_ULPS = 4  # of the largest value: results of kernels differ in the order of additions
_LEAST_TOLERANCE = 1e-5  # of the largest value


@dataclass(slots=True)
class Choice:
    """The operations of a pool, and for each operation a word about its implementation."""

    table: OperationTable
    words: dict[str, str] = field(default_factory=dict)  # "torch: " and why, or names of kernels


@dataclass(slots=True)
class _Checked:
    """The implementations of an operation that are right, and why others are not used."""

    right: dict[str, object]
    refused: list[str]


def choose(
    model: Model,
    largest: Shape,
    candidates: Sequence[Candidate] | None = None,
    seconds: Callable[[Callable[[], object]], float] = seconds_on_gpu,
) -> Choice:
    """Check and time candidates; `largest` is the shape of a step with all slots full.

    `candidates` are those for the model's weights unless they are given.
    `seconds` measures a call. Raises torch's error if a kernel has left the device unusable.
    """
    started = time.monotonic()
    if candidates is None:
        candidates = candidates_for(model.weights)
    *trials, longest = _trials(model, largest)
    sizes = [trial.shape.slots for trial in trials]
    checked = {
        operation: _Checked({TORCH: getattr(PLAIN, operation)}, [])
        for operation in dict.fromkeys(candidate.operation for candidate in candidates)
    }
    for candidate in candidates:
        _check(candidate, [*trials, longest], checked[candidate.operation], started + SECONDS)
    fastest = {
        operation: [_fastest(operation, entry.right, trial, seconds) for trial in trials]
        for operation, entry in checked.items()
    }
    table = OperationTable(
        {size: replace(PLAIN, **_chosen(checked, fastest, i)) for i, size in enumerate(sizes)}
    )
    words = {
        operation: _word(sizes, fastest[operation], entry.refused)
        for operation, entry in checked.items()
    }
    _report(words, time.monotonic() - started, failed=any(e.refused for e in checked.values()))
    return Choice(table, words)


def _trials(model: Model, largest: Shape) -> list[Trial]:
    """Return a trial for each size, and one of the longest sentences."""
    sizes = [size for size in SLOTS if size <= largest.slots] or [largest.slots]
    source, length = min(_TOKENS, largest.source), min(_TOKENS, largest.length)
    shapes = [Shape(size, source, length) for size in sizes]
    return [Trial(model, each) for each in (*shapes, replace(largest, slots=min(2, largest.slots)))]


def _check(candidate: Candidate, trials: Sequence[Trial], entry: _Checked, deadline: float) -> None:
    """Add a candidate to those that are right, or the reason why it is not used."""
    try:
        implementation = candidate.make()
        for trial in trials:
            if (
                time.monotonic() > deadline
            ):  # each shape may be compiled, which takes a second or two
                entry.refused.append(f"{candidate.name}: no time was left to try it")
                return
            expected = trial.outputs(candidate.operation, entry.right[TORCH])
            found = trial.outputs(candidate.operation, implementation)
            error = difference(expected, found)
            if error is not None:
                entry.refused.append(f"{candidate.name}: {error}, with {trial.shape}")
                return
    # Whatever fails while a kernel is compiled and tried is a reason not to use it.
    except Exception as error:  # noqa: BLE001
        if torch.cuda.is_available():
            torch.cuda.synchronize()  # raises if the device is unusable from now on
        line = str(error).strip().splitlines()
        entry.refused.append(f"{candidate.name}: {type(error).__name__} {line[0] if line else ''}")
        return
    entry.right[candidate.name] = implementation


def difference(expected: Sequence[Tensor], found: Sequence[Tensor]) -> str | None:
    """Return how results differ beyond what the order of additions explains, or None.

    Integers must be equal, fractions within 4 units in the last place of the largest value, or
    1e-5 of it, apart from scores that stand for "never". NaN equals NaN.
    """
    for i, (right, other) in enumerate(zip(expected, found, strict=True)):
        if (right.shape, right.dtype) != (other.shape, other.dtype):
            return f"result {i} is {other.dtype} {tuple(other.shape)}"
        if right.is_floating_point():
            share = max(_ULPS * torch.finfo(right.dtype).eps, _LEAST_TOLERANCE)
            equal = _close(right.float(), other.float(), share)
        else:
            equal = torch.equal(right, other)
        if not equal:
            return f"result {i} differs"
    return None


def _close(right: Tensor, other: Tensor, share: float) -> bool:
    """Return True if numbers differ by at most a share of the largest one."""
    if not right.numel():
        return True
    sizes = right.nan_to_num().abs()
    largest = float(torch.where(sizes < -NEVER / 2, sizes, 0).amax())
    return torch.allclose(right, other, share, share * largest, equal_nan=True)


def _fastest(
    operation: str,
    implementations: dict[str, object],
    trial: Trial,
    seconds: Callable[[Callable[[], object]], float],
) -> str:
    """Return the name of the fastest implementation for a trial's shape."""
    if len(implementations) == 1:
        return TORCH
    times = {
        name: seconds(trial.call(operation, implementation))
        for name, implementation in implementations.items()
    }
    return min(times, key=times.__getitem__)


def _chosen(
    checked: dict[str, _Checked], fastest: dict[str, list[str]], size: int
) -> dict[str, Any]:
    """Return the fields of Operations for a size."""
    return {
        operation: checked[operation].right[names[size]] for operation, names in fastest.items()
    }


def _word(sizes: Sequence[int], names: Sequence[str], refused: Sequence[str]) -> str:
    """Return the names by size, or one if they are equal, and why kernels are not used."""
    word = names[0]
    if len(set(names)) > 1:
        word = ", ".join(f"{name} from {size}" for size, name in zip(sizes, names, strict=True))
    return f"{word} ({'; '.join(refused)})" if refused else word


def _report(words: dict[str, str], seconds: float, *, failed: bool) -> None:
    shown = ", ".join(f"{operation}: {word}" for operation, word in words.items())
    level = logging.WARNING if failed else logging.INFO
    _log.log(level, "kernels, tried in %.1f s: %s", seconds, shown)
