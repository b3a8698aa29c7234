"""The report of a step to the host: which sentences are done, and their translations.

Letters as in `state`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from translator.engines import DecodedSegment, EncodedSegment
from translator.engines.inflight.state import Shape, SlotState
from translator.engines.inflight.stream import Numbers

ACTIVE, FINITE, FLAGS = range(3)  # columns of a row


@dataclass(frozen=True, slots=True)
class Layout:
    """A row per slot: active, finite, which sequences finished, and the K best sequences."""

    slots: int
    beams: int
    length: int

    @classmethod
    def of(cls, state: SlotState, shape: Shape) -> "Layout":
        """Return the layout after a step, which writes one position further than it reads."""
        return cls(shape.slots, state.beams, min(shape.length + 1, state.length))

    @property
    def width(self) -> int:
        """The number of values per row."""
        return FLAGS + self.beams * (1 + self.length)

    @property
    def size(self) -> int:
        """The number of values in all rows."""
        return self.slots * self.width


class Report:
    """The report on the host."""

    def __init__(self, numbers: Numbers, layout: Layout) -> None:
        self._layout = layout
        self._rows = numbers.reshape(layout.slots, layout.width)
        self.active = self._rows[:, ACTIVE]  # [n], 0 or 1
        self.finite = self._rows[:, FINITE]

    def results(
        self, slots: Sequence[int], segments: Sequence[EncodedSegment], eos: int
    ) -> list[DecodedSegment]:
        """Return the results of finished segments from their slots."""
        most = max(segment.decoding.hypotheses for segment in segments)
        first, length = FLAGS + self._layout.beams, self._layout.length
        sequences: list[list[int]] = self._rows[slots, first : first + most * length].tolist()
        # Rows without the flag hold sequences that earlier segments left in the slot.
        is_finished: list[list[int]] = self._rows[slots, FLAGS : FLAGS + most].tolist()
        results = []
        for segment, row, flags in zip(segments, sequences, is_finished, strict=True):
            rule = segment.decoding
            begin = 1 if segment.target_id is None else 2  # after the tokens that were given
            best, complete = _cut(row[begin : min(rule.max_length, length)], eos)
            others: tuple[list[int], ...] = ()
            if rule.hypotheses > 1:
                starts = [i * length for i in range(1, rule.hypotheses) if flags[i]]
                found = (
                    _cut(row[i + begin : i + min(rule.max_length, length)], eos) for i in starts
                )
                others = tuple(ids for ids, end in found if end)
            results.append(DecodedSegment(segment.key, best, complete, others))
        return results


def _cut(ids: list[int], eos: int) -> tuple[list[int], bool]:
    """Return the ids before `</s>`, or all of them if there is none, and whether there is one."""
    return (ids[: ids.index(eos)], True) if eos in ids else (ids, False)
