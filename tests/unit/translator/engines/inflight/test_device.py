"""The host enqueues few operations on a GPU and never waits for them. A fake device runs them."""

import logging
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from torch._ops import OpOverload
from torch.utils._python_dispatch import TorchDispatchMode

from tests.unit.translator.engines.inflight.tiny import (
    LENGTH,
    SOURCE,
    LateStream,
    by_generate,
    drain,
    late,
    make_engine,
    pool_of,
    segments_with,
    tiny_model,
)
from translator.engines import DecodedSegment, EncodedSegment
from translator.engines.inflight.engine import InflightEngine
from translator.engines.inflight.state import Shape

MOST_PER_ADMISSION = 6  # launches and copies
MOST_PER_STEP = 4
WAITING = ("item", "tolist", "numpy", "cpu", "cuda", "to", "__bool__", "__int__", "__float__")
NO_WORK = {"empty", "slice", "view", "detach", "alias", "select", "_unsafe_view", "as_strided"}


class NoWorkOutsideStream(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Fails on all computation outside the stream."""

    def __init__(self, stream: LateStream) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._stream = stream

    def __torch_dispatch__(
        self,
        func: OpOverload[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        view = func.overloadpacket.__name__ in NO_WORK
        assert view or self._stream.computing, f"{func} is launched outside the stream"
        return func(*args, **(kwargs or {}))


@contextmanager
def watched(stream: LateStream) -> Iterator[None]:
    """Fail on anything that the host computes or waits for outside the stream."""
    with pytest.MonkeyPatch.context() as patch, NoWorkOutsideStream(stream):
        for name in WAITING:
            original = getattr(torch.Tensor, name)

            def guarded(
                *arguments: Any, _name: str = name, _original: Any = original, **more: Any
            ) -> Any:
                assert stream.computing, f"Tensor.{_name} waits for the device"
                return _original(*arguments, **more)

            patch.setattr(torch.Tensor, name, guarded)
        yield


def iteration(
    engine: InflightEngine, stream: LateStream
) -> tuple[Counter[str], list[DecodedSegment]]:
    """Run a step of the engine; return what it enqueued on the device, and its results."""
    before, waits = len(stream.enqueued), len(stream.waits)
    results = engine.step()
    enqueued = stream.enqueued[before:]
    assert len(stream.pending) >= len(enqueued), "the device has begun work of this iteration"
    assert sum(wait > 0 for wait in stream.waits[waits:]) <= 1, "one wait per step"
    return Counter(enqueued), results


def waiting_segments(engine: InflightEngine) -> int:
    """Return the number of segments without a slot."""
    return sum(len(queue.waiting) for queue in engine._queues.values())


@pytest.mark.parametrize("beams", [1, 4])
def test_an_iteration_is_a_few_operations_without_waiting(beams: int) -> None:
    """With sentences that join, end and move to lower slots."""
    stream, segments = LateStream(), segments_with(400, 3, beams)
    expected = by_generate(tiny_model(3), segments)
    engine = make_engine(tiny_model(3), 64, late(stream))
    engine._encoder_tokens = 512
    for _ in range(2):
        assert run(engine, stream, segments)[0] == expected  # the second time records graphs
    with watched(stream):
        results, seen = run(engine, stream, segments)
    assert results == expected
    assert max(seen["admission"]) <= 2 + MOST_PER_ADMISSION  # with the step beside it
    assert max(seen["end"]) <= MOST_PER_STEP
    typical = {kind: seen[kind].most_common(1)[0][0] for kind in ("end", "other")}
    assert typical == {"end": 2, "other": 2}, "an end costs what any step costs"


def run(
    engine: InflightEngine, stream: LateStream, segments: list[EncodedSegment]
) -> tuple[dict[int, DecodedSegment], dict[str, Counter[int]]]:
    """Decode segments that join at random; return the results and operations per iteration."""
    rng, results, position = random.Random(1), dict[int, DecodedSegment](), 0
    seen: dict[str, Counter[int]] = {"admission": Counter(), "end": Counter(), "other": Counter()}
    while len(results) < len(segments):
        joining = rng.choice((0, 0, 1, 5, 70))
        engine.submit(segments[position : position + joining])
        position += joining
        before = waiting_segments(engine)
        enqueued, done = iteration(engine, stream)
        results |= {decoded.key: decoded for decoded in done}
        kind = "admission" if waiting_segments(engine) < before else "end" if done else "other"
        if "kernels" not in enqueued:
            seen[kind][enqueued.total()] += 1
    return results, seen


def test_the_guards_detect_waiting_and_work_outside_the_stream() -> None:
    stream = LateStream()
    tensor = torch.ones(2)
    guarded: list[Callable[[], object]] = [
        lambda: tensor.tolist(),  # noqa: PLW0108 - looked up inside the guard
        lambda: bool(tensor[0]),
        lambda: tensor.to("cpu"),
        lambda: tensor + 1,
    ]
    for wait in guarded:
        with watched(stream), pytest.raises(AssertionError, match=r"device|outside"):
            wait()


def test_non_finite_numbers_cost_one_more_operation_each() -> None:
    stream, segments = LateStream(), segments_with(6, 3, 4)
    expected = by_generate(tiny_model(3), segments)
    engine = make_engine(tiny_model(3), 8, late(stream))
    engine._make_precise = lambda: make_engine(tiny_model(3))
    for _ in range(3):
        engine.submit(segments)
        results: dict[int, DecodedSegment] = {}
        for _ in range(3):
            results |= {decoded.key: decoded for decoded in iteration(engine, stream)[1]}
        stream.compute_until(len(stream.enqueued))
        pool_of(engine, 4)._state.running_score[1] = torch.nan
        drain(engine, results, len(segments))
        assert results == expected
    before = len(stream.enqueued)
    engine.submit(segments)
    engine.step()
    assert Counter(stream.enqueued[before:])["kernels"] == 0
    assert len(stream.enqueued) - before <= 2 + 2 + MOST_PER_ADMISSION


def test_bursts_wrap_around_the_ring_of_buffers() -> None:
    """More admissions than buffers are enqueued before the device runs any."""
    stream, segments = LateStream(), segments_with(300, 3, 1)
    expected = by_generate(tiny_model(3), segments)
    engine = make_engine(tiny_model(3), 256, late(stream))
    engine.submit(segments)
    results: dict[int, DecodedSegment] = {}
    drain(engine, results, len(segments))
    assert results == expected
    copies = Counter(stream.enqueued)["copy"]
    assert copies > 40, "one for each admission of 64 tokens, and one for each step"


def test_a_graph_that_cannot_be_recorded_is_logged_once_and_replaced_by_kernels(
    caplog: pytest.LogCaptureFixture,
) -> None:
    stream, segments = LateStream(), segments_with(60, 3, 4)
    stream.refuses = lambda: True
    expected = by_generate(tiny_model(3), segments)
    engine = make_engine(tiny_model(3), 4, late(stream))
    engine.submit(segments)
    results: dict[int, DecodedSegment] = {}
    with caplog.at_level(logging.WARNING):
        drain(engine, results, len(segments))
    assert results == expected
    assert "graph" not in stream.enqueued
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == len(set(lines)) > 1
    assert any("Shape(slots=4, source=16, length=16, common=False)" in line for line in lines)


def test_warm_up_records_graphs_and_leaves_no_trace() -> None:
    stream, segments = LateStream(), segments_with(30, 3, 4)
    expected = by_generate(tiny_model(3), segments)
    engine = make_engine(tiny_model(3), 16, late(stream))
    engine.submit(segments[:1])
    results: dict[int, DecodedSegment] = {}
    drain(engine, results, 1)
    pool = pool_of(engine, 4)
    for _ in range(2):
        for n in (1, 2, 4, 8, 16):
            for s in (16, SOURCE):
                pool.warm_up_admission(n, s)
                for t in (16, 32, LENGTH):
                    pool.warm_up_step(Shape(n, s, t))
    pool.finish_warm_up()
    before = len(stream.enqueued)
    engine.submit(segments[1:])
    drain(engine, results, len(segments))
    assert results == expected
    rare = [key for key in pool.launcher._seen if isinstance(key, tuple) and key[0] == "move"]  # type: ignore[attr-defined]
    assert Counter(stream.enqueued[before:])["kernels"] == len(rare)
