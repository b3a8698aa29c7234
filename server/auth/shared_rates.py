"""The buckets of API keys in a database, for several servers.

A server borrows a part of a bucket at a time, and spends it without asking anybody: about twenty
round trips a minute for a key within its limit, and two a second for one beyond it, whatever the
limit is. What has been borrowed counts as spent, so all servers together never accept more than the
limit, and less only by what lies unspent at servers that the key has stopped using.
"""

from typing import Protocol

from server.auth.key_table import ROUNDING_SECONDS, Amounts
from server.auth.lease_table import LeaseTable
from server.auth.rates import PERIOD_SECONDS, RateTable
from server.database.interface import Database, Row, StorageError

_PART_SECONDS = PERIOD_SECONDS / 20  # of a bucket that is borrowed at a time
_PAUSE_SECONDS = 0.5  # before an empty bucket is asked again
_MOST_REFUSALS = 10_000  # remembered


class Rates(Protocol):
    """Two buckets for each key; `RateTable` documents the method."""

    def charge(self, tag: int, costs: Amounts, now: float) -> Amounts | None: ...


class SharedRates:
    """Any thread of any process forked after it was made may call it."""

    def __init__(self, database: Database, leases: LeaseTable, alone: RateTable) -> None:
        """`database` has the tables of `core.state`; while it is away, `alone` has the buckets."""
        self._database = database
        self._leases = leases
        self._alone = alone
        self._refusals: dict[int, tuple[Amounts, Amounts]] = {}  # costs, and when they will do

    def charge(self, tag: int, costs: Amounts, now: float) -> Amounts | None:
        """See `RateTable.charge`."""
        if self._leases.take(tag, costs):
            return None
        refused = self._refused(tag, costs, now)
        if refused is not None:
            return refused
        try:
            waits = self._borrow(tag, costs, now)
        except StorageError:
            return self._alone.charge(tag, costs, now)
        if waits is not None:
            self._remember(tag, costs, (now + waits[0], now + waits[1]))
        return waits

    def _remember(self, tag: int, costs: Amounts, until: Amounts) -> None:
        if len(self._refusals) >= _MOST_REFUSALS:
            self._refusals.clear()
        self._refusals[tag] = costs, until

    def _refused(self, tag: int, costs: Amounts, now: float) -> Amounts | None:
        """Return the seconds until each cost will do, if as much has been refused before.

        So a client that goes on sending costs no round trips.
        """
        remembered = self._refusals.get(tag)
        if remembered is None:
            return None
        known, until = remembered
        if max(until) - now <= ROUNDING_SECONDS:
            self._refusals.pop(tag, None)
            return None
        if costs[0] < known[0] or costs[1] < known[1]:
            return None
        return until[0] - now, until[1] - now

    def _borrow(self, tag: int, costs: Amounts, moment: float) -> Amounts | None:
        """Borrow enough for both costs, and more, and spend them; or return the seconds to wait.

        `moment` is on the clock of `charge`, not on that of the database.
        """
        name = f"{tag:016x}"
        left = self._leases.left(tag)
        with self._database.transaction() as transaction:
            now = transaction.now()
            rows = transaction.select("SELECT * FROM rates WHERE tag = ?", name)
            if not rows:  # seldom: a good moment to forget buckets that are full
                transaction.run(
                    "DELETE FROM rates WHERE requests_full_at < ? AND characters_full_at < ?",
                    now,
                    now,
                )
            full_at = _full_at(rows, now)
            waits = [
                min(cost - has, PERIOD_SECONDS) - (PERIOD_SECONDS - (full - now))
                for cost, has, full in zip(costs, left, full_at, strict=True)
            ]
            if max(waits) > ROUNDING_SECONDS:
                return max(0.0, waits[0]), max(0.0, waits[1])
            borrowed = [
                _amount(cost, has, PERIOD_SECONDS - (full - now))
                for cost, has, full in zip(costs, left, full_at, strict=True)
            ]
            transaction.run(
                "INSERT INTO rates VALUES (?, ?, ?) ON CONFLICT (tag) DO UPDATE"
                " SET requests_full_at = excluded.requests_full_at,"
                " characters_full_at = excluded.characters_full_at",
                name,
                full_at[0] + borrowed[0],
                full_at[1] + borrowed[1],
            )
        self._leases.add(tag, (borrowed[0] - costs[0], borrowed[1] - costs[1]))
        if any(cost and lent < _PART_SECONDS for cost, lent in zip(costs, borrowed, strict=True)):
            later = moment + _PAUSE_SECONDS  # the bucket is nearly empty
            self._remember(tag, (0.0, 0.0), (later, later))
        return None


def _full_at(rows: list[Row], now: float) -> Amounts:
    if not rows:
        return now, now
    return max(now, rows[0]["requests_full_at"]), max(now, rows[0]["characters_full_at"])


def _amount(cost: float, left: float, level: float) -> float:
    """Return what to borrow of a bucket: what the cost needs, and a part, if the level allows."""
    if cost == 0:  # no limit
        return 0.0
    needed = max(0.0, cost - left)
    return needed + max(0.0, min(_PART_SECONDS, level - needed))
