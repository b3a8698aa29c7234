"""A request whose segments are in the pool, and who receives their results."""

from dataclasses import dataclass, field
from typing import Protocol

from gpu_pool.errors import PoolError, QuarantinedError, TranslationError

SegmentError = QuarantinedError | TranslationError
Outcome = bytes | SegmentError


class Recipient(Protocol):
    """Receives results; called by the dispatcher's thread, which it must not block."""

    def deliver(self, outcomes: list[tuple[int, Outcome]]) -> None:
        """Take the outcomes of segments, by their keys."""

    def fail(self, error: PoolError) -> None:
        """Take the error that ends the whole request; nothing follows."""


@dataclass(slots=True, eq=False)
class Request:
    """Only the dispatcher's thread changes it. `deadline` is on the monotonic clock."""

    id: int
    recipient: Recipient
    model: str  # that decodes its segments
    client: str = ""  # clients take turns
    bulk: bool = False  # yields to work that is not bulk
    deadline: float | None = None
    tokens: dict[int, int] = field(default_factory=dict)  # of unfinished segments, by key
    outcomes: list[tuple[int, Outcome]] = field(default_factory=list)  # to be delivered

    def deliver(self) -> tuple[int, int]:
        """Deliver what is kept; return the number of segments, and of their tokens."""
        if not self.outcomes:
            return 0, 0
        outcomes, self.outcomes = self.outcomes, []
        tokens = sum([self.tokens.pop(key) for key, _ in outcomes])
        self.recipient.deliver(outcomes)
        return len(outcomes), tokens

    def drop(self) -> tuple[int, int]:
        """Forget all segments; return how many were unfinished, and their tokens."""
        dropped = len(self.tokens), sum(self.tokens.values())
        self.tokens.clear()
        self.outcomes.clear()
        return dropped
