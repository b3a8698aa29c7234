"""The settings of a run: its folders, data, shape and schedule."""

import os
from dataclasses import dataclass, field
from pathlib import Path

import translator
from training.schedule import Schedule
from training.shape import Shape

# Not imported from `translator.models.checkpoints`: a training machine may lack its imports.
BUNDLED_FOLDER = Path(translator.__file__).parent / "models" / "bundled"
THREADS = 2  # for training on a CPU


def default_folder() -> Path:
    """Return the default folder of a run, in the user's cache."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "m2m-server" / "training"


@dataclass(frozen=True)
class Settings:
    """Settings shared by the commands of `python -m training`."""

    folder: Path  # state, log and data of the run
    sources: Path | None = None  # prepared files; None: those that can be made here
    start: Path = BUNDLED_FOLDER  # checkpoint folder whose weights a new run starts from
    device: str = "cpu"
    schedule: Schedule = field(default_factory=Schedule)
    entries: int = 12_288  # of the vocabulary, including languages and unused entries
    shape: Shape = field(default_factory=lambda: Shape(encoder_layers=8))

    @property
    def vocabulary(self) -> Path:
        """Folder of the vocabulary's files."""
        return self.folder / "vocabulary"

    @property
    def data(self) -> Path:
        """Folder of the ids."""
        return self.folder / "data"

    def arguments(self) -> list[str]:
        """Return the command-line arguments for these settings."""
        sources = ["--sources", str(self.sources.resolve())] if self.sources else []
        start, folder = str(self.start.resolve()), str(self.folder.resolve())
        return ["--training", folder, "--start", start, "--device", self.device, *sources]
