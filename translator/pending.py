"""Texts on their way through an engine: their segments, and parts of segments, as they come in."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Optional

from translator.text.segmentation import SegmentedText, TextSegment
from translator.verify.quality import CODES
from translator.verify.recovery import Outcome, Recovery, TextOptions


@dataclass(slots=True)
class PendingText:
    """A text: a caller's, under its `key`, or that of a piece which is translated in parts."""

    document: SegmentedText
    request: TextOptions
    key: int | None = None
    piece: Optional["PendingSegment"] = None
    error: str | None = None
    outcomes: list[Outcome | None] = field(init=False)
    missing: int = field(init=False)

    def __post_init__(self) -> None:
        self.missing = len(self.document.segments)
        self.outcomes = [None] * self.missing

    def fill(self, index: int, outcome: Outcome) -> None:
        """Take what became of a segment."""
        self.outcomes[index] = outcome
        self.missing -= 1

    def joined(self) -> Outcome:
        """Put together what became of all segments; alternatives rank by rank.

        Where a segment has fewer alternatives than another, its best stands in.
        """
        found = [outcome for outcome in self.outcomes if outcome is not None]
        ranks = max((len(outcome.alternatives) for outcome in found), default=0)
        codes = {code for outcome in found for code in outcome.warnings}
        return Outcome(
            self._join(outcome.text for outcome in found),
            tuple(code for code in CODES if code in codes),
            tuple(
                self._join(
                    (*outcome.alternatives, *[outcome.text] * ranks)[rank] for outcome in found
                )
                for rank in range(ranks)
            ),
        )

    def _join(self, texts: Iterable[str]) -> str:
        return self.document.join(list(texts), self.request.target)


@dataclass(slots=True)
class PendingSegment:
    """One segment of a task, and its decodings."""

    task: PendingText
    index: int
    recovery: Recovery

    @property
    def segment(self) -> TextSegment:
        """The text, and its tokens."""
        return self.task.document.segments[self.index]
