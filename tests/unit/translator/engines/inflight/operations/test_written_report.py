"""The kernel of the report against plain torch."""

import pytest
import torch

from tests.unit.translator.engines.inflight.operations.search_states import empty_state
from tests.unit.translator.engines.inflight.operations.states import DEVICE
from translator.engines.inflight.operations import written_report as plain
from translator.engines.inflight.report import Layout

pytest.importorskip("triton", reason="kernels need Triton")
from translator.engines.inflight.operations.kernels import written_report as kernels

LENGTH = 300


@pytest.mark.parametrize("beams", range(1, 9))
@pytest.mark.parametrize("length", [2, 31, LENGTH])
def test_equal_to_plain_torch(beams: int, length: int) -> None:
    slots, generator = 3, torch.Generator().manual_seed(beams)
    state = empty_state(slots + 2, beams, LENGTH)
    state.finished.copy_(torch.randint(300_000, state.finished.shape, generator=generator))
    for field in (state.active, state.finite, state.is_finished):
        field.copy_(torch.rand(field.shape, generator=generator) < 0.5)
    layout = Layout(slots, beams, length)
    into = torch.full((2, layout.size + 1), -1, dtype=torch.int32, device=DEVICE)
    kernels.write_report(state, layout, into[0, : layout.size])
    plain.write_report(state, layout, into[1, : layout.size])
    assert torch.equal(into[0], into[1])
