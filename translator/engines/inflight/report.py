"""What the device tells the host after a step: which sentences are done, and their translations.

Letters as in `state`.
"""

from dataclasses import dataclass
from itertools import compress

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

    def result(self, slot: int, segment: EncodedSegment, eos: int) -> DecodedSegment:
        """Return the sequences that a segment finished in a slot, best first."""
        rule, length = segment.decoding, self._layout.length
        row, first = self._rows[slot], _FLAGS + self._layout.beams
        found = [row[first + i * length :][:length] for i in range(rule.hypotheses)]
        # A slot still holds what others left there, wherever it has no sequence of its own.
        own = [True, *row[_FLAGS + 1 : _FLAGS + rule.hypotheses]]
        (best, complete), *others = (
            _cut(sequence[2 : rule.max_length].tolist(), eos) for sequence in compress(found, own)
        )
        return DecodedSegment(segment.key, best, complete, tuple(ids for ids, end in others if end))


def _cut(ids: list[int], eos: int) -> tuple[list[int], bool]:
    """Return what is before `</s>`, or else all, and whether there was one."""
    return (ids[: ids.index(eos)], True) if eos in ids else (ids, False)
