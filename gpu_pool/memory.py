"""How much of a device's memory a worker's segments may take, as experience corrects it."""

from dataclasses import dataclass

SHRINK = 0.75  # of the budget is left each time that memory ran out
MIN_SHARE = 1 / 8  # of the full budget: below it nothing would be learnt any more
RECOVERY = 1 / 300  # of the full budget a second: five minutes from nothing to all


@dataclass(slots=True)
class MemoryBudget:
    """Shrinks when memory ran out, which others may have caused, and slowly recovers."""

    full: int | None = None  # bytes; None: not limited by memory
    share: float = 1.0  # of it that may be used now

    @property
    def now(self) -> int | None:
        """Bytes that segments may hold in all at present."""
        return None if self.full is None else int(self.full * self.share)

    def shrink(self) -> None:
        """Take note that memory ran out although the budget was kept."""
        self.share = max(MIN_SHARE, self.share * SHRINK)

    def recover(self, seconds: float) -> None:
        """Take note that it did not run out for so long."""
        self.share = min(1.0, self.share + RECOVERY * seconds)
