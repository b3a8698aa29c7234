"""The kernels that may take the place of operations in plain torch."""

from collections.abc import Callable
from dataclasses import dataclass

TORCH = "torch"  # the name of the plain implementation of every operation


@dataclass(frozen=True, slots=True)
class Candidate:
    """An implementation of an operation, a field of Operations; `make` compiles nothing yet."""

    operation: str
    name: str
    make: Callable[[], object]


def _attend_self() -> object:
    from translator.engines.inflight.operations.kernels.self_attention import SlotSelfAttention

    return SlotSelfAttention()


def _attend_cross() -> object:
    from translator.engines.inflight.operations.kernels.cross_attention import SlotCrossAttention

    return SlotCrossAttention()


def _attend_source() -> object:
    from translator.engines.inflight.operations.kernels.source_attention import (
        RaggedSourceAttention,
    )

    return RaggedSourceAttention()


def _rank() -> object:
    from translator.engines.inflight.operations.kernels.continuations import continuations

    return continuations


def _advance() -> object:
    from translator.engines.inflight.operations.kernels.beam import advance

    return advance


def _write_report() -> object:
    from translator.engines.inflight.operations.kernels.written_report import write_report

    return write_report


# Those that gain most come first, in case that time runs out.
CANDIDATES = (
    Candidate("attend_self", "triton", _attend_self),
    Candidate("attend_cross", "triton", _attend_cross),
    Candidate("rank", "triton", _rank),
    Candidate("advance", "triton", _advance),
    Candidate("attend_source", "triton", _attend_source),
    Candidate("write_report", "triton", _write_report),
)
