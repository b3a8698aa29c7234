"""The kernels that may take the place of operations in plain torch."""

from collections.abc import Callable
from dataclasses import dataclass

from translator.engines.inflight.narrow import NarrowLinear
from translator.engines.inflight.weights import Weights

_WITH_CUBLAS = "residual_norm"
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


def _embed() -> object:
    from translator.engines.inflight.operations.kernels.embedding import embed

    return embed


def _fused_linear() -> object:
    from translator.engines.inflight.operations.kernels.residual import fused_linear

    return fused_linear


def _residual_norm() -> object:
    from translator.engines.inflight.operations.kernels.residual import residual_norm

    return residual_norm


def _rank() -> object:
    from translator.engines.inflight.operations.kernels.continuations import continuations

    return continuations


def _advance() -> object:
    from translator.engines.inflight.operations.kernels.beam import advance

    return advance


def _write_report() -> object:
    from translator.engines.inflight.operations.kernels.written_report import write_report

    return write_report


def candidates_for(weights: Weights) -> tuple[Candidate, ...]:
    """Return the candidates that read weights of this kind."""
    narrow = isinstance(weights.decoder[-1].cross_out, NarrowLinear)
    return tuple(each for each in CANDIDATES if not (narrow and each.name == _WITH_CUBLAS))


# Those that gain most come first, in case that time runs out.
CANDIDATES = (
    Candidate("attend_self", "triton", _attend_self),
    Candidate("attend_cross", "triton", _attend_cross),
    Candidate("residual", "fused_linear", _fused_linear),
    Candidate("residual", _WITH_CUBLAS, _residual_norm),
    Candidate("rank", "triton", _rank),
    Candidate("advance", "triton", _advance),
    Candidate("embed", "triton", _embed),
    Candidate("attend_source", "triton", _attend_source),
    Candidate("write_report", "triton", _write_report),
)
