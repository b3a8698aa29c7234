"""What a child process of the arbiter is for."""

from collections.abc import Callable
from dataclasses import dataclass

from server.processes.arbiter_link import ArbiterLink


@dataclass(frozen=True, slots=True)
class Role:
    """A kind of work, and the name of the process in the log."""

    name: str
    run: Callable[[ArbiterLink], int]  # in the child, until an order; returns its exit code
