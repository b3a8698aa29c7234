"""Buckets that several servers share; the database is in memory, and its clock is the tests'."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from server.auth.key_table import _ROWS, _WINDOW
from server.auth.lease_table import LeaseTable
from server.auth.rates import PERIOD_SECONDS, RateTable
from server.auth.shared_rates import SharedRates
from server.core.state import STATE
from server.database.interface import StorageError, Transaction
from server.database.sqlite import SqliteDatabase

TAG = 7


class Clocked:
    """A transaction whose time is the test's."""

    def __init__(self, inner: Transaction, now: float) -> None:
        self.select, self.run, self.insert = inner.select, inner.run, inner.insert
        self._now = now

    def now(self) -> float:
        return self._now


class Shared(SqliteDatabase):
    """Counts transactions; may be away."""

    def __init__(self) -> None:
        super().__init__(None, STATE)
        self.time = 0.0
        self.trips = 0
        self.away = False

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        if self.away:
            raise StorageError("gone", away=True)
        self.trips += 1
        with super().transaction() as transaction:
            yield Clocked(transaction, self.time)


@pytest.fixture
def database() -> Iterator[Shared]:
    made = Shared()
    yield made
    made.close()


def servers(database: Shared, count: int) -> list[SharedRates]:
    return [SharedRates(database, LeaseTable(), RateTable()) for _ in range(count)]


def flood(database: Shared, rates: list[SharedRates], per_minute: int, seconds: float) -> int:
    """Send ten times the rate to all servers in turn; return how many requests are accepted."""
    cost = PERIOD_SECONDS / per_minute
    accepted = 0
    for i in range(int(10 * per_minute * seconds / 60)):
        database.time = i * 60 / per_minute / 10
        waits = rates[i % len(rates)].charge(TAG, (cost, 0.0), 1_000 + database.time)
        accepted += waits is None
    return accepted


@pytest.mark.parametrize("count", [1, 2, 5])
@pytest.mark.parametrize("per_minute", [60, 6_000])
def test_all_servers_together_keep_the_limit(database: Shared, count: int, per_minute: int) -> None:
    """A full bucket, and what it gains in two minutes."""
    accepted = flood(database, servers(database, count), per_minute, 120.0)
    assert 0.9 * 3 * per_minute <= accepted <= 3 * per_minute


def test_a_request_seldom_asks_the_database(database: Shared) -> None:
    flood(database, servers(database, 2), 6_000, 120.0)
    assert database.trips < 600, "of 24,000 requests, most of them beyond the limit"


def test_a_request_within_the_rate_is_accepted(database: Shared) -> None:
    [rates] = servers(database, 1)
    for i in range(1_000):
        database.time = float(i)
        assert rates.charge(TAG, (1.0, 0.5), 1_000 + database.time) is None


def test_the_wait_is_that_of_the_shared_bucket(database: Shared) -> None:
    first, second = servers(database, 2)
    while first.charge(TAG, (10.0, 1.0), 1_000.0) is None:
        pass
    waits = second.charge(TAG, (10.0, 1.0), 1_000.0)
    assert waits is not None
    assert 0 < waits[0] <= 10.0
    assert waits[1] <= 0.0
    database.time = waits[0] + 0.01
    assert second.charge(TAG, (10.0, 1.0), 1_000.0 + database.time) is None


def test_a_smaller_request_is_not_refused_for_a_larger_one(database: Shared) -> None:
    [rates] = servers(database, 1)
    assert rates.charge(TAG, (0.1, 50.0), 1_000.0) is None
    assert rates.charge(TAG, (0.1, 50.0), 1_000.0) is not None
    assert rates.charge(TAG, (0.1, 1.0), 1_000.0) is None


def test_a_cost_larger_than_the_bucket_is_accepted_when_it_is_full(database: Shared) -> None:
    [rates] = servers(database, 1)
    assert rates.charge(TAG, (0.0, 3 * PERIOD_SECONDS), 1_000.0) is None
    waits = rates.charge(TAG, (0.0, 1.0), 1_000.0)
    assert waits is not None
    assert waits[1] == pytest.approx(2 * PERIOD_SECONDS + 1.0)


def test_keys_have_buckets_of_their_own(database: Shared) -> None:
    [rates] = servers(database, 1)
    while rates.charge(TAG, (10.0, 0.0), 1_000.0) is None:
        pass
    assert rates.charge(TAG + 1, (10.0, 0.0), 1_000.0) is None


def test_without_the_database_each_server_has_the_limit_for_itself(database: Shared) -> None:
    database.away = True
    [rates] = servers(database, 1)
    accepted = sum(rates.charge(TAG, (1.0, 0.0), 1_000.0) is None for _ in range(100))
    assert accepted == 60


def test_who_needs_a_row_takes_that_of_a_key_that_loses_nothing() -> None:
    leases = LeaseTable()
    first, *others, last = (number * (_ROWS - _WINDOW) for number in range(1, _WINDOW + 2))
    leases.add(first, (-1.0, 0.0))  # two threads have spent the same
    for other in others:
        leases.add(other, (0.0, 0.0))
    leases.add(last, (1.0, 1.0))
    assert leases.left(first) == (-1.0, 0.0)
    assert leases.left(last) == (1.0, 1.0)


def test_full_buckets_are_forgotten(database: Shared) -> None:
    [rates] = servers(database, 1)
    for tag in range(1, 20):
        database.time = tag * 1_000.0
        rates.charge(tag, (1.0, 1.0), 1_000.0)
    assert len(database.select("SELECT * FROM rates")) == 1
