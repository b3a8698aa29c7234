"""The record of how weights were trained, stored beside them: a list of runs, oldest first."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

FACTS_FILE = "training.json"


@dataclass(frozen=True)
class Run:
    """One run; `pairs` is None if they were not counted."""

    what: str  # data and settings, in plain words
    hardware: str
    steps: int
    pairs: int | None
    hours: float  # from start to end
    core_hours: float | None = None  # CPU time, if it was counted


def read_runs(folder: Path) -> list[Run]:
    """Return the runs behind the weights of a folder; none if there is no record."""
    path = folder / FACTS_FILE
    if not path.exists():
        return []
    return [Run(**run) for run in json.loads(path.read_text(encoding="utf-8"))["runs"]]


def write_runs(folder: Path, runs: Sequence[Run]) -> None:
    """Write the runs beside the weights."""
    text = json.dumps({"runs": [asdict(run) for run in runs]}, indent=2, ensure_ascii=False)
    (folder / FACTS_FILE).write_text(text + "\n", encoding="utf-8")
