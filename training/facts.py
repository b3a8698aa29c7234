"""What is kept beside weights of how they were trained: a list of runs, the oldest first."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

FACTS_FILE = "training.json"


@dataclass(frozen=True)
class Run:
    """One run; `pairs` is None where nobody counted them."""

    what: str  # data and settings, in plain words
    hardware: str
    steps: int
    pairs: int | None
    hours: float  # from start to end
    core_hours: float | None = None  # of the processor, where that was counted


def read_runs(folder: Path) -> list[Run]:
    """Return the runs behind the weights of a folder; none where it does not say."""
    path = folder / FACTS_FILE
    if not path.exists():
        return []
    return [Run(**run) for run in json.loads(path.read_text(encoding="utf-8"))["runs"]]


def write_runs(folder: Path, runs: Sequence[Run]) -> None:
    """Write the runs beside the weights."""
    text = json.dumps({"runs": [asdict(run) for run in runs]}, indent=2, ensure_ascii=False)
    (folder / FACTS_FILE).write_text(text + "\n", encoding="utf-8")
