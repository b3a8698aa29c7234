"""In which order jobs wait: interactive before bulk, and nobody behind somebody else's flood.

Without I/O and without a clock: what ages is counted in the work that went ahead.
"""

from collections import deque
from collections.abc import Iterable

from gpu_pool.scheduler import WorkItem

# Tokens that a client gets in a turn: a few sentences, so that turns are short.
QUANTUM = 256
# While both wait, bulk work gets a token for so many of interactive work: it is slow, never stuck.
BULK_SHARE = 8
_BULK_TURN = QUANTUM / BULK_SHARE


class FairQueue:
    """Deficit round-robin over clients (Shreedhar & Varghese, SIGCOMM 1995).

    Each client's jobs stay in order; with n clients waiting, each gets an n-th of the tokens.
    """

    def __init__(self) -> None:
        self._jobs: dict[str, deque[WorkItem]] = {}  # by client, in the order of their turns
        self._deficits: dict[str, int] = {}  # tokens that a client may still take in its turn

    def __bool__(self) -> bool:
        return bool(self._jobs)

    def append(self, item: WorkItem) -> None:
        """Put a job behind those of its client."""
        self._jobs.setdefault(item.client, deque()).append(item)

    def popleft(self) -> WorkItem:
        """Return the job whose turn it is. Costs O(1) unless jobs are larger than a turn."""
        while True:
            client, items = next(iter(self._jobs.items()))
            deficit = self._deficits.get(client, QUANTUM)
            if items[0].tokens <= deficit:
                break
            self._deficits[client] = deficit + QUANTUM
            self._jobs[client] = self._jobs.pop(client)  # to the end: the next one's turn
        item = items.popleft()
        self._deficits[client] = deficit - item.tokens
        if not items:
            del self._jobs[client], self._deficits[client]
        return item


class WorkQueue:
    """All jobs that wait in the front."""

    def __init__(self) -> None:
        self._front: deque[WorkItem] = deque()  # taken out once and put back: ahead of all others
        self._interactive, self._bulk = FairQueue(), FairQueue()
        self._owed = 0.0  # tokens that bulk work may take ahead of interactive work
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def append(self, item: WorkItem) -> None:
        """Let a job wait its turn."""
        (self._bulk if item.bulk else self._interactive).append(item)
        self._length += 1

    def put_back(self, items: Iterable[WorkItem]) -> None:
        """Put jobs before all others, in the order given."""
        items = list(items)
        self._front.extendleft(reversed(items))
        self._length += len(items)

    def head(self) -> WorkItem:
        """Return the job that `popleft` takes out next. Raises IndexError where there is none."""
        if not self._front:
            self._front.append(self._choose())
        return self._front[0]

    def popleft(self) -> WorkItem:
        """Take the next job out. Raises IndexError where there is none."""
        self.head()
        self._length -= 1
        return self._front.popleft()

    def _choose(self) -> WorkItem:
        if self._interactive and (self._owed < _BULK_TURN or not self._bulk):
            item = self._interactive.popleft()
            self._owed = self._owed + item.tokens / BULK_SHARE if self._bulk else 0.0
            return item
        if not self._bulk:
            raise IndexError("no job is waiting")
        item = self._bulk.popleft()
        self._owed = self._owed - item.tokens if self._interactive else 0.0
        return item
