"""How many operations a device is asked to launch for a step."""

import pytest
import torch

from tests.unit.translator.engines.inflight.launches import counted_launches
from tests.unit.translator.engines.inflight.test_capture import pool_with_segments


@pytest.mark.parametrize("beams", [1, 4])
def test_plain(beams: int) -> None:
    _, _, pool, _ = pool_with_segments(beams)
    with torch.no_grad(), counted_launches() as counts:
        pool.step()
    assert counts.total() > 100
