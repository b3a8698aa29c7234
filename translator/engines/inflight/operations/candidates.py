"""The kernels that may take the place of operations in plain torch."""

from collections.abc import Callable
from dataclasses import dataclass

TORCH = "torch"  # the name of the plain implementation of every operation


@dataclass(frozen=True, slots=True)
class Candidate:
    """An implementation of an operation, a field of Operations; `make` compiles nothing yet."""

    operation: str
    name: str
    make: Callable[[], object]


# Those that gain most come first, in case that time runs out.
CANDIDATES: tuple[Candidate, ...] = ()
