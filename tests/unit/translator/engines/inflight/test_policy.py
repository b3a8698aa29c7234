"""When waiting segments are admitted, and how many slots there are."""

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
from translator.engines.inflight.engine import BeamGroup
from translator.engines.inflight.policy import AdmissionPolicy
from translator.engines.inflight.pool import MOST_GROUPS
from translator.engines.inflight.sizing import smallest_nearly_best

ITERATION = 0.01


def test_a_single_segment_waits_for_a_few_iterations() -> None:
    policy = AdmissionPolicy()
    policy.arrived(0.0)
    assert not policy.admits(0.0, waiting=1, free=17, live=15, iteration=ITERATION)
    assert not policy.admits(0.02, 1, 17, 15, ITERATION), "an admission of one would stall fifteen"
    assert policy.admits(0.04, 1, 17, 15, ITERATION)
    policy.admitted(0.04, waiting=0)
    policy.arrived(0.05)
    assert policy.admits(0.05, 2, 16, 16, ITERATION), "an eighth of the live ones"


def test_empty_slots_are_filled_at_once() -> None:
    policy = AdmissionPolicy()
    policy.arrived(0.0)
    assert policy.admits(0.0, waiting=1, free=32, live=0, iteration=ITERATION)


def test_without_a_free_slot_nothing_is_admitted() -> None:
    policy = AdmissionPolicy()
    policy.arrived(0.0)
    assert not policy.admits(9.0, waiting=1, free=0, live=32, iteration=ITERATION)


def test_after_many_finished_together_admission_is_delayed() -> None:
    policy = AdmissionPolicy()
    policy.finished(1.0, done=4, waiting=0, live=0, iteration=ITERATION)
    policy.arrived(1.001)
    assert not policy.admits(1.001, waiting=1, free=32, live=0, iteration=ITERATION), (
        "three more are expected"
    )
    assert policy.admits(1.002, 4, 32, 0, ITERATION), "all have arrived"
    policy.admitted(1.002, waiting=0)

    policy.finished(2.0, done=4, waiting=0, live=0, iteration=ITERATION)
    policy.arrived(2.001)
    assert not policy.admits(2.009, waiting=1, free=32, live=0, iteration=ITERATION)
    assert policy.admits(2.011, waiting=1, free=32, live=0, iteration=ITERATION), (
        "the delay is over"
    )


def test_no_delay_if_more_segments_stay_than_finished() -> None:
    policy = AdmissionPolicy()
    policy.finished(1.0, done=4, waiting=0, live=28, iteration=ITERATION)
    policy.arrived(1.001)
    assert policy.admits(1.001, waiting=4, free=4, live=28, iteration=ITERATION)


def test_no_delay_if_waiting_segments_fill_the_slots() -> None:
    policy = AdmissionPolicy()
    policy.arrived(1.0)
    policy.finished(1.0, done=4, waiting=4, live=0, iteration=ITERATION)
    assert policy.admits(1.0, waiting=4, free=4, live=0, iteration=ITERATION)


def test_an_admission_is_a_few_groups_of_the_first_segments() -> None:
    engine = make_engine(tiny_model(3), 256, late())
    segments = [s._replace(decoding=Decoding(1, 40)) for s in random_segments(200, 3)]
    engine.submit(segments)
    engine.step()
    pool = pool_of(engine, 1)
    rest = engine._queues[BeamGroup(1)].waiting
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
def test_the_fewest_slots_with_nearly_the_best_rate(rates: dict[int, float], slots: int) -> None:
    assert smallest_nearly_best(rates) == slots
