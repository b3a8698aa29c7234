"""What CUDA graphs need of steps and admissions: no waiting, and the same memory each time."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch
from torch._ops import OpOverload
from torch.fx.experimental.proxy_tensor import make_fx
from torch.utils._python_dispatch import TorchDispatchMode

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
from translator.engines import EncodedSegment
from translator.engines.inflight.admission import FIELDS, admit, fill
from translator.engines.inflight.network import Network
from translator.engines.inflight.pool import SlotPool
from translator.engines.inflight.state import Shape, SlotState
from translator.engines.inflight.step import decode_step


class NoSync(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Fails on operations for whose result the host must wait."""

    FORBIDDEN = ("_local_scalar_dense", "nonzero", "masked_select", "is_nonzero", "equal.default")

    def __torch_dispatch__(
        self,
        func: OpOverload[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        masks = str(func).startswith("aten.index") and any(
            index is not None and index.dtype == torch.bool for index in args[1]
        )
        waits = masks or any(name in str(func) for name in self.FORBIDDEN)
        assert not waits, f"{func} waits for the device"
        return func(*args, **(kwargs or {}))


def pool_with_segments(beams: int) -> tuple[Network, SlotState, SlotPool, list[EncodedSegment]]:
    network = make_network(tiny_model(3))
    state = SlotState.allocate(network.weights, 4, beams, SOURCE, LENGTH)
    pool = SlotPool(network, state, eager(state), START, EOS)
    segments = segments_with(4, 3, beams)
    pool.admit([segments])
    return network, state, pool, segments


@pytest.mark.parametrize(("beams", "ngram"), [(1, 0), (4, 0), (1, 3), (4, 2)])
def test_steps_and_admissions_never_wait_for_the_device(beams: int, ngram: int) -> None:
    network, state, pool, segments = pool_with_segments(beams)
    shape = pool.shape()
    rows = np.zeros((4, FIELDS + SOURCE), dtype=np.int32)
    fill(rows, segments, [0, 1, 2, 3], [0] * 4, 4, network.weights.pad)
    table = torch.from_numpy(rows)
    # Not in inference_mode, where torch does not dispatch the parts of `item` and `bool`.
    with torch.no_grad(), NoSync():  # type: ignore[no-untyped-call]
        for wait in (torch.Tensor.item, bool, lambda flag: state.position[flag[None].expand(4)]):
            with pytest.raises(AssertionError, match="waits for the device"):
                wait(state.active[0])
        decode_step(network, state, shape, EOS, ngram)
        admit(network, state, table, start=START, cuts=[(slice(4), SOURCE)])


def tensors(state: SlotState) -> list[torch.Tensor]:
    fields = [getattr(state, name) for name in state.__dataclass_fields__]
    caches = [getattr(c, name) for c in state.caches for name in c.__dataclass_fields__]
    return [field for field in fields if isinstance(field, torch.Tensor)] + caches


@pytest.mark.parametrize(("beams", "ngram"), [(1, 0), (4, 0), (4, 3)])
def test_a_step_recorded_once_can_be_replayed(beams: int, ngram: int) -> None:
    """A CUDA graph needs the same operations on the same memory at every step."""
    network, state, *_ = pool_with_segments(beams)
    _, traced_state, *_ = pool_with_segments(beams)
    shape = Shape(4, SOURCE, LENGTH)

    def step(*_: torch.Tensor) -> torch.Tensor:
        decode_step(network, traced_state, shape, EOS, ngram)
        return traced_state.token

    before = [tensor.clone() for tensor in tensors(traced_state)]
    pointers = [tensor.data_ptr() for tensor in tensors(traced_state)]
    with torch.inference_mode(False), torch.no_grad():
        recorded = make_fx(step)()
        for tensor, old in zip(tensors(traced_state), before, strict=True):
            tensor.copy_(old)
        for _ in range(30):
            decode_step(network, state, shape, EOS, ngram)
            recorded()
            assert torch.equal(state.token, traced_state.token)
    assert torch.equal(state.finished, traced_state.finished)
    assert not state.active[:4].all()
    assert pointers == [tensor.data_ptr() for tensor in tensors(traced_state)]
