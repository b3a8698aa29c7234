"""How many operations a step asks of a device, of a decoder with 12 layers as in 418M."""

import pytest
import torch

from tests.unit.translator.engines.inflight.launches import counted_launches
from tests.unit.translator.engines.inflight.tiny import (
    EOS,
    LENGTH,
    SOURCE,
    START,
    eager,
    make_network,
    segments_with,
    tiny_model,
)
from translator.engines.inflight.operations.candidates import CANDIDATES
from translator.engines.inflight.operations.plain import PLAIN
from translator.engines.inflight.operations.types import Operations
from translator.engines.inflight.pool import SlotPool
from translator.engines.inflight.state import SlotState

LAYERS = 12
MOST = 110
# Of the implementations of an operation, the one that launches least.
FEWEST = {each.operation: each for each in reversed(CANDIDATES)}


def launches_of_a_step(operations: Operations, beams: int, figures: list[str]) -> int:
    network = make_network(tiny_model(3, decoder_layers=LAYERS), operations)
    state = SlotState.allocate(network.weights, 2, beams, SOURCE, LENGTH)
    pool = SlotPool(network, state, eager(state), START, EOS)
    pool.admit([segments_with(2, 3, beams)])
    with torch.no_grad(), counted_launches() as counts:
        pool.step()
    figures.append(f"{counts.total()} of a step: {dict(counts.most_common())}")
    return counts.total()


@pytest.mark.parametrize("beams", [1, 4])
def test_a_step_with_kernels(beams: int) -> None:
    pytest.importorskip("triton")
    figures: list[str] = []
    plain = launches_of_a_step(PLAIN, beams, figures)
    chosen = {operation: candidate.make() for operation, candidate in FEWEST.items()}
    kernels = launches_of_a_step(Operations(**chosen), beams, figures)  # type: ignore[arg-type]
    assert kernels <= MOST, figures
    assert plain > 2 * MOST, "the count sees what plain torch does"
