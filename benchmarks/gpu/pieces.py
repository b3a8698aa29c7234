"""The time of each piece of a step by itself, on a GPU recorded as a CUDA graph.

No piece waits for the host, and their sum is the device's work in a step. The slots are in a
typical state: sources of 32 tokens, 30 tokens into their translations.
"""

from collections.abc import Callable
from dataclasses import fields

import torch
from torch import Tensor

from benchmarks.decoding import LONGEST, median_seconds
from benchmarks.gpu.options import Emit, Options, Row
from benchmarks.gpu.subject import Internals, Subject, step_until, watched
from translator.engines.inflight.state import Shape, SlotState
from translator.engines.inflight.step import decode_step
from translator.engines.inflight.stream import CudaStream

_BEAMS = (1, 5)
_SLOTS, _SLOTS_ON_CPU = (128, 32, 1), (4, 1)
_LENGTH, _AT = 32, 29  # tokens of source and target; the position that sentences are at
_WARM_UP, _REPLAYS = 3, 30
_PIECES = {
    "layers": "decoder layers",
    "products": "of which matrix products alone",
    "head": "head",
    "continuations": "head + continuations",
    "bookkeeping": "beam bookkeeping",
    "step": "a whole step",
}


def measure(options: Options, emit: Emit) -> None:
    """Emit a row for each number of slots and beams, on a GPU with and without kernels of ours."""
    subject = Subject(options)
    for beams in _BEAMS:
        for kernels in (True, False) if subject.cuda else (False,):
            _measure(subject, beams, options.size, emit, kernels=kernels)


def _measure(subject: Subject, beams: int, size: str, emit: Emit, *, kernels: bool) -> None:
    with watched() as seen:
        engine = subject.make_engine(kernels=kernels)
        for slots in _SLOTS if subject.cuda else _SLOTS_ON_CPU:
            subject.submit(engine, slots, beams, _LENGTH, LONGEST)
            subject.step(engine)
            internals = seen[0]
            step_until(subject, engine, internals.state, slots, _AT)
            row = {"size": size, "slots": slots, "beams": beams, "kernels": dict(engine.kernels)}
            milliseconds = _time_all(internals, Shape(slots, _LENGTH, _LENGTH))
            subject.synchronise()
            emit(row | milliseconds)
            subject.drain(engine)
        del engine
        seen.clear()


@torch.inference_mode()
def _time_all(internals: Internals, shape: Shape) -> dict[str, float]:
    """Return the milliseconds of each piece; the state is restored."""
    network, state = internals.network, internals.state
    head, operations = network.weights.head, network.operations.at(shape.slots)
    hidden = network.decode(state, shape).clone()
    found = operations.rank(head, hidden, state, shape, 0)
    flat = hidden.flatten(0, 1)

    def products() -> None:
        for layer in network.weights.decoder:
            layer.attention.qkv(flat)
            layer.attention.out(flat)
            layer.cross_query(flat)
            layer.cross_out(flat)
            layer.feed_forward.down(layer.feed_forward.up(flat))

    pieces: dict[str, Callable[[], object]] = {
        "layers": lambda: network.decode(state, shape),
        "products": products,
        "head": lambda: head.scores(hidden),
        "continuations": lambda: operations.rank(head, hidden, state, shape, 0),
        "bookkeeping": lambda: operations.advance(state, found, shape, internals.eos),
        "step": lambda: decode_step(network, state, shape, internals.eos),
    }
    milliseconds = {}
    for name, piece in pieces.items():
        before = _tensors(state)
        kept = [tensor.clone() for tensor in before]
        milliseconds[name] = _time(piece, hidden.device) * 1e3
        for tensor, value in zip(before, kept, strict=True):
            tensor.copy_(value)
    return milliseconds


def _tensors(state: SlotState) -> list[Tensor]:
    """Return the state without the caches, where pieces write the same values again."""
    values = [getattr(state, field.name) for field in fields(state)]
    return [value for value in values if isinstance(value, Tensor)]


def _time(piece: Callable[[], object], device: torch.device) -> float:
    """Return the seconds of a piece: replayed on a GPU, called on a CPU."""
    if device.type != "cuda":
        return median_seconds(piece)
    for _ in range(_WARM_UP):
        piece()
    replay = CudaStream().record(piece)
    for _ in range(_WARM_UP):
        replay()
    begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))  # type: ignore[no-untyped-call]
    begin.record()
    for _ in range(_REPLAYS):
        replay()
    end.record()
    torch.cuda.synchronize()
    return float(begin.elapsed_time(end)) / _REPLAYS / 1e3


def render(rows: list[Row]) -> str:
    """Return a table of milliseconds."""
    lines = [
        f"Random {rows[0]['size']}, sources of {_LENGTH} tokens, {_AT} tokens translated. "
        "Milliseconds, on a GPU each piece as a CUDA graph (on a CPU called, without graphs).",
        "",
        f"| slots × beams | kernels | {' | '.join(_PIECES.values())} |",
        "| --- | --- |" + " ---: |" * len(_PIECES),
    ]
    for row in rows:
        cells = " | ".join(f"{row[piece]:.2f}" for piece in _PIECES)
        kernels = "ours" if row["kernels"] else "torch"
        lines.append(f"| {row['slots']} × {row['beams']} | {kernels} | {cells} |")
    return "\n".join(lines)
