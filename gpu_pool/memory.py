"""The memory budget of a worker's segments, adapted at run time."""

from dataclasses import dataclass

SHRINK = 0.75  # factor applied each time the device runs out of memory
MIN_SHARE = 1 / 8  # of the full budget: the lower bound
RECOVERY = 1 / 300  # of the full budget per second: from zero to full in five minutes


@dataclass(slots=True)
class MemoryBudget:
    """Shrinks when the device runs out of memory, and recovers slowly.

    Running out need not be the worker's fault: other processes may use the device too.
    """

    full: int | None = None  # bytes; None: not limited by memory
    share: float = 1.0  # of `full` that may be used now

    @property
    def now(self) -> int | None:
        """Bytes that all segments together may hold now."""
        return None if self.full is None else int(self.full * self.share)

    def shrink(self) -> None:
        """Shrink after the device ran out of memory."""
        self.share = max(MIN_SHARE, self.share * SHRINK)

    def recover(self, seconds: float) -> None:
        """Recover after `seconds` during which the device did not run out of memory."""
        self.share = min(1.0, self.share + RECOVERY * seconds)
