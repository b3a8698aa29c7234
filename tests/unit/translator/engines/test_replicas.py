"""Replicas of an engine: the distribution of segments and threads, and the results."""

import threading
import time
from collections.abc import Callable, Sequence

import pytest

from translator.engines import DecodedSegment, Decoding, EncodedSegment, running_batches
from translator.engines.replicas import ReplicatedEngine


class Counting:
    """Finishes each segment after as many steps as it has source tokens."""

    batches, splits = 1, 3

    def __init__(self) -> None:
        self.left: dict[int, int] = {}
        self.most = 0
        self.threads: list[str] = []
        self.kernels: dict[str, str] = {}
        self.before_step: Callable[[], object] = lambda: None

    def submit(self, segments: Sequence[EncodedSegment]) -> None:
        self.left |= {segment.key: len(segment.source_ids) for segment in segments}
        self.most = max(self.most, len(self.left))

    def step(self) -> list[DecodedSegment]:
        self.threads.append(threading.current_thread().name)
        self.before_step()
        time.sleep(0.001)
        self.left = {key: left - 1 for key, left in self.left.items()}
        done = [key for key, left in self.left.items() if left == 0]
        self.left = {key: left for key, left in self.left.items() if left}
        return [DecodedSegment(key, [key]) for key in done]


def make(count: int, cores: int) -> tuple[ReplicatedEngine, list[Counting], list[int]]:
    engines = [Counting() for _ in range(count)]
    threads: list[int] = []
    return ReplicatedEngine(engines, cores, threads.append), engines, threads


def segments(keys: range, beams: int = 1, steps: int = 3) -> list[EncodedSegment]:
    return [EncodedSegment(key, [5] * steps, 9, Decoding(beams, 20)) for key in keys]


def drain(engine: ReplicatedEngine, count: int) -> list[int]:
    results: list[DecodedSegment] = []
    while len(results) < count:
        results += engine.step()
    assert engine.step() == []
    assert all(decoded.ids == [decoded.key] for decoded in results)
    return sorted(decoded.key for decoded in results)


def test_a_few_sentences_go_to_one_replica_with_all_cores() -> None:
    engine, engines, threads = make(4, 4)
    engine.submit(segments(range(8)))
    assert drain(engine, 8) == list(range(8))
    assert [e.most for e in engines] == [8, 0, 0, 0]
    assert set(threads) == {4}
    assert set(engines[0].threads) == {threading.current_thread().name}, "no detour"


@pytest.mark.parametrize(
    ("count", "beams", "shares"), [(9, 1, [5, 4, 0]), (3, 5, [2, 1, 0]), (60, 1, [20, 20, 20])]
)
def test_more_sentences_are_shared_among_more_replicas(
    count: int, beams: int, shares: list[int]
) -> None:
    engine, engines, threads = make(3, 6)
    engine.submit(segments(range(count), beams))
    assert drain(engine, count) == list(range(count))
    assert sorted((e.most for e in engines), reverse=True) == shares
    assert threads[0] == 6 // sum(map(bool, shares))
    assert (engine.batches, engine.splits) == (3, 9)


def test_segments_that_arrive_during_a_step_join_the_next() -> None:
    engine, engines, _ = make(2, 2)
    started, resume = threading.Event(), threading.Event()

    def wait_in_step() -> None:
        started.set()
        resume.wait(5)

    engines[0].before_step = wait_in_step
    engine.submit(segments(range(16), steps=2))
    assert engine.step() == []
    assert started.wait(5)
    engine.submit(segments(range(16, 20), steps=1))
    resume.set()
    assert drain(engine, 20) == list(range(20))


@pytest.mark.parametrize("steps", [1, 300])
def test_a_replica_that_hangs_blocks_the_engine(
    monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    """`step` returns while other replicas are idle or work, but not forever.

    Otherwise the hang would stay unnoticed.
    """
    monkeypatch.setattr(running_batches, "BLOCKING_AGE_SECONDS", 0.05)
    engine, engines, _ = make(2, 2)
    gate = threading.Event()
    engines[0].before_step = lambda: gate.wait(5)
    engine.submit(segments(range(9), steps=steps))
    threading.Timer(0.4, gate.set).start()
    results: list[DecodedSegment] = []
    blocked = 0.0
    while len(results) < 9:
        before = time.monotonic()
        results += engine.step()
        blocked = max(blocked, time.monotonic() - before)
    assert blocked > 0.2


def test_an_error_in_a_replica_is_raised() -> None:
    engine, engines, _ = make(2, 2)

    def fail() -> None:
        raise ArithmeticError

    engines[1].before_step = fail
    engine.submit(segments(range(9)))
    with pytest.raises(ArithmeticError):
        drain(engine, 9)
