"""What the host asks of a GPU: little, and without waiting for it. A stand-in does it, late."""

import logging
import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch.fx.experimental.proxy_tensor import make_fx
from torch.utils._python_dispatch import TorchDispatchMode

from tests.unit.translator.engines.inflight.tiny import (
    EOS,
    LENGTH,
    SOURCE,
    START,
    LateStream,
    by_generate,
    drain,
    eager,
    late,
    make_engine,
    make_network,
    pool_of,
    random_segments,
    tiny_model,
)
from translator.engines import DecodedSegment, Decoding, EncodedSegment
from translator.engines.inflight.admission import FIELDS, admit, fill
from translator.engines.inflight.engine import InflightEngine
from translator.engines.inflight.network import Network
from translator.engines.inflight.pool import SlotPool
from translator.engines.inflight.state import Shape, SlotState
from translator.engines.inflight.step import decode_step

MOST_OF_AN_ADMISSION = 6  # launches and copies
MOST_OF_A_STEP = 4
WAITING = ("item", "tolist", "numpy", "cpu", "cuda", "to", "__bool__", "__int__", "__float__")
NO_WORK = {"empty", "slice", "view", "detach", "alias", "select", "_unsafe_view", "as_strided"}


class NoSync(TorchDispatchMode):
    """Fails on operations whose result the host must wait for."""

    FORBIDDEN = ("_local_scalar_dense", "nonzero", "masked_select", "is_nonzero", "equal.default")

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        masks = str(func).startswith("aten.index") and any(
            index is not None and index.dtype == torch.bool for index in args[1]
        )
        waits = masks or any(name in str(func) for name in self.FORBIDDEN)
        assert not waits, f"{func} waits for the device"
        return func(*args, **(kwargs or {}))


class NothingBesideTheStream(TorchDispatchMode):
    """Fails on all that is computed, but for what the stream does."""

    def __init__(self, stream: LateStream) -> None:
        super().__init__()
        self._stream = stream

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        view = func.overloadpacket.__name__ in NO_WORK
        assert view or self._stream.computing, f"{func} is launched beside the stream"
        return func(*args, **(kwargs or {}))


@contextmanager
def watched(stream: LateStream) -> Iterator[None]:
    """Fail on what the host computes or waits for by itself."""
    with pytest.MonkeyPatch.context() as patch, NothingBesideTheStream(stream):
        for name in WAITING:
            original = getattr(torch.Tensor, name)

            def guarded(
                *arguments: Any, _name: str = name, _original: Any = original, **more: Any
            ) -> Any:
                assert stream.computing, f"Tensor.{_name} waits for the device"
                return _original(*arguments, **more)

            patch.setattr(torch.Tensor, name, guarded)
        yield


def turn(engine: InflightEngine, stream: LateStream) -> tuple[Counter[str], list[DecodedSegment]]:
    """Do a step of the engine; return what it asked of the device."""
    asked, waits = len(stream.asked), len(stream.waits)
    results = engine.step()
    mine = stream.asked[asked:]
    assert len(stream.pending) >= len(mine), "the device has begun what was asked in this turn"
    assert sum(wait > 0 for wait in stream.waits[waits:]) <= 1, "one wait a step"
    return Counter(mine), results


def waiting(engine: InflightEngine) -> int:
    """Return how many segments have no slot yet."""
    return sum(len(queue.waiting) for queue in engine._queues.values())


def stream_of(segments: int, seed: int, beams: int) -> list[EncodedSegment]:
    rule = Decoding(beams, LENGTH)
    return [replace(segment, decoding=rule) for segment in random_segments(segments, seed)]


