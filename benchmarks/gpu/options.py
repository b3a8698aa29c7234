"""What the parts are told. Imports nothing but the standard library, as all of the parent does."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

Row = dict[str, Any]
Tell = Callable[[Mapping[str, Any]], None]  # takes a row as soon as it is measured


@dataclass(frozen=True)
class Options:
    """What a part measures, and where."""

    part: str
    device: str  # cuda or cpu
    size: str  # of the random model, see benchmarks.sizes
    engine: str  # of the server
    scratch: str  # folder that keeps checkpoints from one run to the next
    seconds: float  # that the part has at least

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
    """What does not work on a CPU."""

    def __init__(self, why: str) -> None:
        super().__init__(f"needs a GPU: {why}")
