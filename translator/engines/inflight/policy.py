"""When waiting sentences are admitted into slots.

An admission stalls all live sentences, and costs about as much for one sentence as for several; but
a free slot that could be filled is lost capacity. With a fixed cost of r steps, and n live
sentences of L tokens, of which n / L finish per step, admitting every m steps loses
r / m + m / 2L of the capacity. The loss is smallest at m = sqrt(2 r L), when sqrt(2 r / L) of n
have gathered: the economic order quantity (Harris, "How Many Parts to Make at Once", 1913).
docs/engine.md has the figures for CPUs and GPUs.
"""

from dataclasses import dataclass

ADMIT_SHARE = 1 / 8  # of the live segments: an admission is worth it for as many
ADMIT_AFTER = 3  # iterations: the longest that a segment waits for others while slots are free
BATCHING_DELAY = 1  # iterations: the longest delay after many segments finished together


@dataclass(frozen=True, slots=True)
class _BatchingDelay:
    """Clients that were answered together send their next requests within moments of each other."""

    expected: int  # segments that wait once all have arrived
    until: float  # when the delay ends at the latest


class AdmissionPolicy:
    """Decides for one pool; `now` and `iteration` are in seconds, the latter a recent duration."""

    def __init__(self, share: float = ADMIT_SHARE, after: float = ADMIT_AFTER) -> None:
        self._share, self._after = share, after
        self._waiting_since: float | None = None  # when the oldest waiting segment arrived
        self._delay: _BatchingDelay | None = None

    def arrived(self, now: float) -> None:
        """Note that a segment arrived."""
        if self._waiting_since is None:
            self._waiting_since = now

    def admits(self, now: float, waiting: int, free: int, live: int, iteration: float) -> bool:
        """Return True if as many waiting segments as there are free slots should join now.

        `iteration` is the duration of the last admission or step, whichever was longer.
        """
        if self._is_delayed(now, waiting, free) or self._waiting_since is None:
            return False
        admissible = min(waiting, free)
        overdue = now - self._waiting_since > self._after * iteration
        return admissible > 0 and (overdue or admissible >= self._share * live)

    def admitted(self, now: float, waiting: int) -> None:
        """Note that segments joined, and that `waiting` are left."""
        self._waiting_since = now if waiting else None

    def finished(self, now: float, done: int, waiting: int, live: int, iteration: float) -> None:
        """Note that `done` segments finished in a step.

        If more finished than are left, one delayed admission of all their successors costs less
        than several admissions.
        """
        if done > live:
            self._delay = _BatchingDelay(waiting + done, now + BATCHING_DELAY * iteration)

    def _is_delayed(self, now: float, waiting: int, free: int) -> bool:
        """Return True while more segments are expected."""
        delay = self._delay
        if delay is None:
            return False
        if waiting >= min(delay.expected, free) or now >= delay.until:
            self._delay = None
            return False
        return True
