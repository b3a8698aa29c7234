"""What a run keeps on disk: the checkpoint, replaced at once, and a log of figures."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

CHECKPOINT_FILE = "checkpoint.pt"
LOG_FILE = "log.jsonl"


@dataclass
class Progress:
    """How far a run is, and where in the stream of batches."""

    step: int = 0
    pairs: int = 0
    tokens: int = 0  # source and target, without padding
    seconds: float = 0.0  # since the start, pauses counted
    cpu_seconds: float = 0.0  # of all cores together
    window: int = 0
    batch: int = 0  # of the window, the next one


@dataclass
class Checkpoint:
    """All that a run needs to go on."""

    config: dict[str, Any]  # of the model
    model: dict[str, Tensor]
    average: dict[str, Tensor]
    optimizer: dict[str, Any]
    progress: Progress = field(default_factory=Progress)


def save_checkpoint(folder: Path, checkpoint: Checkpoint) -> None:
    """Replace the checkpoint; killed at any point, the old one is there, or the new one."""
    partial = folder / f"{CHECKPOINT_FILE}.partial"
    with partial.open("wb") as file:
        torch.save({**vars(checkpoint), "progress": asdict(checkpoint.progress)}, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(partial, folder / CHECKPOINT_FILE)


def load_checkpoint(folder: Path) -> Checkpoint:
    """Return the checkpoint in a folder; FileNotFoundError where there is none."""
    values = torch.load(folder / CHECKPOINT_FILE, map_location="cpu", weights_only=True)
    return Checkpoint(**{**values, "progress": Progress(**values["progress"])})


def append_log(folder: Path, entry: dict[str, Any]) -> None:
    """Add a line to the log."""
    with (folder / LOG_FILE).open("a", encoding="utf-8") as log:
        log.write(json.dumps(entry) + "\n")


def read_log(folder: Path) -> list[dict[str, Any]]:
    """Return the lines of the log; a last one that a kill cut short is left out."""
    path = folder / LOG_FILE
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").split("\n")[:-1]
    return [json.loads(line) for line in lines]
