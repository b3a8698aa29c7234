"""What the scheduler knows of a segment."""

from dataclasses import dataclass
from typing import TypeVar


@dataclass(slots=True)
class WorkItem:
    """Tokens are source tokens, memory is in bytes."""

    id: int
    tokens: int  # at least 1
    memory: int = 0
    client: str = ""  # who sent it: clients take turns
    bulk: bool = False  # lower priority than interactive work
    isolated: bool = False  # suspected of crashing workers: a worker must hold nothing beside it
    overtaken: int = 0  # how many later items have been assigned before it


Item = TypeVar("Item", bound=WorkItem)
