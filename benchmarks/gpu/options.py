"""The options of a part. Imports only the standard library, like everything in the parent."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

Row = dict[str, Any]
Emit = Callable[[Mapping[str, Any]], None]  # called with each row as soon as it is measured


@dataclass(frozen=True)
class Options:
    """What a part measures, and where."""

    part: str
    device: str  # cuda or cpu
    size: str  # of the random model, see benchmarks.sizes
    engine: str  # of the server
    scratch: str  # folder that keeps checkpoints from one run to the next
    seconds: float  # the least time that the part has

    def to_json(self) -> str:
        """Return the options for a command line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Options":
        """Return what `to_json` wrote."""
        return cls(**json.loads(text))


class PartError(Exception):
    """A part that cannot go on, for a reason that needs no traceback."""


class NeedsGpuError(PartError):
    """A part that does not work on a CPU."""

    def __init__(self, why: str) -> None:
        super().__init__(f"needs a GPU: {why}")
