"""A key's rate is that of all fronts together, whatever happens to one of them."""

import pytest

from server.auth.rates import RateTable, tag_of
from tests.scenarios import run_scenario
from tests.unit.server.auth.rate_fronts import SCENARIOS


@pytest.mark.slow
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_fronts_share_the_rates(scenario: str) -> None:
    run_scenario("tests.unit.server.auth.rate_fronts", scenario)


def test_more_keys_than_rows_cost_nobody_anything() -> None:
    rates = RateTable()
    for tag in range(1, 40_001):
        assert rates.charge(tag, (60.0, 0.0), 1000.0) is None
    assert rates.charge(40_000, (1.0, 0.0), 1000.0) is not None  # the last one has its row


def test_the_key_that_owes_least_loses_its_row() -> None:
    rates = RateTable()
    neighbours = [1 + 16_368 * i for i in range(17)]  # one more than fit where they belong
    for i, tag in enumerate(neighbours):
        assert rates.charge(tag, (60.0 + i, 0.0), 1000.0) is None
    assert rates.charge(neighbours[1], (1.0, 0.0), 1000.0) is not None
    assert rates.charge(neighbours[0], (1.0, 0.0), 1000.0) is None


def test_a_row_is_free_once_its_buckets_are_full() -> None:
    rates = RateTable()
    neighbours = [1 + 16_368 * i for i in range(32)]
    for tag in neighbours[:16]:
        assert rates.charge(tag, (30.0, 30.0), 1000.0) is None
    for tag in neighbours[16:]:
        assert rates.charge(tag, (60.0, 0.0), 1030.0) is None
    for tag in neighbours[16:]:
        assert rates.charge(tag, (60.0, 0.0), 1030.0) == (60.0, -30.0 - 30.0)


def test_tags_tell_keys_and_their_rates_apart() -> None:
    tags = {tag_of("a", "k", 1), tag_of("a", "k", 2), tag_of("b", "k", 1), tag_of("a", "l", 1)}
    assert len(tags) == 4
