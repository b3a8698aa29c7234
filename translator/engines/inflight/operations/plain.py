"""The operations in plain torch."""

from translator.engines.inflight.operations.attention import (
    MaskedCrossAttention,
    MaskedSelfAttention,
    MaskedSourceAttention,
)
from translator.engines.inflight.operations.beam import advance
from translator.engines.inflight.operations.continuations import continuations
from translator.engines.inflight.operations.sublayers import embed, residual
from translator.engines.inflight.operations.types import Operations
from translator.engines.inflight.operations.written_report import write_report

PLAIN = Operations(
    attend_source=MaskedSourceAttention(),
    attend_self=MaskedSelfAttention(),
    attend_cross=MaskedCrossAttention(),
    embed=embed,
    residual=residual,
    rank=continuations,
    advance=advance,
    write_report=write_report,
)