@pytest.mark.parametrize("beams", [1, 4])
def test_turns_of_the_engine_are_a_few_operations_that_nothing_waits_for(beams: int) -> None:
    """From the first sentence to the last: joining, ending, moving to lower slots."""
    stream, segments = LateStream(), stream_of(400, 3, beams)
    expected = by_generate(tiny_model(3), segments)
    engine = make_engine(tiny_model(3), 64, late(stream))
    engine._encoder_tokens = 512
    for _ in range(2):
        assert run(engine, stream, segments)[0] == expected  # what is seen twice is recorded
    with watched(stream):
        results, seen = run(engine, stream, segments)
    assert results == expected
    assert max(seen["admission"]) <= 2 + MOST_OF_AN_ADMISSION  # with the step beside it
    assert max(seen["end"]) <= MOST_OF_A_STEP
    usual = {kind: seen[kind].most_common(1)[0][0] for kind in ("end", "other")}
    assert usual == {"end": 2, "other": 2}, "an end costs what any step costs"


def run(
    engine: InflightEngine, stream: LateStream, segments: list[EncodedSegment]
) -> tuple[dict[int, DecodedSegment], dict[str, Counter[int]]]:
    """Decode segments that join at random; return how many operations the kinds of turns took."""
    rng, results, position = random.Random(1), dict[int, DecodedSegment](), 0
    seen: dict[str, Counter[int]] = {"admission": Counter(), "end": Counter(), "other": Counter()}
    while len(results) < len(segments):
        joining = rng.choice((0, 0, 1, 5, 70))
        engine.submit(segments[position : position + joining])
        position += joining
        before = waiting(engine)
        asked, done = turn(engine, stream)
        results |= {decoded.key: decoded for decoded in done}
        kind = "admission" if waiting(engine) < before else "end" if done else "other"
        if "kernels" not in asked:
            seen[kind][asked.total()] += 1
    return results, seen


def test_the_guards_see_what_they_are_there_for() -> None:
    stream = LateStream()
    tensor = torch.ones(2)
    guarded: list[Callable[[], object]] = [
        lambda: tensor.tolist(),  # noqa: PLW0108 - looked up when it is guarded
        lambda: bool(tensor[0]),
        lambda: tensor.to("cpu"),
        lambda: tensor + 1,
    ]
    for wait in guarded:
        with watched(stream), pytest.raises(AssertionError, match=r"device|beside"):
            wait()


def test_numbers_that_are_not_finite_cost_one_more_operation_each() -> None:
    stream, segments = LateStream(), stream_of(6, 3, 4)
    expected = by_generate(tiny_model(3), segments)
    engine = make_engine(tiny_model(3), 8, late(stream))
    engine._make_precise = lambda: make_engine(tiny_model(3))
    for _ in range(3):
        engine.submit(segments)
        results: dict[int, DecodedSegment] = {}
        for _ in range(3):
            results |= {decoded.key: decoded for decoded in turn(engine, stream)[1]}
        stream.compute_until(len(stream.asked))
        pool_of(engine, 4)._state.running_score[1] = torch.nan
        drain(engine, results, len(segments))
        assert results == expected
    begun = len(stream.asked)
    engine.submit(segments)
    engine.step()
    assert Counter(stream.asked[begun:])["kernels"] == 0
    assert len(stream.asked) - begun <= 2 + 2 + MOST_OF_AN_ADMISSION


def test_bursts_go_around_the_ring_of_buffers() -> None:
    """More admissions than buffers before the device has done one of them."""
    stream, segments = LateStream(), stream_of(300, 3, 1)
    expected = by_generate(tiny_model(3), segments)
    engine = make_engine(tiny_model(3), 256, late(stream))
    engine.submit(segments)
    results: dict[int, DecodedSegment] = {}
    drain(engine, results, len(segments))
    assert results == expected
    copies = Counter(stream.asked)["copy"]
    assert copies > 40, "one for each admission of 64 tokens, and one for each step"


def test_a_graph_that_cannot_be_recorded_is_said_once_and_done_without(
    caplog: pytest.LogCaptureFixture,
) -> None:
    stream, segments = LateStream(), stream_of(60, 3, 4)
    stream.refuses = lambda: True
    expected = by_generate(tiny_model(3), segments)
    engine = make_engine(tiny_model(3), 4, late(stream))
    engine.submit(segments)
    results: dict[int, DecodedSegment] = {}
    with caplog.at_level(logging.WARNING):
        drain(engine, results, len(segments))
    assert results == expected
    assert "graph" not in stream.asked
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == len(set(lines)) > 1
    assert any("Shape(slots=4, source=16, length=16)" in line for line in lines)


