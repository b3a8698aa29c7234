"""States of slots as no engine makes them, on the device where kernels run."""

from dataclasses import fields, replace
from functools import lru_cache
from typing import Any

from torch import Tensor

from tests.unit.translator.engines.inflight.operations.states import DEVICE
from tests.unit.translator.engines.inflight.tiny import make_network, tiny_model
from translator.engines.inflight.network import Network
from translator.engines.inflight.state import SlotState


@lru_cache
def _network() -> Network:
    return make_network(tiny_model(0))


def empty_state(slots: int, beams: int, length: int) -> SlotState:
    """Return empty slots; attention's part of them is small."""
    state = SlotState.allocate(_network().weights, slots, beams, 1, length)
    return _with(state, {name: value.to(DEVICE) for name, value in tensors(state).items()})


def tensors(state: SlotState) -> dict[str, Tensor]:
    """Return copies of the tensors of a state, but for the caches."""
    values = {field.name: getattr(state, field.name) for field in fields(state)}
    return {name: value.clone() for name, value in values.items() if isinstance(value, Tensor)}


def copy_of(state: SlotState) -> SlotState:
    """Return a state that shares no memory with this one."""
    return _with(state, tensors(state))


def _with(state: SlotState, values: dict[str, Tensor]) -> SlotState:
    changes: dict[str, Any] = {"caches": (), **values}
    return replace(state, **changes)
