"""A decoder step and its beam search. Nothing in it waits for the device."""

from translator.engines.inflight.network import Network
from translator.engines.inflight.state import Shape, SlotState


def decode_step(
    network: Network, state: SlotState, shape: Shape, eos: int, no_repeat_ngram: int = 0
) -> None:
    """Feed one token per beam and choose the next ones."""
    operations = network.operations.at(shape.slots)
    hidden = network.decode(state, shape)
    found = operations.rank(network.weights.head, hidden, state, shape, no_repeat_ngram)
    operations.advance(state, found, shape, eos)
