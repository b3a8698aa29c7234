"""A run's files on disk: the checkpoint, replaced atomically, and a log of figures."""

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
    """The progress of a run, and its position in the stream of batches."""

    step: int = 0
    pairs: int = 0
    tokens: int = 0  # source and target, without padding
    seconds: float = 0.0  # since the start, including pauses
    cpu_seconds: float = 0.0  # of all cores together
    window: int = 0
    batch: int = 0  # the next one in the window


@dataclass
class Checkpoint:
    """Everything a run needs to continue."""

    config: dict[str, Any]  # of the model
    model: dict[str, Tensor]
    average: dict[str, Tensor]
    optimizer: dict[str, Any]
    progress: Progress = field(default_factory=Progress)


def save_checkpoint(folder: Path, checkpoint: Checkpoint) -> None:
    """Replace the checkpoint atomically: after a kill there is the old one or the new one."""
    partial = folder / f"{CHECKPOINT_FILE}.partial"
    with partial.open("wb") as file:
        torch.save({**vars(checkpoint), "progress": asdict(checkpoint.progress)}, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(partial, folder / CHECKPOINT_FILE)


def load_checkpoint(folder: Path) -> Checkpoint:
    """Return the checkpoint in a folder; raises FileNotFoundError if there is none."""
    values = torch.load(folder / CHECKPOINT_FILE, map_location="cpu", weights_only=True)
    return Checkpoint(**{**values, "progress": Progress(**values["progress"])})


def append_log(folder: Path, entry: dict[str, Any]) -> None:
    """Add a line to the log."""
    with (folder / LOG_FILE).open("a", encoding="utf-8") as log:
        log.write(json.dumps(entry) + "\n")


def read_log(folder: Path) -> list[dict[str, Any]]:
    """Return the lines of the log, without a last line truncated by a kill."""
    path = folder / LOG_FILE
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").split("\n")[:-1]
    return [json.loads(line) for line in lines]
