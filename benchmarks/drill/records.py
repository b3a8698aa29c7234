"""What became of every request, and during which event."""

import statistics
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

INTERACTIVE = ("text", "array", "stream", "document")  # a client waits for these


@dataclass
class Period:
    """The time from the begin of an event to that of the next one."""

    name: str
    recovered: float | None = None  # seconds until what was killed or replaced served again
    answered: Counter[str] = field(default_factory=Counter)  # by kind
    failed: Counter[str] = field(default_factory=Counter)  # by "kind: cause"
    seconds: list[float] = field(default_factory=list)  # of answered interactive requests

    def quantile(self, percent: int) -> float | None:
        """Return the seconds within which so many percent were answered; None for too few."""
        if len(self.seconds) < 2:
            return None
        return statistics.quantiles(self.seconds, n=100, method="inclusive")[percent - 1]


class Records:
    """Any thread may add to it. A request belongs to the period in which it ends."""

    def __init__(self) -> None:
        self.periods: list[Period] = []
        self._lock = threading.Lock()

    def begin(self, name: str) -> Period:
        """Begin a period."""
        with self._lock:
            self.periods.append(Period(name))
            return self.periods[-1]

    def answered(self, kind: str, begun: float) -> None:
        """Count a request that was sent at a monotonic time."""
        seconds = time.monotonic() - begun
        with self._lock:
            period = self.periods[-1]
            period.answered[kind] += 1
            if kind in INTERACTIVE:
                period.seconds.append(seconds)

    def failed(self, kind: str, cause: str) -> None:
        """Count a request that had no answer, or a wrong one."""
        with self._lock:
            self.periods[-1].failed[f"{kind}: {cause}"] += 1
