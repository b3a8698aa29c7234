"""What the device tells the host after a step: which sentences are done, and their translations.

Letters as in `state`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from translator.engines import DecodedSegment, EncodedSegment
from translator.engines.inflight.state import Shape, SlotState
from translator.engines.inflight.stream import Numbers

_ACTIVE, _FINITE, _FLAGS = range(3)


@dataclass(frozen=True, slots=True)
class Layout:
    """A row a slot: active, finite, which sequences finished, and the sequences of all K beams."""

    slots: int
    beams: int
    length: int

    @classmethod
    def of(cls, state: SlotState, shape: Shape) -> "Layout":
        """Return the layout after a step, which puts a token one further than it has read."""
        return cls(shape.slots, state.beams, min(shape.length + 1, state.length))

    @property
    def width(self) -> int:
        """Numbers of a row."""
        return _FLAGS + self.beams * (1 + self.length)

    @property
    def size(self) -> int:
        """Numbers of all rows."""
        return self.slots * self.width


def write_report(state: SlotState, layout: Layout, into: Tensor) -> None:
    """Write the rows of the first slots into `into [layout.size]`, int32."""
    n, sequences = layout.slots, _FLAGS + layout.beams
    rows = into.view(n, layout.width)
    rows[:, _ACTIVE] = state.active[:n]
    rows[:, _FINITE] = state.finite[:n]
    rows[:, _FLAGS:sequences] = state.is_finished[:n]
    rows[:, sequences:] = state.finished[:n, :, : layout.length].flatten(1)


class Report:
    """The rows, on the host."""

    def __init__(self, numbers: Numbers, layout: Layout) -> None:
        self._layout = layout
        self._rows = numbers.reshape(layout.slots, layout.width)
        self.active = self._rows[:, _ACTIVE]  # [n], of 0 and 1
        self.finite = self._rows[:, _FINITE]

    def results(
        self, slots: Sequence[int], segments: Sequence[EncodedSegment], eos: int
    ) -> list[DecodedSegment]:
        """Return the sequences that segments finished in their slots, best first."""
        most = max(segment.decoding.hypotheses for segment in segments)
        first, length = _FLAGS + self._layout.beams, self._layout.length
        sequences: list[list[int]] = self._rows[slots, first : first + most * length].tolist()
        # A slot still holds what others left there, wherever it has no sequence of its own.
        own: list[list[int]] = self._rows[slots, _FLAGS : _FLAGS + most].tolist()
        results = []
        for segment, row, flags in zip(segments, sequences, own, strict=True):
            rule = segment.decoding
            best, complete = _cut(row[2 : min(rule.max_length, length)], eos)
            others: tuple[list[int], ...] = ()
            if rule.hypotheses > 1:
                starts = [i * length for i in range(1, rule.hypotheses) if flags[i]]
                found = (_cut(row[i + 2 : i + min(rule.max_length, length)], eos) for i in starts)
                others = tuple(ids for ids, end in found if end)
            results.append(DecodedSegment(segment.key, best, complete, others))
        return results


def _cut(ids: list[int], eos: int) -> tuple[list[int], bool]:
    """Return what is before `</s>`, or else all, and whether there was one."""
    return (ids[: ids.index(eos)], True) if eos in ids else (ids, False)
