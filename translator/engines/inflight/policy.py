"""When waiting sentences join those in slots.

All that are live wait for an admission, which costs about as much for one sentence as for several;
but a slot that could be filled and is not, costs as well. With a fixed cost of r steps, n live
sentences of L tokens and so n / L that leave a step, admitting every m steps loses r / m + m / 2L
of the capacity, which is least at m = sqrt(2 r L), when sqrt(2 r / L) of n have gathered: the
economic order quantity (Harris, "How Many Parts to Make at Once", 1913). See docs/engine.md for
what that gives on CPUs and GPUs.
"""

from dataclasses import dataclass

ADMIT_SHARE = 1 / 8  # of the live ones: so many that may join are worth an admission
ADMIT_AFTER = 3  # times what a turn took: so long a segment waits at most for others
COMPANY_AFTER = 1  # times that: so long those whose neighbours left together wait for them


@dataclass(frozen=True, slots=True)
class _Company:
    """What may still come: clients whose answers left together ask again within moments."""

    size: int  # segments waiting once all have come
    until: float  # when they are no longer waited for


class AdmissionPolicy:
    """Decides for one pool; is told the time in seconds."""

    def __init__(self, share: float = ADMIT_SHARE, after: float = ADMIT_AFTER) -> None:
        self._share, self._after = share, after
        self._since: float | None = None  # when the oldest of those waiting came
        self._company: _Company | None = None

    def arrive(self, now: float) -> None:
        """Note that a segment came."""
        if self._since is None:
            self._since = now

    def admits(self, now: float, waiting: int, free: int, live: int, turn: float) -> bool:
        """Tell whether as many of the waiting as have a free slot shall join now.

        `turn` is what an admission or a step took of late, whichever was longer.
        """
        if self._expects(now, waiting, free) or self._since is None:
            return False
        joinable = min(waiting, free)
        overdue = now - self._since > self._after * turn
        return joinable > 0 and (overdue or joinable >= self._share * live)

    def admitted(self, now: float, waiting: int) -> None:
        """Note that segments joined and so many still wait."""
        self._since = now if waiting else None

    def left(self, now: float, done: int, waiting: int, live: int, turn: float) -> None:
        """Note how many were done in a step.

        Where that is more than stayed, one admission of all that come again takes less than
        several.
        """
        if done > live:
            self._company = _Company(waiting + done, now + COMPANY_AFTER * turn)

    def _expects(self, now: float, waiting: int, free: int) -> bool:
        """Tell whether company is still expected."""
        company = self._company
        if company is None:
            return False
        if waiting >= min(company.size, free) or now >= company.until:
            self._company = None
            return False
        return True