def test_what_is_rehearsed_is_recorded_and_leaves_nothing_behind() -> None:
    stream, segments = LateStream(), stream_of(30, 3, 4)
    expected = by_generate(tiny_model(3), segments)
    engine = make_engine(tiny_model(3), 16, late(stream))
    engine.submit(segments[:1])
    results: dict[int, DecodedSegment] = {}
    drain(engine, results, 1)
    pool = pool_of(engine, 4)
    for _ in range(2):
        for n in (1, 2, 4, 8, 16):
            for s in (16, SOURCE):
                pool.rehearse_admission(n, s)
                for t in (16, 32, LENGTH):
                    pool.rehearse_step(Shape(n, s, t))
    pool.finish_rehearsal()
    begun = len(stream.asked)
    engine.submit(segments[1:])
    drain(engine, results, len(segments))
    assert results == expected
    rare = [key for key in pool.launcher._seen if isinstance(key, tuple) and key[0] == "move"]  # type: ignore[attr-defined]
    assert Counter(stream.asked[begun:])["kernels"] == len(rare)


def loaded(beams: int) -> tuple[Network, SlotState, SlotPool, list[EncodedSegment]]:
    network = make_network(tiny_model(3))
    state = SlotState.allocate(network.weights, 4, beams, SOURCE, LENGTH)
    pool = SlotPool(network, state, eager(state), START, EOS)
    segments = stream_of(4, 3, beams)
    pool.admit([segments])
    return network, state, pool, segments


@pytest.mark.parametrize(("beams", "ngram"), [(1, 0), (4, 0), (1, 3), (4, 2)])
def test_steps_and_admissions_never_wait_for_the_device(beams: int, ngram: int) -> None:
    network, state, pool, segments = loaded(beams)
    shape = pool.shape()
    rows = np.zeros((4, FIELDS + SOURCE), dtype=np.int32)
    fill(rows, segments, [0, 1, 2, 3], 4, network.weights.pad)
    table = torch.from_numpy(rows)
    # Not inference_mode: there, torch does not show what `item` and `bool` are made of.
    with torch.no_grad(), NoSync():
        for wait in (torch.Tensor.item, bool, lambda flag: state.position[flag[None].expand(4)]):
            with pytest.raises(AssertionError, match="waits for the device"):
                wait(state.active[0])
        decode_step(network, state, shape, EOS, ngram)
        admit(network, state, table, start=START, cuts=[(slice(4), SOURCE)])


def tensors(state: SlotState) -> list[torch.Tensor]:
    fields = [getattr(state, name) for name in state.__dataclass_fields__]
    caches = [getattr(c, name) for c in state.caches for name in c.__dataclass_fields__]
    return [field for field in fields if isinstance(field, torch.Tensor)] + caches


@pytest.mark.parametrize(("beams", "ngram"), [(1, 0), (4, 0), (4, 3)])
def test_a_step_recorded_once_can_be_replayed(beams: int, ngram: int) -> None:
    """What a CUDA graph needs: the same operations on the same memory at every step."""
    network, state, *_ = loaded(beams)
    _, traced_state, *_ = loaded(beams)
    shape = Shape(4, SOURCE, LENGTH)

    def step(*_: torch.Tensor) -> torch.Tensor:
        decode_step(network, traced_state, shape, EOS, ngram)
        return traced_state.token

    before = [tensor.clone() for tensor in tensors(traced_state)]
    pointers = [tensor.data_ptr() for tensor in tensors(traced_state)]
    with torch.inference_mode(False), torch.no_grad():
        recorded = make_fx(step)()
        for tensor, old in zip(tensors(traced_state), before, strict=True):
            tensor.copy_(old)
        for _ in range(30):
            decode_step(network, state, shape, EOS, ngram)
            recorded()
            assert torch.equal(state.token, traced_state.token)
    assert torch.equal(state.finished, traced_state.finished)
    assert not state.active[:4].all()
    assert pointers == [tensor.data_ptr() for tensor in tensors(traced_state)]
