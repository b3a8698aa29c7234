"""Which operations a step of a given size uses."""

from collections.abc import Mapping

from translator.engines.inflight.operations.plain import PLAIN
from translator.engines.inflight.operations.types import Operations


class OperationTable:
    """Operations by the number of slots that a step works on."""

    def __init__(self, choices: Mapping[int, Operations]) -> None:
        """`choices`, at least one: operations by the smallest number of slots that uses them."""
        self._choices = sorted(choices.items(), key=lambda choice: choice[0], reverse=True)

    def at(self, slots: int) -> Operations:
        """Return the operations for so many slots."""
        return next(
            (operations for least, operations in self._choices if least <= slots),
            self._choices[-1][1],
        )


PLAIN_TABLE = OperationTable({1: PLAIN})
