"""The order in which items wait: interactive before bulk, and fair among clients.

Without I/O and without a clock: progress is measured in the tokens that were taken out.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Generic

from gpu_pool.work_item import Item

# Tokens that a client gets per turn: a few sentences, so that turns are short.
QUANTUM = 256
# While both wait, bulk work gets one token for every so many of interactive work: it is slow, but
# never starves.
BULK_SHARE = 8
_BULK_TURN = QUANTUM / BULK_SHARE


class FairQueue(Generic[Item]):
    """Deficit round-robin over clients (Shreedhar & Varghese, SIGCOMM 1995).

    The items of a client stay in order; of n waiting clients, each gets 1/n of the tokens.
    """

    def __init__(self) -> None:
        self._items: dict[str, deque[Item]] = {}  # by client, in the order of their turns
        self._deficits: dict[str, int] = {}  # tokens that a client may still take in its turn
        self.length = 0  # of items, of all clients

    def extend(self, client: str, items: Sequence[Item]) -> None:
        """Add items of a client after its others."""
        self.length += len(items)
        waiting = self._items.get(client)
        if waiting is None:
            self._items[client] = deque(items)
        else:
            waiting.extend(items)

    def popleft(self) -> Item:
        """Remove and return the next item. Costs O(1) unless items are larger than QUANTUM."""
        while True:
            client, items = next(iter(self._items.items()))
            deficit = self._deficits.get(client, QUANTUM)
            if items[0].tokens <= deficit:
                break
            self._deficits[client] = deficit + QUANTUM
            self._items[client] = self._items.pop(client)  # move to the end: end of its turn
        self.length -= 1
        item = items.popleft()
        if items:
            self._deficits[client] = deficit - item.tokens
        else:
            del self._items[client]
            self._deficits.pop(client, None)
        return item


class WorkQueue(Generic[Item]):
    """All items that wait in the pool."""

    def __init__(self) -> None:
        self._first: deque[Item] = deque()  # taken out once and put back: before all others
        self._interactive: FairQueue[Item] = FairQueue()
        self._bulk: FairQueue[Item] = FairQueue()
        self._bulk_credit = 0.0  # tokens that bulk work may take before interactive work

    def __len__(self) -> int:
        return len(self._first) + self._interactive.length + self._bulk.length

    def extend(self, items: Sequence[Item]) -> None:
        """Add items of one client, either all bulk work or none."""
        if items:
            queue = self._bulk if items[0].bulk else self._interactive
            queue.extend(items[0].client, items)

    def put_back(self, items: Iterable[Item]) -> None:
        """Put items before all others, in the given order."""
        items = list(items)
        self._first.extendleft(reversed(items))

    def head(self) -> Item:
        """Return the item that `popleft` would remove. Raises IndexError if the queue is empty."""
        if not self._first:
            self._first.append(self.popleft())
        return self._first[0]

    def popleft(self) -> Item:
        """Remove and return the next item. Raises IndexError if the queue is empty."""
        if self._first:
            return self._first.popleft()
        if self._bulk.length:
            return self._pop_with_bulk()
        self._bulk_credit = 0.0
        if self._interactive.length:
            return self._interactive.popleft()
        raise IndexError("the queue is empty")

    def _pop_with_bulk(self) -> Item:
        """Return the next of bulk and interactive items in their turns."""
        if self._interactive.length and self._bulk_credit < _BULK_TURN:
            item = self._interactive.popleft()
            self._bulk_credit += item.tokens / BULK_SHARE
            return item
        item = self._bulk.popleft()
        self._bulk_credit = self._bulk_credit - item.tokens if self._interactive.length else 0.0
        return item
