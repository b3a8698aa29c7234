"""Static batches: their selection, memory that runs out, replicas, the batching delay."""

import time
from collections.abc import Sequence
from threading import Event, Timer

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.engines import (
    DecodedSegment,
    Decoding,
    EncodedSegment,
    OutOfMemoryError,
    running_batches,
    static,
)
from translator.engines.static import StaticEngine, select_batch

LENGTHS = st.lists(st.integers(2, 60), min_size=1, max_size=40)
GREEDY = Decoding(beams=1, max_length=200)


def encoded(lengths: Sequence[int]) -> list[EncodedSegment]:
    return [EncodedSegment(key, [5] * length, 9, GREEDY) for key, length in enumerate(lengths)]


@given(LENGTHS, st.integers(10, 200))
def test_a_batch_fits_the_budget_and_has_the_oldest(lengths: list[int], budget: int) -> None:
    waiting = encoded(lengths)
    batch = select_batch(waiting, budget)
    assert 0 in [segment.key for segment in batch]
    longest = max(len(segment.source_ids) for segment in batch)
    assert len(batch) == 1 or len(batch) * longest <= budget


def test_a_batch_has_one_decoding_and_counts_its_beams() -> None:
    wide = Decoding(beams=4, max_length=200)
    waiting = [EncodedSegment(key, [5] * 10, 9, wide if key % 2 else GREEDY) for key in range(40)]
    assert [s.key for s in select_batch(waiting, 80)] == list(range(0, 16, 2))
    assert [s.key for s in select_batch(waiting[1:], 80)] == [1, 3]


class SmallMemory:
    """Decodes batches of at most `limit` tokens, and records their sizes."""

    replicas = 1

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.sizes: list[int] = []

    def decode(self, batch: Sequence[EncodedSegment]) -> list[DecodedSegment]:
        if sum(len(segment.source_ids) for segment in batch) > self.limit:
            raise OutOfMemoryError
        self.sizes.append(len(batch))
        return [DecodedSegment(segment.key, segment.source_ids) for segment in batch]


@given(LENGTHS)
def test_every_segment_is_decoded_once_however_small_the_memory(lengths: list[int]) -> None:
    decoder = SmallMemory(limit=40)
    engine = StaticEngine(decoder, batch_tokens=500)
    engine.submit(encoded(lengths))
    results = []
    while step := engine.step():
        results += step
    assert sorted(result.key for result in results) == list(range(len(lengths)))
    for result in results:
        too_large = lengths[result.key] > decoder.limit
        assert (result.ids is None) == too_large
        assert too_large or len(result.ids or []) == lengths[result.key]


def test_a_batch_that_does_not_fit_is_halved() -> None:
    decoder = SmallMemory(limit=40)
    engine = StaticEngine(decoder, batch_tokens=80)
    engine.submit(encoded([10] * 8))
    assert len(engine.step()) == 8
    assert decoder.sizes == [4, 4]
    assert engine.splits == 1


class Gated:
    """Blocks on segments that have a gate until it is set."""

    def __init__(self, replicas: int) -> None:
        self.replicas = replicas
        self.sizes: list[int] = []
        self.gates: dict[int, Event] = {}  # by key of a segment

    def decode(self, batch: Sequence[EncodedSegment]) -> list[DecodedSegment]:
        self.sizes.append(len(batch))
        for segment in batch:
            if segment.key in self.gates:
                assert self.gates[segment.key].wait(20)
        return [DecodedSegment(segment.key, segment.source_ids) for segment in batch]


def test_idle_replicas_share_waiting_segments() -> None:
    decoder = Gated(replicas=2)
    engine = StaticEngine(decoder, batch_tokens=1_000)
    engine.submit(encoded([10] * 8))
    results: list[DecodedSegment] = []
    while len(results) < 8:  # a step may end before a slow replica does
        results += engine.step()
    assert decoder.sizes == [4, 4]


def test_segments_that_arrive_while_a_replica_is_idle_start_at_once() -> None:
    decoder = Gated(replicas=2)
    engine = StaticEngine(decoder, batch_tokens=1_000)
    first, second = encoded([10, 10])
    gate = decoder.gates[first.key] = Event()
    engine.submit([first])
    assert engine.step() == []  # it does not wait for the first, so that the second can arrive
    engine.submit([second])
    finished: list[DecodedSegment] = []
    while not finished:
        finished = engine.step()
    assert [decoded.key for decoded in finished] == [second.key]
    gate.set()
    while finished[-1].key != first.key:
        finished += engine.step()


def test_a_full_batch_is_queued_behind_running_ones_and_a_small_one_can_grow() -> None:
    decoder = Gated(replicas=1)
    engine = StaticEngine(decoder, batch_tokens=40)
    gates = decoder.gates[0], decoder.gates[4] = Event(), Event()
    segments = encoded([10] * 11)
    engine.submit(segments[:10])  # two full batches, and two segments more
    gates[0].set()
    assert len(engine.step()) == 4
    engine.submit(segments[10:])
    gates[1].set()
    assert len(engine.step()) == 4
    assert len(engine.step()) == 3


def test_after_a_long_batch_the_next_one_is_delayed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(static, "_DELAY_SHARE", 1.0)
    decoder = Gated(replicas=1)
    engine = StaticEngine(decoder, batch_tokens=1_000)
    first, second, third = encoded([10, 10, 10])
    gate = decoder.gates[first.key] = Event()
    engine.submit([first])
    Timer(0.1, gate.set).start()
    assert len(engine.step()) == 1
    engine.submit([second])
    assert engine.step() == []
    engine.submit([third])
    while not engine.step():
        pass
    assert decoder.sizes == [1, 2]


def test_step_blocks_on_a_batch_that_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the worker would keep sending heartbeats although a replica hangs."""
    monkeypatch.setattr(running_batches, "BLOCKING_AGE_SECONDS", 0.05)
    decoder = Gated(replicas=2)
    engine = StaticEngine(decoder, batch_tokens=40)
    gate = decoder.gates[0] = Event()
    engine.submit(encoded([10]))
    started = time.monotonic()
    Timer(1.0, gate.set).start()
    while not engine.step():
        assert time.monotonic() - started < 0.9, "step() returned nothing too late"
