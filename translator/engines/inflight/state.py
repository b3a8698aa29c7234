"""The state of slots between steps: allocated once and updated in place for replayed graphs.

Letters in shapes: N slots, K beams, T decoder positions, S source tokens, H heads of D values.
"""

import math
import mmap
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from translator.engines.inflight.weights import Weights

NEVER = -1e9  # the score of what must not be chosen, as in transformers


@dataclass(frozen=True, slots=True)
class Shape:
    """The part of the state that a step works on: the first `slots`, `source` and `length`.

    `common`: no sentence needs other tokens than the common ones of a CommonHead.
    """

    slots: int
    source: int
    length: int
    common: bool = False


@dataclass(frozen=True, slots=True)
class Cache:
    """Keys, then values, of one decoder layer.

    `own [N, 2, H, T, K, D]`: time before beams, so that the first t positions of all beams are a
    view. `cross [N, 2, H, S, D]`: once per sentence, not per beam. On a CPU the memory layout is
    `[2, T, K, N, H, D]` and `[2, S, N, H, D]`: a step reads few pages, and slots and heads form one
    batch dimension of matrix products.
    """

    own: Tensor
    cross: Tensor

    def write(self, rows: Tensor, position: Tensor, keys_values: Tensor) -> None:
        """Put `keys_values [n, 2, H, K, D]` of the first slots, `rows [n]`, at `position [n]`."""
        if len(position) == 1 and position.device.type == "cpu":
            # Takes a third of the time; on a GPU the host would wait for the position.
            self.own[0, :, :, int(position)] = keys_values[0]
        else:
            self.own[rows, :, :, position] = keys_values


@dataclass(frozen=True, slots=True)
class SlotState:
    """All slots of a beam group, and a spare one, the last, that takes part in no step.

    Only `ancestor` is re-ordered with the beams: `ancestor[i, k, t]` is the cache column, among the
    K of position t, from which beam k descends. The caches never move.
    """

    beams: int
    caches: tuple[Cache, ...]
    source_length: Tensor  # int64 [N]; 1 in empty slots, or attention would be NaN
    token: Tensor  # int64 [N, K]: input of the next step
    position: Tensor  # int64 [N]: of that input
    ancestor: Tensor  # int64 [N, K, T]
    running: Tensor  # int64 [N, K, T]: the sequences of the beams
    running_score: Tensor  # fp32 [N, K]: sum of log-probabilities
    finished: Tensor  # int64 [N, K, T]: the best sequences that ended, best first
    finished_score: Tensor  # fp32 [N, K]: divided by length ** penalty
    is_finished: Tensor  # bool [N, K]: whether there is such a sequence
    active: Tensor  # bool [N]: holds an unfinished sentence
    finite: Tensor  # bool [N]: no score was NaN or infinite so far
    max_length: Tensor  # int64 [N]: of a sequence, with start, language and end
    length_penalty: Tensor  # fp32 [N]
    stop_when_full: Tensor  # bool [N]: early_stopping True
    length_bound_is_max: Tensor  # bool [N]: early_stopping "never"
    scripts: Tensor  # int64 [N]: bits of the scripts that a translation may be in; see TokenScripts

    @classmethod
    def allocate(
        cls, weights: Weights, slots: int, beams: int, source: int, length: int
    ) -> "SlotState":
        """Return empty slots for sources of up to `source` and sequences of `length` tokens."""
        slots += 1  # the spare one
        heads, size = weights.heads, weights.width // weights.heads
        device = weights.decoder[-1].device

        def full(shape: tuple[int, ...], value: float, dtype: torch.dtype) -> Tensor:
            return torch.full(shape, value, dtype=dtype, device=device)

        def caches(*rest: int) -> list[Tensor]:
            shape = (slots, 2, heads, *rest, size)
            return [_cache(shape, weights.dtype, layer.device) for layer in weights.decoder]

        sequences = (slots, beams, length)
        return cls(
            beams=beams,
            caches=tuple(map(Cache, caches(length, beams), caches(source))),
            source_length=full((slots,), 1, torch.int64),
            token=full((slots, beams), weights.pad, torch.int64),
            position=full((slots,), 0, torch.int64),
            ancestor=full(sequences, 0, torch.int64),
            running=full(sequences, weights.pad, torch.int64),
            running_score=full((slots, beams), 0, torch.float32),
            finished=full(sequences, weights.pad, torch.int64),
            finished_score=full((slots, beams), NEVER, torch.float32),
            is_finished=full((slots, beams), 0, torch.bool),
            active=full((slots,), 0, torch.bool),
            finite=full((slots,), 1, torch.bool),
            max_length=full((slots,), length, torch.int64),
            length_penalty=full((slots,), 1, torch.float32),
            stop_when_full=full((slots,), 1, torch.bool),
            length_bound_is_max=full((slots,), 0, torch.bool),
            scripts=full((slots,), 0, torch.int64),
        )

    @property
    def slots(self) -> int:
        """The number of slots, without the spare one."""
        return len(self.active) - 1

    @property
    def source(self) -> int:
        """The longest source, in tokens."""
        return self.caches[0].cross.shape[3]

    @property
    def length(self) -> int:
        """The longest sequence, in tokens."""
        return self.running.shape[2]

    def move(self, table: Tensor, shape: Shape) -> None:
        """Move slots, with the part of their caches inside `shape`; the old slots become empty.

        `table [n, 2]`: from, to; rows that only pad the table name the spare slot.
        """
        old, new = table.long().unbind(1)
        values = [getattr(self, field.name) for field in fields(self) if field.name != "active"]
        for cache in self.caches:
            values += [cache.own[:, :, :, : shape.length], cache.cross[:, :, :, : shape.source]]
        for tensor in values:
            if isinstance(tensor, Tensor):
                tensor[new.to(tensor.device)] = tensor[old.to(tensor.device)]
        # Last, because memory may run out above.
        self.active[new] = self.active[old]
        self.active[old] = False

    def wipe(self, table: Tensor) -> None:
        """Zero the caches of the slots in `table [n, 1]`: a mask does not hide NaN."""
        for cache in self.caches:
            for tensor in (cache.own, cache.cross):
                tensor[table[:, 0].long().to(tensor.device)] = 0.0


def _cache(shape: tuple[int, ...], dtype: torch.dtype, device: torch.device) -> Tensor:
    """Return zeros `[N, 2, H, …, D]`, laid out as `[2, …, N, H, D]` in the memory of a CPU.

    There, the operating system allocates a page when a sentence first reaches it.
    """
    if device.type != "cpu":
        return torch.zeros(shape, dtype=dtype, device=device)
    slots, both, heads, *rest, size = shape
    size_in_bytes = math.prod(shape) * dtype.itemsize
    # Private: pages of a shared mapping would be allocated as soon as they are read.
    pages = mmap.mmap(-1, size_in_bytes, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    contiguous = torch.frombuffer(pages, dtype=dtype).view(both, *rest, slots, heads, size)
    return contiguous.movedim((-3, -2), (0, 2))
