"""What a server may still spend of the buckets that it shares with others, by API key."""

from contextlib import AbstractContextManager

from server.auth.key_table import ROUNDING_SECONDS, Amounts, KeyTable


class LeaseTable:
    """Any thread of any process forked after it was made may use it."""

    def __init__(self, lock: AbstractContextManager[object] | None = None) -> None:
        """Without a `lock` between processes, it serves the threads of one."""
        self._table = KeyTable(lock, _loss)

    def take(self, tag: int, costs: Amounts) -> bool:
        """Spend both costs; return False, and spend nothing, where there is less."""
        with self._table.lock:
            row = self._table.row(tag)
            first, second = self._table.get(row)
            if min(first - costs[0], second - costs[1]) < -ROUNDING_SECONDS:
                return False
            self._table.set(row, (first - costs[0], second - costs[1]))
        return True

    def left(self, tag: int) -> Amounts:
        """Return what there is."""
        with self._table.lock:
            return self._table.get(self._table.row(tag))

    def add(self, tag: int, amounts: Amounts) -> None:
        """Add to what there is."""
        with self._table.lock:
            row = self._table.row(tag)
            first, second = self._table.get(row)
            self._table.set(row, (first + amounts[0], second + amounts[1]))


def _loss(amounts: Amounts) -> float:
    """Return what is lost with these amounts: a debt is as good as what is left."""
    return abs(amounts[0]) + abs(amounts[1])
