"""Texts that are being translated, with the outcomes of their segments so far."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Optional

from translator.text.segmentation import SegmentedText, TextSegment
from translator.verify.quality import CODES
from translator.verify.recovery import Recovery
from translator.verify.steps import Outcome, TextOptions


@dataclass(slots=True)
class PendingText:
    """A caller's text, with its `key`, or the text of a `parent` segment translated in parts."""

    document: SegmentedText
    options: TextOptions
    key: int | None = None
    parent: Optional["PendingSegment"] = None
    error: str | None = None
    outcomes: list[Outcome | None] = field(init=False)
    unfinished: int = field(init=False)  # segments

    def __post_init__(self) -> None:
        self.unfinished = len(self.document.segments)
        self.outcomes = [None] * self.unfinished

    def add(self, index: int, outcome: Outcome) -> None:
        """Add the outcome of a segment."""
        self.outcomes[index] = outcome
        self.unfinished -= 1

    def joined(self) -> Outcome:
        """Join the outcomes of all segments; alternatives are joined rank by rank.

        A segment with fewer alternatives than another contributes its best translation instead.
        """
        found = [outcome for outcome in self.outcomes if outcome is not None]
        if len(found) == 1 and not found[0].warnings and not found[0].alternatives:
            return Outcome(self._join([found[0].text]))  # mostly
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
        return self.document.join(list(texts), self.options.target)


@dataclass(slots=True)
class PendingSegment:
    """One segment of a pending text, and the state of its decodings."""

    text: PendingText
    index: int
    recovery: Recovery

    @property
    def source(self) -> TextSegment:
        """The segment's source text and its number of tokens."""
        return self.text.document.segments[self.index]
