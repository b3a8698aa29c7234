"""Who joins when."""

from dataclasses import replace

import pytest

from tests.unit.translator.engines.inflight.tiny import (
    drain,
    late,
    make_engine,
    pool_of,
    random_segments,
    tiny_model,
)
from translator.engines import DecodedSegment, Decoding
from translator.engines.inflight.engine import Lane
from translator.engines.inflight.policy import AdmissionPolicy
from translator.engines.inflight.pool import MOST_GROUPS
from translator.engines.inflight.sizing import smallest_worth

TURN = 0.01


def test_a_lone_segment_waits_at_most_a_moment() -> None:
    policy = AdmissionPolicy()
    policy.arrive(0.0)
    assert not policy.admits(0.0, waiting=1, free=17, live=15, turn=TURN)
    assert not policy.admits(0.02, 1, 17, 15, TURN), "one is not worth it: all wait for it"
    assert policy.admits(0.04, 1, 17, 15, TURN)
    policy.admitted(0.04, waiting=0)
    policy.arrive(0.05)
    assert policy.admits(0.05, 2, 16, 16, TURN), "an eighth of those in slots is, at once"


def test_a_slot_that_nobody_is_in_is_filled_at_once() -> None:
    policy = AdmissionPolicy()
    policy.arrive(0.0)
    assert policy.admits(0.0, waiting=1, free=32, live=0, turn=TURN)


def test_nobody_joins_where_no_slot_is_free() -> None:
    policy = AdmissionPolicy()
    policy.arrive(0.0)
    assert not policy.admits(9.0, waiting=1, free=0, live=32, turn=TURN)


def test_those_whose_answers_left_together_join_together() -> None:
    policy = AdmissionPolicy()
    policy.left(1.0, done=4, waiting=0, live=0, turn=TURN)
    policy.arrive(1.001)
    assert not policy.admits(1.001, waiting=1, free=32, live=0, turn=TURN), "three more may come"
    assert policy.admits(1.002, waiting=4, free=32, live=0, turn=TURN), "all have come"
    policy.admitted(1.002, waiting=0)

    policy.left(2.0, done=4, waiting=0, live=0, turn=TURN)
    policy.arrive(2.001)
    assert not policy.admits(2.009, waiting=1, free=32, live=0, turn=TURN)
    assert policy.admits(2.011, waiting=1, free=32, live=0, turn=TURN), "no company came in time"


def test_few_that_leave_many_are_not_waited_for() -> None:
    policy = AdmissionPolicy()
    policy.left(1.0, done=4, waiting=0, live=28, turn=TURN)
    policy.arrive(1.001)
    assert policy.admits(1.001, waiting=4, free=4, live=28, turn=TURN)


def test_nobody_waits_for_company_where_those_there_fill_the_slots() -> None:
    policy = AdmissionPolicy()
    policy.arrive(1.0)
    policy.left(1.0, done=4, waiting=4, live=0, turn=TURN)
    assert policy.admits(1.0, waiting=4, free=4, live=0, turn=TURN)


def test_an_admission_is_a_few_groups_and_the_first_to_come_are_in_them() -> None:
    engine = make_engine(tiny_model(3), 256, late())
    segments = [replace(s, decoding=Decoding(1, 40)) for s in random_segments(200, 3)]
    engine.submit(segments)
    engine.step()
    pool = pool_of(engine, 1)
    rest = engine._queues[Lane(1)].waiting
    assert 0 < pool.live < 200
    assert rest == segments[pool.live :]
    assert len(pool.group(segments[: pool.live], 64)) <= MOST_GROUPS
    results: dict[int, DecodedSegment] = {}
    drain(engine, results, 200)


@pytest.mark.parametrize(
    ("rates", "slots"),
    [
        ({64: 30_000, 128: 60_000, 256: 72_000, 512: 110_000, 1_024: 112_000}, 512),
        ({64: 10_000, 128: 10_100}, 64),
    ],
)
def test_as_many_slots_as_are_worth_it(rates: dict[int, float], slots: int) -> None:
    assert smallest_worth(rates) == slots
