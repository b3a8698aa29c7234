"""A decoder step and its beam search. Nothing in it waits for the device."""

from dataclasses import replace

from translator.engines.inflight.network import Network
from translator.engines.inflight.projection import CommonHead
from translator.engines.inflight.state import Shape, SlotState


def decode_step(
    network: Network, state: SlotState, shape: Shape, eos: int, no_repeat_ngram: int = 0
) -> None:
    """Feed one token per beam and choose the next ones."""
    operations = network.operations.at(shape.slots)
    hidden = network.decode(state, shape)
    head = network.weights.head
    if shape.common:
        assert isinstance(head, CommonHead)
        assert not no_repeat_ngram, "sequences have the ids of the whole vocabulary"
        found = operations.rank(head.common.scorer, hidden, state, shape, 0)
        found = replace(found, token=head.common.tokens[found.token])
    else:
        found = operations.rank(head, hidden, state, shape, no_repeat_ngram)
    operations.advance(state, found, shape, eos)
